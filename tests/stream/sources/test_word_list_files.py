"""Word lists are read in every form, and a list that follows its file never loses its last good content."""

import gzip
import logging
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zstandard

from stream.config.config import load
from stream.errors import SourceError, UsageError
from stream.sources.word_list_files import KnownWords, KnownWordsSettings, ReloadedList, read_words
from stream.text.hash64 import word_key
from stream.text.runs import fold_word

JIEBA = Path(__file__).parents[4] / "shared" / "data" / "lexicon_jieba.txt.xz"


def key(*words: str) -> np.ndarray:
    return np.array([word_key(fold_word(word)) for word in words], np.uint64)


def listed(folder: Path, content: str | bytes, min_frequency: int = 0) -> list[str]:
    file = folder / "words.txt"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_words([str(file)], min_frequency))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("元宇宙", ["元宇宙"]),
        ("  元宇宙\t \r", ["元宇宙"]),
        ("\u3000元宇宙", ["元宇宙"]),
        ("", []),
        ("   ", []),
        ("# 元宇宙", []),
        ("元宇宙 # since 2021", ["元宇宙"]),
        ("元宇宙\t#", ["元宇宙"]),
        ("C#", ["C#"]),
        ("#话题#", []),
        ("云计算 5", ["云计算"]),
        ("云计算 5 n", ["云计算"]),
        ("云计算\t5\tn", ["云计算"]),
        ("云计算 nr", ["云计算"]),
        ("AT&T 3 nz", ["AT&T"]),
        ("1984 3 m", ["1984"]),
        ("New York", ["New York"]),
        ("New York 5", ["New York 5"]),
        ("Web 2.0", ["Web 2.0"]),
        ("a 5 b 6", ["a 5 b 6"]),
        ("labubu nz", ["labubu"]),
        ("new york", ["new york"]),
        ("塑稚酉 9.5 nz", ["塑稚酉"]),
        ("塑稚酉 9 PER", ["塑稚酉"]),
        ("塑稚酉 nz 9", ["塑稚酉"]),
        ("塑稚酉 nz 9 n 2", ["塑稚酉"]),
        ("塑稚酉\tnz\t1000", ["塑稚酉"]),
        ("塑稚酉 \t 9", ["塑稚酉"]),
        ("塑稚酉@@9@@nz", ["塑稚酉"]),
        ("塑稚酉@@9", ["塑稚酉"]),
        ("塑稚酉\tsu zhi you\t90", ["塑稚酉"]),
        ("塑稚酉\tsu4 zhi4 you3\t90%", ["塑稚酉"]),
        ("塑稚酉\tsu'zhi'you", ["塑稚酉"]),
        ("塑稚酉,9", ["塑稚酉"]),
        ("塑稚酉;9;nz", ["塑稚酉"]),
        ('"塑稚酉","9"', ["塑稚酉"]),
        ("labubu,9", ["labubu"]),
    ],
)
def test_a_line_is_a_word_a_dictionary_entry_or_a_phrase(line: str, words: list[str], tmp_path: Path) -> None:
    assert listed(tmp_path, line) == words
    assert listed(tmp_path, f"前\n{line}\n后\n") == ["前", *words, "后"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("word,freq\n塑稚酉,9\n拔姓桐,8\n", ["塑稚酉", "拔姓桐"]),
        ("id;词语;说明;词频\n1;塑稚酉;一个词;9\n2;拔姓桐;另一个，词;8\n", ["塑稚酉", "拔姓桐"]),
        ("# Rime\n---\nname: mine\nversion: \"1\"\nsort: by_weight\n...\n塑稚酉\tsu zhi you\t90\n拔姓桐\t80\n",
         ["塑稚酉", "拔姓桐"]),
    ],
)  # fmt: skip
def test_a_head_applies_to_the_lines_below_it(content: str, words: list[str], tmp_path: Path) -> None:
    assert listed(tmp_path, content) == words


@pytest.mark.parametrize(
    "line", ["塑稚酉 = su zhi you", "塑稚酉 拔姓桐 蓝鲸湾", "塑稚酉\t水果\t9", "塑稚酉,一个词", "塑稚酉 9 nz 又"]
)
def test_a_line_that_is_not_understood_is_refused_with_its_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"words\.txt, line 30002: .*: must be a word, or a word with frequency"):
        listed(tmp_path, "好\n" * 30_001 + line + "\n好\n")


@pytest.mark.parametrize(
    "form",
    ["{}|9|nz", "{}/nz", "{}_nz", "1、{}", "{}：9", "{}=9", "{}$9", "<w>{}</w>", "《{}》", '{{"word":"{}"}}', "{}/AB"],
)
def test_a_list_whose_words_hold_marks_that_no_word_holds_is_refused(form: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"words\.txt, line 1: .*: must be a word, or a word with frequency"):
        listed(tmp_path, "".join(form.format(word) + "\n" for word in ("塑稚酉", "拔姓桐", "蓝鲸湾")))


def test_a_list_of_titles_some_of_which_hold_marks_is_read(tmp_path: Path) -> None:
    assert listed(tmp_path, "鸮影祭：终章\n塑稚酉\n拔姓桐\n阿·托\n") == ["鸮影祭：终章", "塑稚酉", "拔姓桐", "阿·托"]


@pytest.mark.parametrize(
    "content",
    ["塑稚酉\r拔姓桐\r", "\u200b塑稚酉\n拔姓\u00ad桐\n", "词语\t词性\t词频\n塑稚酉\tnz\t9\n拔姓桐\tnz\t8\n",
     "entry,n\n塑稚酉,9\n拔姓桐,8\n", "新词,次数\n塑稚酉,9\n拔姓桐,8\n", "Word\tCount\n塑稚酉\t9\n拔姓桐\t8\n"],
)  # fmt: skip
def test_line_ends_heads_and_invisible_characters_are_not_part_of_a_word(content: str, tmp_path: Path) -> None:
    assert listed(tmp_path, content) == ["塑稚酉", "拔姓桐"]


def test_frequencies_of_every_form_are_heeded(tmp_path: Path) -> None:
    content = "甲 4.5 n\n乙 nz 3 n 3\n丙\tbing\t7\n丁@@2@@n\n戊,5\n己\tji\t50%\n"
    assert listed(tmp_path, content, 5) == ["乙", "丙", "戊", "己"]


def test_words_rarer_than_asked_for_are_left_out_and_those_without_a_frequency_stay(tmp_path: Path) -> None:
    content = "少 4 n\n够 5 n\n多 60\n无\n词 v\n"
    assert listed(tmp_path, content, 5) == ["够", "多", "无", "词"]
    assert listed(tmp_path, content) == ["少", "够", "多", "无", "词"]


def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path) -> None:
    assert listed(tmp_path, "\ufeff元宇宙\n内卷\n") == ["元宇宙", "内卷"]
    assert listed(tmp_path, "\ufeff# a comment\n内卷\n") == ["内卷"]


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("words.txt.gz", gzip.compress),
        ("words.txt.xz", lzma.compress),
        ("words.txt.zst", zstandard.ZstdCompressor().compress),
    ],
)
def test_a_packed_list_is_unpacked(name: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(pack("元宇宙\n内卷\n".encode()))
    assert list(read_words([str(tmp_path / name)])) == ["元宇宙", "内卷"]


def test_lists_come_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("甲")
    (tmp_path / "b").write_text("乙")
    assert list(read_words([str(tmp_path / "b"), str(tmp_path / "a")])) == ["乙", "甲"]
    assert list(read_words([])) == []


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-le", "utf-8-sig"])
def test_a_list_in_an_encoding_that_can_be_told_is_read(encoding: str, tmp_path: Path) -> None:
    assert listed(tmp_path, "塑稚酉\r\n拔姓桐\r\n蓝鲸湾\r\n".encode(encoding)) == ["塑稚酉", "拔姓桐", "蓝鲸湾"]


def test_how_many_words_there_are_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("塑稚酉 9\n拔姓桐 1\n")
    (tmp_path / "b").write_text("蓝鲸湾\n")
    said = list[str]()
    KnownWords(KnownWordsSettings((str(tmp_path / "a"),), 5, deny=str(tmp_path / "b")), said.append)
    assert said == [f"{tmp_path}/a: 1 words that are no news", f"{tmp_path}/b: 1 words never to be announced"]


def test_another_encoding_is_an_error_with_its_line(tmp_path: Path) -> None:
    lines = ["好".encode()] * 30_000 + ["元宇宙".encode("gb18030")]
    with pytest.raises(SourceError, match=r"words\.txt, line 30001: a list of words must be UTF-8"):
        listed(tmp_path, b"\n".join(lines))


def test_a_list_of_a_configuration_that_cannot_be_read_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "deny.txt").write_bytes(b"\xff\n")
    for settings in (KnownWordsSettings(files=(str(tmp_path / "deny.txt"),)),
                     KnownWordsSettings(deny=str(tmp_path / "deny.txt"))):  # fmt: skip
        with pytest.raises(SourceError, match="line 1"):
            KnownWords(settings)


def test_a_list_that_is_not_there_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    there, not_there = str(tmp_path / "a.txt"), str(tmp_path / "b.txt")
    Path(there).touch()
    with pytest.raises(UsageError) as caught:
        load(None, {}, [f"known_words.files={there},{not_there}", f"known_words.deny={tmp_path}",
                        f"known_words.allow={'x' * 5000}", "known_words.min_frequency=-1"])  # fmt: skip
    faults = str(caught.value).splitlines()
    assert [fault.split(": ")[0] for fault in faults] == [
        f"known_words.{name}" for name in ("files", "deny", "allow", "min_frequency")
    ]
    assert f"{not_there} is not (from --set)" in faults[0]


def test_each_list_answers_for_its_own_words(tmp_path: Path) -> None:
    for name in ("known", "deny", "allow"):
        (tmp_path / name).write_text(f"{name}\nＡＬＬ\n")
    settings = KnownWordsSettings((str(tmp_path / "known"),), 0, str(tmp_path / "deny"), str(tmp_path / "allow"))
    lists = KnownWords(settings).lists
    asked = key("known", "deny", "allow", "all", "none")
    assert lists.known(asked).tolist() == [True, False, False, True, False]
    assert lists.deny(asked).tolist() == [False, True, False, True, False]
    assert lists.allow(asked).tolist() == [False, False, True, True, False]


def test_without_lists_nothing_is_known_denied_or_allowed() -> None:
    known = KnownWords(KnownWordsSettings())
    known.look(1e9)
    assert not any(ask(key("元"))[0] for ask in (known.lists.known, known.lists.deny, known.lists.allow))


def test_a_list_follows_its_file_but_looks_no_more_often_than_it_should(tmp_path: Path) -> None:
    file = tmp_path / "deny.txt"
    file.write_text("甲\n")
    one = ReloadedList(str(file), reload_s=30)
    assert one.contains(key("甲", "乙丙")).tolist() == [True, False]
    one.look(1000.0)
    file.write_text("乙丙\n")
    one.look(1029.9)
    assert one.contains(key("甲", "乙丙")).tolist() == [True, False]
    one.look(1030.0)
    assert one.contains(key("甲", "乙丙")).tolist() == [False, True]


def test_a_file_that_was_not_touched_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "deny.txt"
    file.write_text("甲\n")
    one = ReloadedList(str(file), 1)
    before = one.words
    for now_s in range(5):
        one.look(float(now_s))
    assert one.words is before


def test_a_file_put_in_place_of_another_is_seen_even_if_size_and_time_are_the_same(tmp_path: Path) -> None:
    file, other = tmp_path / "deny.txt", tmp_path / "other.txt"
    file.write_text("甲\n")
    other.write_text("乙\n")
    one = ReloadedList(str(file), 1)
    status = file.stat()
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(file)
    one.look(1.0)
    assert one.contains(key("甲", "乙")).tolist() == [False, True]


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda file: file.unlink(), "No such file"),
        (lambda file: file.write_bytes(b"\xff\n"), "line 1: a list of words must be UTF-8"),
        (lambda file: (file.unlink(), file.mkdir()), "is a directory"),
    ],
)
def test_a_broken_list_keeps_its_last_good_words_and_is_logged_once(
    break_it: Callable[[Path], object], reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "deny.txt"
    file.write_text("甲\n")
    one = ReloadedList(str(file), 1)
    break_it(file)
    for now_s in (1.0, 2.0, 3.0):
        one.look(now_s)
        assert one.contains(key("甲"))[0]
        assert one.fault is not None
        assert reason in one.fault
    warnings = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert str(file) in warnings[0]
    assert "going on with the 1 words it had" in warnings[0]


def test_a_list_that_is_whole_again_is_read_even_if_nothing_changed(tmp_path: Path) -> None:
    file, aside = tmp_path / "deny.txt", tmp_path / "aside.txt"
    file.write_text("甲\n")
    one = ReloadedList(str(file), 1)
    file.rename(aside)
    one.look(1.0)
    assert one.fault is not None
    aside.rename(file)
    one.look(2.0)
    assert one.fault is None
    assert one.contains(key("甲"))[0]


@pytest.mark.real_data
@pytest.mark.skipif(not JIEBA.is_file(), reason=f"needs {JIEBA.name} in ../shared/data")
def test_a_whole_dictionary_is_known_word_by_word() -> None:
    lists = KnownWords(KnownWordsSettings(files=(str(JIEBA),))).lists
    with lzma.open(JIEBA, "rt", encoding="utf-8") as file:
        words = file.read().split("\n")[:-1]
    assert len(words) == 349_046
    assert lists.known(key(*words[::100])).all()
    assert not lists.known(key(*(word + "元宇" for word in words[::100]))).any()
