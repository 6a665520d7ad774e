"""Builds the answers of routes: JSON, errors with a reason, and 304 for a body that the client already has."""

import hashlib
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the value as JSON; bytes are taken as encoded JSON."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return Response(body, status, dict(headers or {}), JSON)


def fault(status: int, reason: str) -> Response:
    """Return `{"error": reason}`; with status 503 a Retry-After header is added."""
    return json_answer({"error": reason}, status, {"Retry-After": "1"} if status == 503 else None)


def etag_of(body: bytes) -> str:
    """Return the ETag of these bytes: a hash in quotes."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def unless_known(request: Request, body: bytes, etag: str, kind: str = JSON) -> Response:
    """Return the body, or 304 if the client already has it."""
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if etag in known:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag}, media_type=kind)
