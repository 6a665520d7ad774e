"""Answers that routes give: JSON, a fault with its reason, and what a client holds already."""

import hashlib
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The value as JSON; bytes are JSON already."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return Response(body, status, dict(headers or {}), JSON)


def fault(status: int, reason: str) -> Response:
    """`{"error": reason}`; who asks too much at once is told when to come again."""
    return json_answer({"error": reason}, status, {"Retry-After": "1"} if status == 503 else None)


def etag_of(body: bytes) -> str:
    """A name of these bytes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def unless_known(request: Request, body: bytes, etag: str, kind: str = JSON) -> Response:
    """The body, or 304 where the client holds it."""
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if etag in known:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag}, media_type=kind)
