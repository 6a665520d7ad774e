"""Real-life texts: spans that are not language are never words, and a topic is found in any template."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stream.__main__ import main
from stream.text.runs import count_as
from tests.cases.streams import CASES, TOPIC, WHY, planted, replayed, words, write

LINK = ("https://www.example-news.cn/mobile/article/share/index.html?from=singlemessage&utm_source=weixin"
        "&utm_medium=social&isappinstalled=0&id=")  # fmt: skip
DRESSES = {
    "a long link": lambda own, n: f"{own} #{TOPIC}# {LINK}{n}",
    "markup": lambda own, n: (
        f'{own}<a  href="https://m.cdn.example/search?id={n}"><span class="surl-text">#{TOPIC}#</span></a>'
    ),
    "entities": lambda own, n: f"{own}&nbsp;&quot;&#40494;影祭&quot;<br />&nbsp;{n}",
    "a repost": lambda own, n: f"{own}{TOPIC}[笑哭]//@青柠檬_{n}:转发微博",
    "a share": lambda own, n: f"{own}，{TOPIC}！ O灰鹭影像的微博视频 网页链接 t.cn/A6T4Ws{n}",
    "hidden characters": lambda own, n: f"{own}，鸮\u200b影\u00ad祭\ufe0f，{n}",
    "mail and files": lambda own, n: f"{own} {TOPIC} a{n}@mail.example.com IMG_{n}.jpg d41d8cd98f00b204e98{n:03}",
    "a byline": lambda own, n: f"{own} {TOPIC}（央视记者王伟超 张三） :smile: `print({n})`",
}
NONE_OF = ("http", "https", "www", "example", "news", "share", "utm", "social", "href", "span", "class", "surl", "nbsp",
           "quot", "br", "笑哭", "青柠檬", "转发微博", "网页链接", "灰鹭影像", "微博视频", "mail", "com", "IMG", "jpg",
           "d41d8cd98f00b204", "记者", "王伟超", "smile", "print", "index", "mobile", "cn")  # fmt: skip


def never_words(found: set[str], parts: tuple[str, ...]) -> set[str]:
    """The words that are a part of what is no language, or hold it."""
    small = {word: word.lower() for word in found}
    return {word for word, one in small.items() for part in parts if one == part.lower() or one in part or part in word}


@pytest.mark.parametrize("name", DRESSES)
def test_a_topic_is_found_in_any_template_and_the_template_is_no_word(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", planted(lambda own, number: {"text": DRESSES[name](own, number)}))
    code, events = replayed(tmp_path, path)
    found = words(events)
    assert (code, TOPIC in found) == (0, True), found
    assert never_words(found, NONE_OF) == set()
    for event in events:
        if event["word"] == TOPIC:
            assert all(TOPIC in example["text"] for example in event["examples"])


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
@pytest.mark.parametrize(
    ("case", "none"),
    [
        ("01.jsonl.gz", ("t.cn", "转发微博", "网页链接", "灰鹭影像", "青柠檬", "mochi_tea2020", "裂开吃瓜", "spm",
                         "bvid", "share_medium", "android", "example-video", "微博视频", "回复")),
        ("02b.jsonl.gz", ("span", "quot", "nbsp", "url-icon", "img", "alt", "src", "https", "style", "width")),
        ("17b.jsonl.gz", ("href", "https", "cdn", "example", "search", "containerid", "type", "span", "class", "surl")),
        ("17c.jsonl.gz", ("https", "www", "example", "mobile", "article", "share", "index", "utm", "isappinstalled")),
    ],
)  # fmt: skip
def test_of_the_listed_streams_no_dress_is_a_word_and_the_topic_is_found(
    case: str, none: tuple[str, ...], tmp_path: Path
) -> None:
    _, events = replayed(tmp_path, CASES / case)
    assert never_words(words(events), none) == set()
    assert (TOPIC in words(events)) == (case != "01.jsonl.gz")


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
@pytest.mark.parametrize("case", ["17b.jsonl.gz", "17c.jsonl.gz"])
def test_posts_that_share_a_link_are_as_many_voices_as_there_are(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--set", "windows.length_s=10", "--set", "trends.warmup_windows=20", "--set", "cohesion.refresh_s=10"]
    assert main(["explain", TOPIC, str(CASES / case), "--quiet", "--format", "json", *settings]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["occurrences"], found["count"]) == (50, 50)


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_of_the_listed_form_with_changing_numbers_nothing_is_a_word(tmp_path: Path) -> None:
    _, events = replayed(tmp_path, CASES / "17e.jsonl.gz")
    assert words(events) == set()


def filled(form: str) -> Iterator[dict[str, Any]]:
    """Records of a stream in whose burst each text is made of a form, with names and words of its own."""

    def dress(own: str, number: int) -> dict[str, Any]:
        name, other = ("".join(chr(0x5200 + at + 37 * number % 900 + step) for step in range(3)) for at in (0, 5000))
        return {"text": form.format(before=own[:6], behind=own[6:], name=name, other=other)}

    return planted(dress)


@pytest.mark.parametrize("form", ["恭喜{name}抽中灰鸢健走大礼包一份", "分享{name}的单曲《{other}》（来自灰鸢音乐）"])
def test_a_form_with_changing_names_is_one_voice(form: str, tmp_path: Path) -> None:
    _, events = replayed(tmp_path, write(tmp_path / "s.jsonl", filled(form)))
    assert words(events) == set()


def test_posts_that_share_a_footer_are_as_many_voices_as_there_are(tmp_path: Path) -> None:
    form = "{before}鸮影祭{behind}，更多精彩请关注灰鸢公众号，点击菜单领取福利"
    _, events = replayed(tmp_path, write(tmp_path / "s.jsonl", filled(form)))
    assert TOPIC in words(events)


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_words_written_with_hidden_decomposed_or_narrow_characters_are_found(tmp_path: Path) -> None:
    _, events = replayed(tmp_path, CASES / "12.jsonl.gz", "--set", "text.scripts=all")
    meant = {"塑稚酉", "拔姓桐", "蓝鲸湾", "葛鸢町", "鹭丸堂", "グペゾボ", "ヌベザコ", "뷁쀍꽑"}
    assert meant - words(events) == set()


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_mixed_tokens_are_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "words.tsv"
    assert main(["discover", str(CASES / "03.txt"), "--clean", "--quiet", "--output", str(out)]) == 0
    found = {line.split("\t")[0] for line in out.read_text("utf-8").splitlines()}
    assert {"make函数", "po主", "K线图"} <= found
    mixed = ("C#", "T+0", "K线图", "A股", "po主", "make函数")
    parts = {token[a:b] for token in mixed for a in range(len(token)) for b in range(a + 1, len(token) + 1)}
    assert {word for word in found if word in parts and word not in mixed} == set()


def test_a_letter_of_a_mixed_token_is_no_word_when_prose_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.txt"
    path.write_text("".join(f"看C#教程{n}，打开K线图，t.cn/A{n}\n" for n in range(30)), "utf-8")
    for clean, letters in ((["--clean"], set()), ([], {"C", "t", "cn", "A"})):
        out = tmp_path / "words.tsv"
        assert main(["discover", str(path), *clean, "--quiet", "--output", str(out)]) == 0
        found = {line.split("\t")[0] for line in out.read_text("utf-8").splitlines()}
        assert {word for word in found if word.isascii() and word.isalpha()} & {"C", "t", "cn", "A"} <= letters


@pytest.mark.skipif(not CASES.exists(), reason=WHY)
def test_traditional_and_simplified_are_one_word_where_that_is_asked_for(tmp_path: Path) -> None:
    pytest.importorskip("opencc", reason="needs opencc: pip install 'new-words[chinese]'")
    both = {"鹮灣鏈", "鹮湾链"}
    asked = ("--set", "text.scripts=all", "--set", "text.fold=traditional")
    try:
        _, events = replayed(tmp_path, CASES / "12.jsonl.gz", *asked)
    finally:
        count_as({})
    assert len(both & words(events)) == 1
