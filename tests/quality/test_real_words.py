"""The dates and counts of real words in the documents agree with the stream they come from."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from stream.events.events import EMERGED, decode_event, encode
from stream.sources.files import open_lines
from tests.quality.__main__ import DATA, STREAMS
from tests.quality.real_words import DOCUMENTS, ROW, row_of, rows
from tests.stream.events.event_samples import event

DAY = timedelta(days=1)  # titles are stamped in China's time, events in UTC


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_no_word_is_announced_before_its_first_text_or_on_fewer_texts_than_are_needed(document: Path) -> None:
    listed = rows(document)
    assert len(listed) >= 8
    for _, _, first, announced, texts in listed:
        assert first <= announced
        assert texts >= 3


def test_a_row_is_written_from_the_event_of_its_word() -> None:
    (match,) = ROW.finditer("| 元宇宙 | a virtual world | 2000-01-01 | 2000-01-02 | 3 |")
    emerged = decode_event(encode(event("元宇宙")))
    assert emerged.status == EMERGED
    assert re.fullmatch(rf"\| 元宇宙 \| a virtual world \| [\d-]+ \| [\d-]+ \| {emerged.count} \|",
                        row_of(match, {"元宇宙": emerged}))  # fmt: skip
    assert row_of(match, {}) == match[0]


@pytest.mark.real_data
def test_the_stream_holds_each_word_as_often_and_as_early_as_the_documents_say() -> None:
    if not DATA.is_dir():
        pytest.skip(f"needs the real titles in {DATA}")
    listed = {row[0]: row for document in DOCUMENTS for row in rows(document)}
    days: dict[str, list[date]] = {word: [] for word in listed}
    for line in open_lines([str(DATA / STREAMS["weibo"].file)]):
        title = orjson.loads(line)
        for word in listed:
            if word.casefold() in title["text"].casefold():
                days[word].append(datetime.fromisoformat(title["ts"]).date())
    for word, _, first, announced, texts in listed.values():
        begin, end = date.fromisoformat(first) - DAY, date.fromisoformat(announced) + DAY
        between = [day for day in days[word] if begin <= day <= end]
        assert len(between) >= texts, word
        assert abs(min(between) - date.fromisoformat(first)) <= DAY, word
