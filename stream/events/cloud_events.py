"""Wraps events in the envelope of CloudEvents 1.0 (cloudevents.io), for programs and brokers that route by it.

The id is a digest of the event, so a repeated event has the same id; source and id together identify it. In binary mode
the attributes are headers of a record or a request and the event is unchanged, so that consumers without CloudEvents
are not affected. In structured mode the event is the `data` of an object with the attributes.
"""

import hashlib
from collections.abc import Mapping

import orjson

from stream.events.events import Event, encode, iso

TYPE = "new-words"  # and the status behind a dot
MEDIA_TYPE = "application/cloudevents+json"
JSON = "application/json"


def attributes(event: Event, source: str) -> dict[str, str]:
    """Return the context attributes; `source` is a URI reference that names the service."""
    return {
        "specversion": "1.0",
        "id": event_id(encode(event)),
        "source": source,
        "type": f"{TYPE}.{event.status}",
        "subject": event.word,
        "time": iso(event.detected_at_s),
    }


def event_id(body: bytes) -> str:
    """Return the id of the event, which depends on its bytes only."""
    return hashlib.sha256(body).hexdigest()[:32]


def record_headers(event: Event, source: str) -> tuple[tuple[str, bytes], ...]:
    """Return the headers of a record whose value is the event (binary mode, Kafka protocol binding 1.0.2)."""
    named = {"content-type": JSON, **{f"ce_{name}": value for name, value in attributes(event, source).items()}}
    return tuple((name, value.encode()) for name, value in named.items())


def request_headers(event: Event, source: str) -> Mapping[str, str]:
    """Return the headers of a request whose body is the event (binary mode, HTTP protocol binding 1.0.2)."""
    return {f"ce-{name}": _percent(value) for name, value in attributes(event, source).items()}


def structured(event: Event, source: str) -> bytes:
    """Return one JSON object (structured mode), to be sent as `MEDIA_TYPE`."""
    named = {**attributes(event, source), "datacontenttype": JSON, "data": orjson.Fragment(encode(event))}
    return orjson.dumps(named)


def _percent(value: str) -> str:
    """Encode as the binding requires: non-printable and non-ASCII characters, space, `"` and `%` as %XX of UTF-8.

    >>> _percent('元 1%')
    '%E5%85%83%201%25'
    """
    kept = {*range(0x21, 0x7F)} - {0x22, 0x25}
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in value.encode())
