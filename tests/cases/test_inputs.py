"""Real-life files, records and lists are read as intended, or refused visibly."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stream.__main__ import main
from stream.embedded.replay_clock import ReplayClock
from stream.outputs.dictionaries import made
from stream.sources.base import FileTexts
from stream.sources.csv_rows import CsvSettings
from stream.sources.sql_source import SqlTexts
from stream.sources.word_list_files import read_words
from stream.text.message import TextSettings
from tests.cases.streams import CASES, WHY, replayed, words
from tests.stream.outputs.test_dictionaries import entries

LISTS = sorted(CASES.glob("05_*.txt")) if CASES.exists() else []
TEXTS = ["培卤憋钩批敖，戍叠", "牵蹬复倾是赎！蜡撅罐召着", "蹬彦疑玖照阴，8次眼疥沂主蒜离"]
BEGIN_S = 1_704_067_200.0
MAPPINGS: list[tuple[str, dict[str, Any], Callable[[str, int], dict[str, Any]]]] = [
    ("nested", {"field": ("content",), "ts_field": ("created_at",), "source_field": ("user.id",)},
     lambda text, n: {"id": n, "content": text, "created_at": f"2024-01-01T08:00:0{n}+08:00", "user": {"id": f"s{n}"}}),
    ("debezium", {"field": ("payload.after.text",), "ts_field": ("payload.after.ts",),
                  "source_field": ("payload.after.who",)},
     lambda text, n: {"payload": {"op": "c", "after": {"text": text, "ts": 1704067200000 + 1000 * n, "who": f"s{n}"}}}),
    ("logs", {"field": ("message",), "ts_field": ("@timestamp",), "source_field": ("host.name",)},
     lambda text, n: {"message": text, "@timestamp": f"2024-01-01T00:00:0{n}Z", "host": {"name": f"s{n}"}}),
    ("social", {"ts_field": ("created_at",), "source_field": ("user.id",)},
     lambda text, n: {"text": text, "created_at": f"Mon Jan 01 08:00:0{n} +0800 2024", "user": {"id": f"s{n}"}}),
    ("extended", {"field": ("content", "text"), "ts_field": ("at",)},
     lambda text, n: {"text": text, "at": {"$date": {"$numberLong": f"170406720{n}000"}}, "source": f"s{n}"}),
]  # fmt: skip
SHAPES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "lines": lambda records: "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records),
    "an array": lambda records: json.dumps(records, ensure_ascii=False),
    "a laid out array": lambda records: json.dumps(records, ensure_ascii=False, indent=1),
    "values behind each other": lambda records: "\n".join(json.dumps(one, indent=2) for one in records),
    "encoded twice": lambda records: "".join(json.dumps(json.dumps(one)) + "\n" for one in records),
}
EXPECTED = [(text, BEGIN_S + n, f"s{n}") for n, text in enumerate(TEXTS)]


def read(source: Any, settings: TextSettings | None = None) -> list[tuple[str, float, str | None]]:
    clock = ReplayClock(settings or TextSettings())
    return [(text.text, text.at_s, text.source) for batch in source.batches(None, 100) for text in clock.texts(batch)]


def of_file(
    path: Path, encoding: str = "auto", header: bool = True, **mapping: Any
) -> list[tuple[str, float, str | None]]:
    settings = TextSettings(**mapping)
    source = FileTexts([str(path)], fields=settings.fields, settings=CsvSettings(header=header), encoding=encoding)
    return read(source, settings)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("name", "mapping", "record"), MAPPINGS, ids=[name for name, *_ in MAPPINGS])
def test_records_of_any_shape_are_read_by_their_mapping(
    shape: str, name: str, mapping: dict[str, Any], record: Callable[[str, int], dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "t.json"
    path.write_text(SHAPES[shape]([record(text, n) for n, text in enumerate(TEXTS)]), "utf-8")
    assert of_file(path, **mapping) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gbk"])
def test_a_csv_in_an_encoding_that_can_be_told_is_read(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    rows = [["正文", "发布时间", "用户"], *([text, f"2024-01-01 08:00:0{n}", f"s{n}"] for n, text in enumerate(TEXTS))]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows(rows)
    mapping = {"field": ("正文",), "ts_field": ("发布时间",), "source_field": ("用户",), "zone": "+08:00"}
    assert of_file(path, **mapping) == EXPECTED


@pytest.mark.parametrize(("encoding", "likely"), [("big5", "big5"), ("shift_jis", "shift_jis"), ("euc_kr", "euc_kr")])
def test_another_encoding_is_refused_with_the_likely_name(
    encoding: str, likely: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "big5": "今天天氣很好，我們去爬山吧",
        "shift_jis": "今日はとてもいい天気ですね",
        "euc_kr": "오늘은 날씨가 정말 좋네요 친구들과",
    }
    path = tmp_path / "t.txt"
    path.write_bytes("\n".join([texts[encoding]] * 20).encode(encoding))
    assert main(["replay", str(path), "--quiet"]) == 1
    assert f"is not UTF-8; it looks like {likely}, which --encoding {likely} reads" in capsys.readouterr().err
    assert of_file(path, encoding)[0][0] == texts[encoding]


def test_nothing_readable_is_a_failure_that_shows_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(SHAPES["lines"]([MAPPINGS[0][2](text, n) for n, text in enumerate(TEXTS)]), "utf-8")
    for command in (["replay"], ["explain", "戍叠"], ["discover"]):
        assert main([*command, str(path), "--quiet"]) == 1
        said = capsys.readouterr().err
        assert 'no_text: {"id": 0, "content": "培卤憋钩批敖' in said
        assert "text.field text: there is no such text; content looks like one: --column content" in said
        assert "nothing could be read of 3 records" in said
        assert main([*command, str(path), "--quiet", "--column", "content"]) == 0


def test_texts_without_a_time_are_said_with_the_field_it_might_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(SHAPES["lines"]([MAPPINGS[3][2](text, n) for n, text in enumerate(TEXTS)]), "utf-8")
    assert main(["replay", str(path), "--quiet"]) == 0
    warning = "warning: no text names a time (text.ts_field: ts); created_at looks like one: --ts-column created_at\n"
    assert capsys.readouterr().err == warning
    path.write_text('{"text": "天气", "ts": 1704067200}\n' * 30, "utf-8")
    assert main(["replay", str(path), "--quiet"]) == 0
    assert "warning: all texts have the same time (text.ts_field: ts)" in capsys.readouterr().err


def test_rows_of_another_length_are_counted_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "ts,text\n" + "".join(f"2024-01-01 08:00:0{n},{text}\n" for n, text in enumerate(["甲,乙", "丙", "丁"]))
    )
    assert main(["replay", str(path)]) == 0
    said = capsys.readouterr().err
    assert "not readable: ragged 1\n  ragged: a row of 3 columns, not 2: 2024-01-01 08:00:00,甲,乙\n" in said
    assert [text for text, *_ in of_file(path)] == ["丙", "丁"]


def test_a_time_of_the_wrong_unit_is_refused_with_a_hint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("ts,text\n" + "20240101,天气\n" * 3)
    assert main(["replay", str(path), "--quiet"]) == 1
    assert "bad_time: 20240101 as seconds it is of 1970; a date is written 2024-01-01" in capsys.readouterr().err


def test_times_of_fourteen_digits_are_read_from_a_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "t.db")) as database:
        database.execute("create table posts(content text, day integer)")
        database.executemany(
            "insert into posts values(?, ?)", [(text, 20240101080000 + n) for n, text in enumerate(TEXTS)]
        )
        database.commit()
    settings = TextSettings(field=("content",), ts_field=("day",), zone="+08:00")
    source = SqlTexts(f"sqlite:///{tmp_path}/t.db", "select * from posts", None, settings.fields)
    assert read(source, settings) == [(text, at_s, None) for text, at_s, _ in EXPECTED]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--column", "body", "--format", "plain"], "--text-field: plain text has no fields"),
        (["--delimiter", ";"], "--delimiter: no source is CSV"),
        (["--no-header"], "--no-header: no source is CSV"),
        (["--encoding", "klingon"], "--encoding klingon: no encoding is called that"),
        (["--filter", "{}"], "--collection, --filter: need a mongodb:// source"),
        (["--zone", "Middle/Earth"], "text.zone: must be a time zone"),
    ],
)
def test_an_option_that_does_not_apply_is_refused(
    options: list[str], fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"text": "天气"}\n')
    assert main(["replay", str(path), *options]) == 2
    assert fault in capsys.readouterr().err


def test_fields_of_plain_text_that_was_not_called_so_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "t.txt"
    path.write_text("天气\n")
    assert main(["replay", str(path), "--column", "body"]) == 2
    assert "holds plain text, which has no fields" in capsys.readouterr().err


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
@pytest.mark.parametrize(
    ("case", "texts", "mapping"),
    [
        ("07a.jsonl", 200, {"field": ("content",), "ts_field": ("created_at",), "source_field": ("user.id",)}),
        ("07b.jsonl", 200, {"field": ("payload.after.text",), "ts_field": ("payload.after.ts",)}),
        ("07c.jsonl", 200, {"field": ("message",), "ts_field": ("@timestamp",), "source_field": ("host.name",)}),
        ("07d.jsonl", 200, {"ts_field": ("created_at",), "source_field": ("user.id",)}),
        ("08a.json", 300, {"ts_field": ("created_at",)}),
        ("08b.json", 300, {"ts_field": ("created_at",)}),
        ("08c.json", 300, {"ts_field": ("created_at",)}),
        ("09a.csv", 400, {}), ("09b.csv", 400, {}), ("09c.csv", 400, {}), ("09e.txt", 400, {}),
        ("09d.csv", 400, {"field": ("正文",), "ts_field": ("发布时间",), "source_field": ("用户",)}),
        ("11b.csv", 300, {}),
    ],
)  # fmt: skip
def test_the_listed_files_are_read_whole(case: str, texts: int, mapping: dict[str, Any]) -> None:
    found = of_file(CASES / case, **mapping)
    assert len(found) == texts
    assert found[0][0] == "培卤憋钩批敖，戍叠"
    if not case.endswith(".txt"):
        assert all(BEGIN_S <= at_s < BEGIN_S + 86_400 for _, at_s, _ in found)


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_the_listed_rows_with_bare_commas_are_not_guessed() -> None:
    found = of_file(CASES / "11.csv", header=False, field=("3",), ts_field=("2",), source_field=("4",), zone="+08:00")
    assert (len(found), {at_s for _, at_s, _ in found} >= {BEGIN_S}) == (1259, True)


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_the_listed_database_has_as_many_moments_as_it_says() -> None:
    settings = TextSettings(field=("content",), ts_field=("day",), zone="+08:00")
    found = read(SqlTexts(f"sqlite:///{CASES}/15.db", "select * from posts", None, settings.fields), settings)
    assert (len(found), min(at_s for _, at_s, _ in found), max(at_s for _, at_s, _ in found)) == (
        2000, BEGIN_S, BEGIN_S + 114)  # fmt: skip


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_the_listed_word_lists_hold_their_three_words(path: Path) -> None:
    assert list(read_words([str(path)])) == ["塑稚酉", "拔姓桐", "蓝鲸湾"]


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_words_of_a_list_are_silent(tmp_path: Path) -> None:
    known = f"known_words.files={CASES / '05_hanlp_multi.txt'}"
    _, heard = replayed(tmp_path, CASES / "05.jsonl.gz")
    _, silent = replayed(tmp_path, CASES / "05.jsonl.gz", "--set", known)
    listed = {"塑稚酉", "拔姓桐", "蓝鲸湾"}
    assert listed <= words(heard)
    assert not listed & words(silent)


def test_a_path_in_a_configuration_is_relative_to_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "words.txt").write_text("塑稚酉\n")
    (tmp_path / "here" / "c.yaml").write_text("known_words: {files: [words.txt]}\n")
    (tmp_path / "t.txt").write_text("天气\n")
    monkeypatch.chdir(tmp_path)
    assert main(["replay", "t.txt", "--config", "here/c.yaml", "--quiet", "--events", "/dev/null"]) == 0


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_of_the_listed_words_jieba_is_given_those_it_finds(tmp_path: Path) -> None:
    _, events = replayed(tmp_path, CASES / "13.jsonl.gz", "--set", "text.scripts=all")
    content, left_out = made("jieba", entries(*sorted(words(events))), "x")
    assert not {"〇鹭派", "ＫＦＣ疯四", "㐀鹭台"} & set(content.decode().split())
    assert left_out > 0
