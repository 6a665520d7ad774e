"""Makes a connected client of kafka-python from our Kafka settings, or raises within some five seconds.

This is the only module that translates our setting names to the client's. It also cleans up after a client that could
not be made: kafka-python starts its network thread before it looks for a broker, and leaves it running if there is
none.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from kafka.errors import KafkaConfigurationError
from kafka.net.compat import KafkaNetClient

from stream.errors import BrokerError, UsageError
from stream.log.settings import FILES, KafkaSettings

BOOTSTRAP_TIMEOUT_S = 5.0
REQUEST_TIMEOUT_S = 6.0
CLOSE_TIMEOUT_S = 3.0


def connect(make: Callable[..., Any], settings: KafkaSettings, client_id: str, **options: Any) -> Any:
    """Make a KafkaConsumer, KafkaProducer or KafkaAdminClient (`make`) that has reached a broker.

    Raises BrokerError if no broker answers; UsageError if retrying cannot help: a codec that is not installed, an
    unknown mechanism, a missing file.
    """
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it logs passwords; what matters comes as an error of ours
    for key in FILES:  # the client would try again and again, and leave a socket open each time
        if (path := getattr(settings, key)) and not Path(path).is_file():
            raise UsageError(f"kafka.{key}: no such file: {path}")
    started: list[Any] = []

    def start(*args: Any, **kwargs: Any) -> Any:
        started.append(KafkaNetClient(*args, **kwargs))
        return started[-1]

    try:
        return make(kafka_client=start, **{**_options(settings, client_id), **options})
    except Exception as error:
        for client in started:
            with suppress(Exception):
                client.close()
        if isinstance(error, KafkaConfigurationError | ValueError | RuntimeError):
            raise UsageError(f"kafka: {error}") from error
        raise broker_error(f"cannot connect to {settings.bootstrap_servers}", error) from error


def broker_error(what: str, error: Exception) -> BrokerError:
    """Return a BrokerError that says what failed and what the client reported."""
    return BrokerError(f"{what}: {type(error).__name__}: {' '.join(str(arg) for arg in error.args)}".rstrip(": "))


def _options(settings: KafkaSettings, client_id: str) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": [server.strip() for server in settings.bootstrap_servers.split(",") if server.strip()],
        "client_id": client_id,
        "security_protocol": settings.security_protocol,
        "bootstrap_timeout_ms": int(BOOTSTRAP_TIMEOUT_S * 1000),
        "request_timeout_ms": int(REQUEST_TIMEOUT_S * 1000),
        "reconnect_backoff_max_ms": 2000,  # by default a returned broker may wait 30 s to be noticed
        "metadata_max_age_ms": 15_000,  # so long a new partition may go unread
    }
    given = {
        "sasl_mechanism": settings.sasl_mechanism,
        "sasl_plain_username": settings.sasl_username,
        "sasl_plain_password": _password(settings),
        "ssl_cafile": settings.ssl_cafile,
        "ssl_certfile": settings.ssl_certfile,
        "ssl_keyfile": settings.ssl_keyfile,
    }
    return options | {key: value for key, value in given.items() if value}


def _password(settings: KafkaSettings) -> str:
    """Return the SASL password. Its file is read at every connect, so that a changed password needs no restart."""
    if not settings.sasl_password_file:
        return settings.sasl_password
    try:
        return Path(settings.sasl_password_file).read_text("utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"kafka.sasl_password_file: cannot be read: {type(error).__name__}") from error
