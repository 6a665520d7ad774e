"""Each format is byte for byte what its reader expects."""

import csv
import io
import subprocess
import sys
from pathlib import Path

import jieba
import pytest
import yaml

from stream.errors import UsageError
from stream.events.period_summary import COLUMNS, Entry, PeriodSummary
from stream.outputs.dictionaries import FORMATS, made
from tests.broker.jars import fetch_jars, missing
from tests.stream.events.event_samples import event


def entries(*words: str) -> list[Entry]:
    lexicon = PeriodSummary()
    for at, word in enumerate(words):
        lexicon.add(event(word, 86_400.0 * at, count=100 - at))
    return lexicon.entries()


@pytest.mark.parametrize(
    ("form", "content", "left_out"),
    [
        ("jieba", "元宇宙\niPhone15\n", 1),
        ("ik", "元宇宙\niphone15\n", 1),
        ("hanlp", "元宇宙 nz 100\niPhone15 nz 99\n", 1),
    ],
)
def test_a_word_list_has_one_word_per_line_and_leaves_out_what_does_not_fit(
    form: str, content: str, left_out: int
) -> None:
    assert made(form, entries("元宇宙", "iPhone15", "two words"), "x") == (content.encode(), left_out)


@pytest.mark.parametrize("bad", ["甲\n乙", "甲\t乙", "甲\u3000乙", "甲\u202e乙", "甲\x00乙"])
@pytest.mark.parametrize("form", ["jieba", "ik", "hanlp", "rime"])
def test_a_hostile_word_cannot_add_a_line_to_a_dictionary(form: str, bad: str) -> None:
    clean, _ = made(form, entries("元宇宙"), "x")
    content, left_out = made(form, entries("元宇宙", bad), "x")
    assert (content.splitlines()[-1], left_out) == (clean.splitlines()[-1], 1)


def test_ik_has_a_word_once_however_it_is_spelled() -> None:
    assert made("ik", entries("VR宙", "vr宙"), "x")[0] == "vr宙\n".encode()


def test_rime_has_a_head_of_yaml_and_words_it_can_spell() -> None:
    content, left_out = made("rime", entries("元宇宙", "〇鹭派", "𫚕鱼", "VR眼镜"), "trends")
    head, _, body = content.decode().partition("\n...\n")
    assert yaml.safe_load(head) == {
        "name": "trends", "version": "1970.01.02", "sort": "by_weight", "columns": ["text", "weight"],
    }  # fmt: skip
    assert (body, left_out) == ("元宇宙\t100\n〇鹭派\t99\n", 2)


@pytest.mark.parametrize("form", ["jieba", "csv"])
def test_a_table_has_the_words_of_a_story_together_and_a_dictionary_the_most_frequent_first(form: str) -> None:
    lexicon = PeriodSummary()
    for word, count, story in (("涿州", 9, "涿州@t"), ("桂花", 8, "桂花@t"), ("洪水", 7, "涿州@t")):
        lexicon.add(event(word, count=count, story=story))
    words = [line.split(",")[0] for line in made(form, lexicon.entries(), "x")[0].decode().splitlines()]
    assert words == {"jieba": ["涿州", "桂花", "洪水"], "csv": ["word", "涿州", "洪水", "桂花"]}[form]


def test_csv_holds_every_word_and_every_column() -> None:
    content, left_out = made("csv", entries("元宇宙", 'a,"b"\nc'), "x")
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    assert ([row["word"] for row in rows], left_out) == (["元宇宙", 'a,"b"\nc'], 0)
    assert tuple(rows[0]) == COLUMNS
    assert (rows[0]["count"], rows[0]["sources"], rows[1]["announced"]) == ("100", "", "1970-01-02T00:00:00.000Z")


@pytest.mark.parametrize("words", [("元宇宙", "two words"), ()])
def test_parquet_has_the_same_rows_with_types(words: tuple[str, ...]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'new-words[parquet]'")
    read = parquet.read_table(io.BytesIO(made("parquet", entries(*words), "x")[0]))
    assert read.column_names == list(COLUMNS)
    assert {name: str(read.schema.field(name).type) for name in ("announced", "count", "score", "sources", "word")} == {
        "announced": "timestamp[ms, tz=UTC]", "count": "int64", "score": "double", "sources": "int64", "word": "string",
    }  # fmt: skip
    assert read["word"].to_pylist() == list(words)
    assert [moment.timestamp() for moment in read["announced"].to_pylist()] == [
        86_400.0 * at for at in range(len(words))
    ]


def test_parquet_without_its_library_is_one_line_that_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError) as caught:
        made("parquet", entries("元宇宙"), "x")
    assert str(caught.value) == "--format parquet needs pyarrow: pip install 'new-words[parquet]'"


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "parquet"])
def test_no_words_give_an_empty_but_valid_file(form: str) -> None:
    assert made(form, [], "x")[1] == 0


MIXED = ("鹭屋", "〇鹭派", "ＫＦＣ疯四", "鿍鹭桥", "㐀鹭台", "𠮷鹭野", "iPhone鹭", "19鹭", "B站鹭姬", "GPT鹭", "サ鹭",
         "鹭한", "café鹭")  # fmt: skip
HANLP = Path(__file__).parent / "hanlp"


def test_of_words_that_jieba_is_given_it_finds_every_one(tmp_path: Path) -> None:
    content, left_out = made("jieba", entries(*MIXED), "x")
    file = tmp_path / "new.txt"
    file.write_bytes(content)
    tokenizer = jieba.Tokenizer()
    with file.open("rb") as lines:
        tokenizer.load_userdict(lines)
    words = content.decode().split()
    assert (words, left_out) == (["鹭屋", "鿍鹭桥", "iPhone鹭", "19鹭", "B站鹭姬", "GPT鹭"], 7)
    for word in words:
        assert word in tokenizer.lcut(f"我们说{word}，很好"), word
    for word in set(MIXED) - set(words):
        tokenizer.add_word(word)
        assert word not in tokenizer.lcut(f"我们说{word}，很好"), f"{word} could have been given"


def test_ik_is_given_words_as_it_looks_at_text() -> None:
    content, left_out = made("ik", entries(*MIXED), "x")
    given = ["鹭屋", "kfc疯四", "鿍鹭桥", "㐀鹭台", "iphone鹭", "19鹭", "b站鹭姬", "gpt鹭", "サ鹭", "鹭한"]
    assert (content.decode().split(), left_out) == (given, 3)


@pytest.mark.skipif(missing(HANLP / "pom.xml") is not None, reason=f"HanLP: {missing(HANLP / 'pom.xml')}")
def test_hanlp_reads_every_word_it_is_given_and_finds_it(tmp_path: Path) -> None:
    content, left_out = made("hanlp", entries(*MIXED), "x")
    (tmp_path / "new.txt").write_bytes(content)
    (tmp_path / "words.txt").write_text("\n".join(MIXED), "utf-8")
    jars = fetch_jars(pom=HANLP / "pom.xml")
    read = ["java", "-Dfile.encoding=UTF-8", "-cp", f"{jars}/*", str(HANLP / "Read.java"), str(tmp_path / "new.txt")]
    found = subprocess.run([*read, str(tmp_path / "words.txt")], capture_output=True, text=True, check=True).stdout
    assert left_out == 0
    assert [line.split("\t") for line in found.splitlines()] == [
        [word, f"nz {100 - at} ", "true"] for at, word in enumerate(MIXED)
    ]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@sum", "\t=1", "＝1"])
def test_no_cell_of_a_csv_is_a_formula(cell: str) -> None:
    rows = list(csv.DictReader(io.StringIO(made("csv", entries(cell, "甲"), "x")[0].decode(), newline="")))
    assert [row["word"] for row in rows] == [f"'{cell}", "甲"]
    assert all(not value.startswith(tuple("=+-@\t\r")) for row in rows for value in row.values())
