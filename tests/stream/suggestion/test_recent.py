"""The latest texts of a source, with guessed fields if the user named none."""

from pathlib import Path

import orjson

from stream.sources.base import FileTexts
from stream.suggestion.recent import BATCH, recent
from stream.text.message import TextSettings


def written(path: Path, lines: list[bytes]) -> FileTexts:
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return FileTexts([str(path)])


def records(number: int) -> list[bytes]:
    return [orjson.dumps({"text": f"天气真好{at}", "ts": 1.7e9 + at}) for at in range(number)]


def test_all_of_a_short_source_is_kept(tmp_path: Path) -> None:
    found = recent(written(tmp_path / "a.jsonl", records(50)), TextSettings(), 1 << 20)
    assert (found.records, found.kept, len(found.texts), found.is_json) == (50, 50, 50, True)
    assert [text.offset for text in found.texts] == list(range(50))


def test_of_a_long_one_the_end(tmp_path: Path) -> None:
    lines = records(5 * BATCH)
    found = recent(written(tmp_path / "a.jsonl", lines), TextSettings(), 3 * len(lines[0]) * BATCH // 2)
    assert found.records == 5 * BATCH
    assert found.kept in (2 * BATCH, 2 * BATCH + 1)
    assert found.texts[-1].text == f"天气真好{5 * BATCH - 1}"


def test_fields_that_look_like_a_text_and_a_time_are_taken_if_the_usual_ones_hold_nothing(tmp_path: Path) -> None:
    lines = [orjson.dumps({"id": at, "body": f"天气真好啊{at}", "posted": f"2024-01-{at + 1:02}T08:00:00Z"})
             for at in range(20)]  # fmt: skip
    found = recent(written(tmp_path / "a.jsonl", lines), TextSettings(), 1 << 20)
    assert (found.settings.field, found.settings.ts_field) == (("body",), ("posted",))
    assert len(found.texts) == 20
    assert found.texts[1].at_s - found.texts[0].at_s == 86_400


def test_a_field_that_the_user_named_is_kept(tmp_path: Path) -> None:
    lines = [orjson.dumps({"body": f"天气真好啊{at}"}) for at in range(20)]
    found = recent(written(tmp_path / "a.jsonl", lines), TextSettings(field=("words",)), 1 << 20)
    assert found.settings.field == ("words",)
    assert found.tally.rejected["no_text"] == 20


def test_plain_lines_are_texts(tmp_path: Path) -> None:
    found = recent(written(tmp_path / "a.txt", ["天气".encode(), "好".encode()]), TextSettings(), 1 << 20)
    assert ([text.text for text in found.texts], found.is_json) == (["天气", "好"], False)
