"""Send one event as a signed HTTP POST and classify the answer.

The signature follows Standard Webhooks (standardwebhooks.com; libraries to verify it exist in most languages): headers
`webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` = "v1," and the base64 of the HMAC-SHA256 of
`id.timestamp.body`. The id is a digest of the event, so it is the same when the event is sent again; it is also sent as
`Idempotency-Key`. Redirects are not followed, so a signed body is sent to the configured address only.
No message contains the secret or the path of the address, which often contains a token.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from stream.errors import UsageError
from stream.events.cloud_events import MEDIA_TYPE, event_id, request_headers, structured
from stream.events.events import Event, encode, joins
from stream.events.period_summary import STATUSES
from stream.outputs.deadline import answer_in_time

DELIVERED, REFUSED, LATER = "delivered", "refused", "later"
OUTCOMES = (DELIVERED, REFUSED, LATER)
WHSEC = "whsec_"
MOST_SECRET_BYTES = 4096
EACH, FIRST = "each", "first"
WORDS = (EACH, FIRST)  # of a story
NO_ENVELOPE, BINARY, STRUCTURED = "none", "cloudevents-binary", "cloudevents"
ENVELOPES = (NO_ENVELOPE, BINARY, STRUCTURED)
TRY_AGAIN = (408, 425, 429)  # refusals that say they are none: time-out, too early, too many


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Settings of the section `webhook`."""

    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    secret_file: str = ""
    timeout_s: float = 10.0
    statuses: tuple[str, ...] = STATUSES
    words: str = EACH
    envelope: str = NO_ENVELOPE

    def faults(self) -> list[tuple[str, str]]:
        """Return a (key, reason) for each value that is not allowed."""
        wrong = []
        if self.url and not _is_url(self.url):
            wrong.append(("url", "must be an address of http:// or https:// with a host"))
        if self.secret and self.secret_file:
            wrong.append(("secret", "must not be given beside secret_file"))
        if self.secret_file and not Path(self.secret_file).is_file():
            wrong.append(("secret_file", "must name a file that is there"))
        try:
            key_of(self.secret)
        except UsageError as fault:
            wrong.append(("secret", str(fault)))
        if self.envelope not in ENVELOPES:
            wrong.append(("envelope", f"must be one of {', '.join(ENVELOPES)}"))
        if not self.timeout_s > 0:
            wrong.append(("timeout_s", "must be greater than 0"))
        if not self.statuses or not set(self.statuses) <= set(STATUSES):
            wrong.append(("statuses", f"must name some of {', '.join(STATUSES)}"))
        if self.words not in WORDS:
            wrong.append(("words", f"must be one of {', '.join(WORDS)}"))
        return wrong

    def wants(self, event: Event) -> bool:
        """Whether the event is to be sent."""
        return event.status in self.statuses and (self.words == EACH or not joins(event))


@dataclass(frozen=True, slots=True)
class Answer:
    """`outcome` is one of OUTCOMES, `reason` says why; `wait_s` is the delay the receiver asked for."""

    outcome: str
    reason: str
    wait_s: float = 0.0


class Webhook:
    """Posts events to one address. Raises UsageError if the settings name none, or an empty secret file."""

    def __init__(self, settings: WebhookSettings, source: str = "/new-words") -> None:
        """`source` is that of CloudEvents."""
        if not settings.url:
            raise UsageError("--webhook: must say where to, as https://example.org/new-words; or set webhook.url")
        self._settings, self._source = settings, source
        self._key = key_of(_secret(settings))
        parts = urlsplit(settings.url)
        self.name = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
        """The address without its path, which may be secret."""

    @property
    def signed(self) -> bool:
        return bool(self._key)

    def post(self, event: Event, now_s: float) -> Answer:
        """Send it once; never raises."""
        body = encode(event)
        name, more = event_id(body), {}
        if self._settings.envelope == BINARY:
            more = dict(request_headers(event, self._source))
        elif self._settings.envelope == STRUCTURED:
            body, more = structured(event, self._source), {"Content-Type": MEDIA_TYPE}
        headers = {**headers_of(body, now_s, self._key, name), **more}
        request = Request(self._settings.url, body, headers, method="POST")
        try:
            with answer_in_time(request, self._settings.timeout_s) as response:
                return Answer(DELIVERED, f"status {response.status}")
        except HTTPError as error:
            with error:
                return _meaning(error.code, error.headers)
        except (OSError, HTTPException) as error:  # URLError is an OSError; its text may hold the address
            reason = getattr(error, "reason", error)
            return Answer(LATER, type(reason).__name__ if isinstance(reason, Exception) else "no connection")


def headers_of(body: bytes, now_s: float, key: bytes, name: str = "") -> dict[str, str]:
    """Return the headers of a request; unsigned without a key.

    `name` identifies the event if the body is an envelope.
    """
    name = name or event_id(body)
    headers = {
        "Content-Type": "application/json", "User-Agent": "new-words", "Idempotency-Key": name, "webhook-id": name,
        "webhook-timestamp": str(int(now_s)),
    }  # fmt: skip
    if key:
        digest = hmac.digest(key, f"{name}.{int(now_s)}.".encode() + body, "sha256")
        headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret: `whsec_` and base64, or its characters as they are. Raises UsageError."""
    if not secret.startswith(WHSEC):
        return secret.encode("utf-8", "surrogateescape")
    try:
        key = base64.b64decode(secret.removeprefix(WHSEC), validate=True)
    except binascii.Error:
        raise UsageError(f"must be base64 after {WHSEC}") from None
    if not key:
        raise UsageError(f"must have a secret after {WHSEC}: without one nothing would be signed")
    return key


def _secret(settings: WebhookSettings) -> str:
    if not settings.secret_file:
        return settings.secret
    try:
        with Path(settings.secret_file).open("rb") as file:
            secret = file.read(MOST_SECRET_BYTES).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"webhook.secret_file: {getattr(error, 'strerror', None) or 'is not UTF-8'}") from None
    if not secret:
        raise UsageError("webhook.secret_file: is empty")
    return secret


def _meaning(status: int, headers: Message) -> Answer:
    if status < 500 and status not in TRY_AGAIN:
        return Answer(REFUSED, f"status {status}")
    after = str(headers.get("Retry-After", ""))
    return Answer(LATER, f"status {status}", float(after) if after.isdecimal() and len(after) < 6 else 0.0)


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
            and url.isascii()
            and (url.isprintable() and " " not in url)
        )
    except ValueError:  # an invalid port
        return False
