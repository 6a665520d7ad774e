"""Reads the key that seals state from its file; only holders of the key can write state that is accepted.

All processes of a deployment need the same key. With a new key all state is unreadable and is built anew.
"""

from hashlib import blake2b
from pathlib import Path

from stream.errors import UsageError
from stream.log.settings import KafkaSettings
from stream.state.chunks import Seal

LEAST_BYTES, MOST_BYTES = 16, 4096


def seal_of(settings: KafkaSettings) -> Seal:
    """Return the seal for the configured key and bounds.

    Raises UsageError if the file is missing or its key is unsuitable.
    """
    if not settings.state_key_file:
        return Seal(settings.max_state_bytes)
    try:
        with Path(settings.state_key_file).open("rb") as file:
            secret = file.read(MOST_BYTES + 1).strip()
    except OSError as error:
        raise UsageError(f"kafka.state_key_file: {error.strerror or type(error).__name__}") from error
    if not LEAST_BYTES <= len(secret) <= MOST_BYTES:
        raise UsageError(f"kafka.state_key_file: must hold {LEAST_BYTES} to {MOST_BYTES} bytes")
    return Seal(settings.max_state_bytes, blake2b(secret, digest_size=32).digest())
