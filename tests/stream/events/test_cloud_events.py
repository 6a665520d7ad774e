"""The envelope, read by the SDK of CloudEvents: binary and structured, on Kafka and HTTP."""

from dataclasses import replace

import orjson
import pytest
from cloudevents.core.bindings import http, kafka
from cloudevents.core.bindings.kafka import KafkaMessage
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from stream.events.cloud_events import MEDIA_TYPE, attributes, record_headers, request_headers, structured
from stream.events.events import Event, encode
from tests.stream.events.event_samples import bare_event as event

SOURCE = "/new-words"
WORDS = ("元宇宙", "iPhone 14%", 'a"b', "é")


@pytest.fixture(params=WORDS)
def one(request: pytest.FixtureRequest) -> Event:
    return replace(event("天气", 1_700_000_000.25), word=request.param)


def check(found: CloudEvent, one: Event) -> None:
    assert (found.get_specversion(), found.get_source(), found.get_type()) == ("1.0", SOURCE, "new-words.emerged")
    assert found.get_subject() == one.word
    time = found.get_time()
    assert time is not None
    assert time.timestamp() == 1_700_000_000.25
    data = found.get_data()
    assert (orjson.loads(data) if isinstance(data, bytes | str) else data) == orjson.loads(encode(one))


def test_records_are_events_of_the_kafka_binding(one: Event) -> None:
    message = KafkaMessage(dict(record_headers(one, SOURCE)), None, encode(one))
    check(kafka.from_binary(message, JSONFormat(), CloudEvent), one)


def test_requests_are_events_of_the_http_binding(one: Event) -> None:
    headers = {**request_headers(one, SOURCE), "content-type": "application/json"}
    message = http.HTTPMessage(headers, encode(one))
    check(http.from_binary(message, JSONFormat(), CloudEvent), one)


def test_structured_requests_are_too(one: Event) -> None:
    message = http.HTTPMessage({"content-type": MEDIA_TYPE}, structured(one, SOURCE))
    check(http.from_structured(message, JSONFormat(), CloudEvent), one)


def test_the_id_is_the_same_whenever_an_event_comes_again_and_another_for_another_event(one: Event) -> None:
    assert attributes(one, SOURCE)["id"] == attributes(replace(one), SOURCE)["id"]
    assert attributes(one, SOURCE)["id"] != attributes(replace(one, count=10), SOURCE)["id"]
