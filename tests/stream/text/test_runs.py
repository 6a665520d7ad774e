"""Runs are the maximal countable stretches of each text, in all of Unicode."""

import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.text.runs import DIGIT, IDEOGRAPH, LETTER, SCRIPTS, SEPARATOR, Alphabet, Runs, fold_word

LAW = settings(max_examples=80)
CLASSES = {
    "han": "\u4e00-\u9fff\u3005\u3007",
    "han_extended": "\u3400-\u4dbf\uf900-\ufaff\U00020000-\U000323af",
    "kana": "\u3041-\u3096\u30a1-\u30fa\u30fc",
    "hangul": "\uac00-\ud7a3",
    "digit": "0-9",
}
CLASSES |= {script: "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
            for script, (_, ranges) in SCRIPTS.items() if script not in CLASSES}  # fmt: skip
EDGES = "".join(chr(edge) for _, ranges in SCRIPTS.values() for a, b in ranges for edge in (a - 1, a, b, b + 1))
TRICKY = st.text(f"天气Az09Ａｚ０９ｱァー한，。\0\n ㎡ßİ豈⼈𠮷😀〇\ud83d\ude00{EDGES}", max_size=30)
TEXTS = st.lists(st.one_of(TRICKY, st.text(st.characters(), max_size=20)), max_size=6)
SOME_SCRIPTS = st.lists(st.sampled_from(sorted(SCRIPTS)), min_size=1, unique=True)


def spelled(runs: Runs) -> list[str]:
    return ["".join(map(chr, runs.points[a:b].tolist())) for a, b in runs.spans()]


@LAW
@given(TEXTS, SOME_SCRIPTS, st.booleans())
def test_runs_are_the_maximal_countable_stretches_of_each_text(
    texts: list[str], scripts: list[str], fold: bool
) -> None:
    run = re.compile(f"[{''.join(CLASSES[script] for script in scripts)}]+")
    expected = [found for text in texts for found in run.findall(fold_word(text) if fold else text)]
    assert spelled(Alphabet(scripts, fold).runs(texts)) == expected


@LAW
@given(TEXTS)
def test_every_position_is_the_same_in_the_batch_and_in_its_text(texts: list[str]) -> None:
    runs = Alphabet(("han", "latin", "digit")).runs(texts)
    assert len(runs.starts) == len(texts) + 1
    assert runs.starts[-1] == len(runs.points) == len(runs.kinds)
    for text, begin, end in zip(texts, runs.starts[:-1].tolist(), runs.starts[1:].tolist(), strict=True):
        assert "".join(map(chr, runs.points[begin : end - 1].tolist())) == fold_word(text)
        assert runs.points[end - 1] == 0
        assert runs.kinds[end - 1] == SEPARATOR


@LAW
@given(TEXTS)
def test_inner_links_are_the_neighbours_within_a_run(texts: list[str]) -> None:
    runs = Alphabet(("han", "latin", "digit")).runs(texts)
    within = {place for begin, end in runs.spans() for place in range(begin, end - 1)}
    assert set(np.flatnonzero(runs.inner).tolist()) == within
    assert runs.inner.shape == (max(0, len(runs.points) - 1),)


@LAW
@given(TEXTS, TEXTS)
def test_a_text_has_the_same_runs_in_every_batch(one: list[str], other: list[str]) -> None:
    alphabet = Alphabet(("han", "han_extended", "latin"))
    assert spelled(alphabet.runs(one + other)) == spelled(alphabet.runs(one)) + spelled(alphabet.runs(other))


@pytest.mark.parametrize(
    ("scripts", "text", "expected"),
    [
        (("han",), "你好，World 2022！世界", ["你好", "世界"]),
        (("han", "latin", "digit"), "用ＩＰｈｏｎｅ１４ Pro拍", ["用iphone14", "pro拍"]),
        (("han",), "二〇二二年", ["二〇二二年"]),
        (("han",), "佐々木と人々", ["佐々木", "人々"]),
        (("han",), "𠮷野家", ["野家"]),
        (("han", "han_extended"), "𠮷野家", ["𠮷野家"]),
        (("han",), "天😀气", ["天", "气"]),
        (("han",), "天\ud83d气", ["天", "气"]),
        (("han",), "天\ud83d\ude00气", ["天", "气"]),
        (("han",), "天\0气", ["天", "气"]),
        (("kana",), "ﾃﾚﾋﾞとテレビ", ["テレヒ", "とテレビ"]),
        (("hangul",), "한국 사람", ["한국", "사람"]),
        (("latin",), "don't", ["don", "t"]),
        (("han",), "", []),
        (("han",), "，。", []),
    ],
)
def test_the_runs_of_a_text_read_by_hand(scripts: tuple[str, ...], text: str, expected: list[str]) -> None:
    assert spelled(Alphabet(scripts).runs([text])) == expected


def test_a_run_never_spans_two_texts() -> None:
    assert spelled(Alphabet(("han",)).runs(["天", "气", "", "好热"])) == ["天", "气", "好热"]


def test_each_character_has_the_kind_of_its_script() -> None:
    kinds = Alphabet(tuple(SCRIPTS)).runs(["天𠮷カ한aＡ1１，"]).kinds
    assert kinds.tolist() == [*[IDEOGRAPH] * 4, LETTER, LETTER, DIGIT, DIGIT, SEPARATOR, SEPARATOR]


def test_no_texts_have_no_runs() -> None:
    runs = Alphabet(("han",)).runs([])
    assert (runs.spans(), runs.points.tolist(), runs.starts.tolist()) == ([], [], [0])


@LAW
@given(st.one_of(TRICKY, st.text(st.characters(), max_size=20)))
def test_folding_keeps_the_length_and_happens_once(text: str) -> None:
    folded = fold_word(text)
    assert len(folded) == len(text)
    assert fold_word(folded) == folded


def test_every_ascii_character_of_full_width_folds_to_its_own_lower_case() -> None:
    full_width = "".join(map(chr, range(0xFF01, 0xFF5F)))
    assert fold_word(full_width) == "".join(map(chr, range(0x21, 0x7F))).lower()


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＩPhone１４", "iphone14"),
        ("ｱｰ", "アー"),
        ("ÄΣЖ", "äσж"),
        ("⼈豈", "人豈"),
        ("𝗕𝗼𝗹𝗱𝟙", "bold1"),
        ("㎡ßİ①²", "㎡ßİ①²"),
    ],
)
def test_width_and_case_fold_one_to_one_and_the_rest_stays(text: str, folded: str) -> None:
    assert fold_word(text) == folded


@pytest.mark.parametrize(
    ("script", "named"),
    [("thai", "THAI CHARACTER"), ("lao", "LAO"), ("khmer", "KHMER"), ("burmese", "MYANMAR"), ("tibetan", "TIBETAN"),
     ("latin", "LATIN"), ("greek", "GREEK"), ("cyrillic", "CYRILLIC")],
)  # fmt: skip
def test_a_script_has_all_letters_and_vowels_of_its_name(script: str, named: str) -> None:
    """But those of half a dozen extensions that nobody writes in, such as phonetic ones."""
    alphabet, every = Alphabet((script,), fold=False), Alphabet(("all",), fold=False)
    letters = [point for point in range(0x1FFF) if unicodedata.name(chr(point), "").startswith(named)
               and unicodedata.category(chr(point)) in ("Ll", "Lu", "Lo", "Mc")
               and not 0x1D00 <= point < 0x1E00 and unicodedata.is_normalized("NFC", chr(point))
               and point not in (0x17B4, 0x17B5)]  # fmt: skip
    assert len(letters) > 40
    assert set(letters) <= set(alphabet.countable.tolist()) <= set(every.countable.tolist())


def test_words_of_scripts_without_spaces_are_runs_of_their_own() -> None:
    for text in ("สวัสดี", "ສະບາຍດີ", "សួស្តី", "မင်္ဂလာပါ", "བཀྲ་ཤིས", "Ünïcodé", "ελλάδα"):
        alphabet = Alphabet(("all",), fold=False)
        assert spelled(alphabet.runs([f" {text}，"])) == [text]
    assert spelled(Alphabet(("latin",)).runs(["CAFÉ Ñandú"])) == ["café", "ñandú"]


@LAW
@given(TEXTS)
def test_the_articles_alphabet_is_the_articles_pattern(texts: list[str]) -> None:
    pattern = re.compile("[\u4e00-\u9fa50-9a-zA-Z]+")
    assert spelled(Alphabet.article().runs(texts)) == [run for text in texts for run in pattern.findall(text)]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("哈哈哈哈哈", "哈哈"),
        ("妈妈", "妈妈"),
        ("wwwww", "www"),
        ("AAA景区", "aaa景区"),
        ("100000", "100000"),
        ("哈哈 哈", "哈哈 哈"),
    ],
)
def test_endless_repetition_is_shortened(text: str, left: str) -> None:
    runs = Alphabet(("han", "latin", "digit")).runs([text, text])
    assert "".join(map(chr, runs.points)) == f"{left}\0{left}\0"
    assert fold_word(text) == left
