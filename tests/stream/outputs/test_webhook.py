"""A request as its receiver sees and verifies it, and the meaning of each answer."""

import base64
import hashlib
import hmac
import socket
from pathlib import Path

import orjson
import pytest

from stream.errors import UsageError
from stream.events.events import encode
from stream.outputs.webhook import Answer, Webhook, WebhookSettings, headers_of, key_of
from tests.stream.events.event_samples import event
from tests.stream.outputs.webhook_receiver import Receiver

WORD = event("元宇宙", 1_700_000_000.0)
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()


def test_a_receiver_can_verify_a_request_with_nothing_but_the_secret() -> None:
    with Receiver() as receiver:
        assert Webhook(WebhookSettings(receiver.url, SECRET)).post(WORD, 1_700_000_001.7).outcome == "delivered"
    (got,) = receiver.got
    name, at_s, signature = (got.headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
    signed = name.encode() + b"." + at_s.encode() + b"." + got.body
    digest = hmac.new(b"0123456789abcdef01234567", signed, hashlib.sha256).digest()
    assert signature == "v1," + base64.b64encode(digest).decode()
    assert (at_s, got.headers["idempotency-key"], got.headers["content-type"]) == (
        "1700000001",
        name,
        "application/json",
    )
    assert (got.path, got.body) == ("/hook/token-123", encode(WORD))


def test_the_signature_is_what_openssl_makes_of_it() -> None:
    """ID.1674087231.BODY | openssl dgst -sha256 -mac HMAC -macopt key:key -binary | base64"""
    headers = headers_of(b'{"a":1}', 1_674_087_231.0, b"key")
    assert headers["webhook-id"] == "015abd7f5cc57a2dd94b7590f04ad808"
    assert headers["webhook-signature"] == "v1,iaS2owWn1CWXdYh6JJuT345d4z4rPTsUMQRTJ5KVXR8="


def test_an_event_keeps_its_idempotency_key_and_other_events_have_others() -> None:
    keys = [headers_of(encode(one), at_s, b"")["Idempotency-Key"]
            for one, at_s in ((WORD, 1.0), (WORD, 2.0), (event("元宇宙", 1_700_000_060.0), 1.0))]  # fmt: skip
    assert keys[0] == keys[1] != keys[2]


def test_without_a_secret_it_is_not_signed() -> None:
    assert "webhook-signature" not in headers_of(b"{}", 0.0, b"")
    assert not Webhook(WebhookSettings("http://localhost/")).signed


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "delivered"), (204, "delivered"), (302, "refused"), (308, "refused"), (400, "refused"), (404, "refused"),
     (410, "refused"), (408, "later"), (425, "later"), (429, "later"), (500, "later"), (503, "later")],
)  # fmt: skip
def test_what_an_answer_means(status: int, outcome: str) -> None:
    with Receiver([status], headers={"Location": "/elsewhere", "Retry-After": "7"}) as receiver:
        answer = Webhook(WebhookSettings(receiver.url)).post(WORD, 0.0)
    assert answer == Answer(outcome, f"status {status}", 7.0 if outcome == "later" else 0.0)
    assert len(receiver.got) == 1, "a redirect was followed"


@pytest.mark.parametrize("after", ["soon", "-3", "1e9", "99999999", "Wed, 21 Oct 2026 07:28:00 GMT", "٣"])
def test_an_invalid_retry_after_is_ignored(after: str) -> None:
    with Receiver([503]) as receiver:
        receiver.headers = {"Retry-After": after.encode("ascii", "replace").decode()}
        assert Webhook(WebhookSettings(receiver.url)).post(WORD, 0.0).wait_s == 0.0


def test_no_answer_and_no_connection_are_retried_and_show_no_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/token-123"
        slow = Webhook(WebhookSettings(url, timeout_s=0.05)).post(WORD, 0.0)
    away = Webhook(WebhookSettings(url, timeout_s=0.05)).post(WORD, 0.0)
    nowhere = Webhook(WebhookSettings("http://no-such-host.invalid/token-123", timeout_s=5)).post(WORD, 0.0)
    assert [(one.outcome, one.wait_s) for one in (slow, away, nowhere)] == [("later", 0.0)] * 3
    assert (slow.reason, away.reason, nowhere.reason) == ("TimeoutError", "ConnectionRefusedError", "gaierror")


def test_the_logged_address_contains_no_token() -> None:
    url = "https://user:password@example.org:8443/hook/token-123?key=4"
    assert Webhook(WebhookSettings(url)).name == "https://example.org:8443"


def test_a_secret_is_base64_after_its_prefix_and_plain_text_otherwise() -> None:
    assert (key_of("whsec_AAEC"), key_of("AAEC"), key_of("密")) == (b"\0\1\2", b"AAEC", "密".encode())


@pytest.mark.parametrize("where", ["secret", "secret_file"])
def test_a_prefix_without_a_secret_is_refused(tmp_path: Path, where: str) -> None:
    """It would send unsigned what its owner takes for signed."""
    file = tmp_path / "secret"
    file.write_text("whsec_\n")
    settings = WebhookSettings("http://localhost/", **{where: "whsec_" if where == "secret" else str(file)})
    with pytest.raises(UsageError, match="must have a secret after whsec_"):
        Webhook(settings)
    assert where == "secret_file" or ("secret", "must have a secret after whsec_: without one nothing would be signed"
                                      ) in settings.faults()  # fmt: skip


def test_the_secret_may_be_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    with Receiver() as receiver:
        Webhook(WebhookSettings(receiver.url, secret_file=str(file))).post(WORD, 5.0)
        Webhook(WebhookSettings(receiver.url, SECRET)).post(WORD, 5.0)
    assert len({got.headers["webhook-signature"] for got in receiver.got}) == 1
    file.write_text("\n")
    with pytest.raises(UsageError, match="is empty"):
        Webhook(WebhookSettings(receiver.url, secret_file=str(file)))


@pytest.mark.parametrize(
    "url", ["example.org", "ftp://example.org/", "http://", "http:///x", "file:///etc/passwd", "http://a:0/", "http://a:b/",
            "http://a/\r\nx: y", "http://a/b c", "http://例.cn/"],
)  # fmt: skip
def test_an_invalid_address_is_refused(url: str) -> None:
    assert [key for key, _ in WebhookSettings(url).faults()] == ["url"]


def test_wrong_settings_are_named() -> None:
    faults = WebhookSettings("http://a/", "whsec_?", "no-such-file", 0.0, ("gone",)).faults()
    assert [key for key, _ in faults] == ["secret", "secret_file", "secret", "timeout_s", "statuses"]
    assert WebhookSettings().faults() == []


@pytest.mark.parametrize("envelope", ["cloudevents-binary", "cloudevents"])
def test_an_envelope_is_signed_as_it_is_sent_and_the_name_stays_that_of_the_event(envelope: str) -> None:
    with Receiver() as receiver:
        Webhook(WebhookSettings(receiver.url, SECRET, envelope=envelope), "/mine").post(WORD, 1.0)
    (got,) = receiver.got
    headers = headers_of(got.body, 1.0, key_of(SECRET), got.headers["webhook-id"])
    assert got.headers["webhook-signature"] == headers["webhook-signature"]
    assert got.headers["webhook-id"] == headers_of(encode(WORD), 1.0, b"")["webhook-id"]
    if envelope == "cloudevents":
        assert got.headers["content-type"] == "application/cloudevents+json"
        assert orjson.loads(got.body)["data"] == orjson.loads(encode(WORD))
        assert orjson.loads(got.body)["source"] == "/mine"
    else:
        assert (got.body, got.headers["ce-source"], got.headers["ce-type"]) == (
            encode(WORD),
            "/mine",
            "new-words.emerged",
        )


def test_an_unknown_envelope_is_refused() -> None:
    assert [key for key, _ in WebhookSettings(envelope="xml").faults()] == ["envelope"]
