"""Only language is counted: other spans are blank, and separated text stays separated."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketches import kernels
from stream.text.clean import cleaned, prose_of, rendered, spans
from stream.text.clean_patterns import BEGINNINGS, PERCENT, SUSPICIOUS
from stream.text.message import SKIP, Text
from stream.text.runs import Alphabet
from stream.text.text_batch import NONE, TextBatch

LAW = settings(max_examples=300)
ALPHABET = Alphabet(("all",))
PIECES = st.sampled_from(
    ["天气", "好", "a", "B", "7", "x9", " ", "\n", "，", ".", "#", "+", "/", "//", ":", "://", "@", "＠", "[", "]", "<",
     ">", "&", ";", "`", "\\", "-", "_", "www.", ".com", "t.cn", "http://", "(", ")", "（", "）", "的", "丨", "：", "…",
     "\u200b",
     "e\u0301", "&amp;", "&nbsp;", "<b>", "</b>", "<a href='x'>", "d41d8cd98f00b204", "c386bbc4", "BV1xK4y1qHxQ", "😀",
     "%E9%B8", "?", "{", "\\u9e2e", "\\n", "mailto", "magnet", "u/", "10.0.0.1", "&nbsp", "<?xml", "记者 ", "..",
     "展开", *(beginning for beginning, _ in BEGINNINGS), "转发微博", "微博视频", "记者", "者", "博", "\x00"]
)  # fmt: skip
TEXTS = st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=5)


def batch(texts: list[str]) -> TextBatch:
    return TextBatch.of([Text(text, 0.0, None, "t", 0, number) for number, text in enumerate(texts)])


def prose(text: str, skip: tuple[str, ...] = SKIP) -> list[str]:
    """What is left of a text, word for word."""
    return prose_of(rendered(text, "markup" in skip), skip).split()


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("储磅 http://t.cn/A6A1id6V 新孩", ["储磅", "新孩"]),
        ("看https://www.a-b.cn/s/8K?x=1&bvid=BV1&spm_id=3.7后面", ["看", "后面"]),
        ("看t.cn/A6A1id6V吧 weibo.com好 t.me/abc www.foo.bar", ["看", "吧", "好"]),
        ("ftp://u:p@h.de:21/x；tel 3.5亿 v2.0 a.b", ["；tel", "3.5亿", "v2.0", "a.b"]),
        ("槛羊//@青柠檬_77:转发微博//@b-c：好", ["槛羊//", ":", "//", "：好"]),
        ("回复@mochi_tea2020:蔚孩 ＠某人 好", [":蔚孩", "好"]),
        ("评硫 O灰鹭影像的微博视频 网页链接", ["评硫"]),
        ("抽一人。微博官方唯一抽奖工具@微博抽奖平台", ["抽一人。"]),
        ("很长……展开全文", ["很长……"]),
        ("敌肿[裂开吃瓜]好[doge][2]", ["敌肿", "好", "[2]"]),
        ("好:smile:坏:+1: 12:30 a:b:c", ["好", "坏", "12:30", "a:b:c"]),
        ("撅脖&nbsp;<span class=\"u\"><img alt=\"[笑]\" src='//h.cn/f.png' /></span>&quot;应衅&quot;<br />",
         ["撅脖", '"应衅"']),
        ("鸮<em>影</em>祭&amp;nbsp;&#21475;&#x5929;", ["鸮", "影", "祭", "口天"]),
        ("<script>var a = 1;</script>好<!-- 坏 --><style>p{}</style>", ["好"]),
        ("截断<a href=\"https://x.cn/", ["截断"]),
        ("1 < 2 且 3 > 2，A&B，AT&T", ["1", "<", "2", "且", "3", ">", "2，A&B，AT&T"]),
        ("写信 a.b@qq.com 或 foo#gmail.com", ["写信", "或"]),
        ("见报告.docx与IMG_203.jpg和/usr/local/bin、C:\\a\\b", ["见报告", "与", "和", "、"]),
        ("哈希d41d8cd98f00b204e9800998ecf8427e与c386bbc4", ["哈希", "与"]),
        ("号0f8fad5b-d9cb-469f-a165-70867728950e BV1xK4y1qHxQ", ["号"]),
        ("iPhone14Pro WH1000XM5 749局 labubu RTX4090", ["iPhone14Pro", "WH1000XM5", "749局", "labubu", "RTX4090"]),
        ("鸮影祭！（总台央视记者王伟超 张三） 央视新闻的微博视频 .", ["鸮影祭！", "."]),
        ("好 文/张三 编辑丨李四 校对：王五", ["好"]),
        ("记者：假期要延长吗？（记者会上说）", ["记者：假期要延长吗？（记者会上说）"]),
        ("[url=http://a.b/c]标题[/url] 正文[b]粗[/b]", ["标题", "正文", "粗"]),
        ("代码`a = b()`与```\nx\n```", ["代码", "与"]),
        ("<@123> <nick> 好 <3", ["好", "<3"]),
        ("#鸮影祭#好 #祭", ["#鸮影祭#好", "#祭"]),
        ("张三分享自己的歌，分享视频给大家", ["张三分享自己的歌，分享视频给大家"]),
        ("归属地能改，属地管理，IP属地功能", ["归属地能改，属地管理，IP属地功能"]),
        ("好看 分享图片", ["好看"]),
        ("看C#教程、C++与T+0交易，iPhone#话题#好", ["看", "教程、", "与", "交易，iPhone#话题#好"]),
    ],
)  # fmt: skip
def test_cleaning_keeps_what_people_wrote(text: str, left: list[str]) -> None:
    assert prose(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("magnet:?xt=urn:btih:c9e15763&dn=abc 下载", ["下载"]),
        ("tel:13800138000 写mailto:a@b.cn或data:image/png;base64,iVBORw0K 好", ["写", "或", "好"]),
        ("https://例子.中国/路径/页面 看 http://t.cn/A6好", ["看", "好"]),
        ("读https://zh.example.org/wiki/灰鸢，好", ["读", "，好"]),
        ("看192.168.1.1:8080/admin/x页 3/kg 5/人", ["看", "页", "3/kg", "5/人"]),
        ("链接 pan.baidu.com/s/1aB 提取码: x7k2 复制这段内容后打开", ["链接"]),
        ("见%E9%B8%AE%E5%BD%B1好 100%A", ["见", "好", "100%A"]),
    ],
)  # fmt: skip
def test_links_of_any_scheme_and_script_are_left_out(text: str, left: list[str]) -> None:
    assert prose(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("RT @mochi: 好 via @b_c", [":", "好"]),
        ("u/mochi_tea 与 /u/mochi 说 menu/a", ["与", "说", "menu/a"]),
        ("[face:14][CQ:image,file=a.png] {:4_123:} [URL=http://a.cn]题[/URL]", ["{", "}", "题"]),
        ("/微笑 好 /偷笑/大哭 和/或", ["好", "和/或"]),
        ("[[鸮影祭]] [注意：好] [2024]", ["[[鸮影祭]]", "[注意：好]", "[2024]"]),
        ("【图片】好【视频】", ["好"]),
    ],
)  # fmt: skip
def test_names_and_codes_of_other_places_are_left_out(text: str, left: list[str]) -> None:
    assert prose(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("鸮&nbsp影&#31085好 R&D AT&T a&b=c", ["鸮", "影祭好", "R&D", "AT&T", "a&b=c"]),
        ("<![CDATA[鸮影祭]]><?xml version='1.0'?><a title=\"a>b\">好</a>", ["鸮影祭", "好"]),
        ("\\u9e2e\\u5f71\\n\\u796d\\ud83d\\ude00 \\xe5\\xa5\\xbd C:\\new\\a.txt", ["鸮影", "祭😀", "好"]),
    ],
)  # fmt: skip
def test_text_that_was_encoded_once_too_often_is_decoded(text: str, left: list[str]) -> None:
    assert prose(text) == left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("好（总台央视记者徐某某 ...展开全文", ["好"]),
        ("好（总台央视记 ...展开全文", ["好"]),
        ("好（央视新闻 ……", ["好"]),
        ("好 [责任编辑：李四] 来源：灰鸢新闻网", ["好", "[", "]"]),
        ("本报记者 张三 李四，报道", ["，报道"]),
        ("总台记者丨张三 好", ["好"]),
        ("发自我的iPhone IP属地：广东 （分享自灰鸢网）", ["（", "）"]),
        ("抱歉，此微博已被作者删除 查看更多", []),
        ("附件iVBORw0KGgoAAAANSUhEUgAAAAUA== getElementsByClassName internationalization",
         ["附件", "getElementsByClassName", "internationalization"]),
        ("见/home/用户/灰鸢/a.txt与C:\\用户\\张三\\桌面 好", ["见", "与", "好"]),
    ],
)  # fmt: skip
def test_bylines_footers_and_files_of_other_forms_are_left_out(text: str, left: list[str]) -> None:
    assert prose(text) == left


def test_what_is_not_to_be_skipped_stays() -> None:
    text = "看 http://t.cn/A @某人 [笑] <b>粗</b>"
    assert prose(text, ()) == text.split()
    assert prose(text, ("names",)) == ["看", "http://t.cn/A", "[笑]", "<b>粗</b>"]
    assert prose(text, ("links", "markup")) == ["看", "@某人", "[笑]", "粗"]


@LAW
@given(TEXTS, st.sampled_from([SKIP, (), ("links", "names"), ("hashes", "boilerplate", "bylines")]))
def test_many_texts_are_cleaned_as_each_by_itself(texts: list[str], skip: tuple[str, ...]) -> None:
    found = cleaned(batch(texts), skip)
    assert len(found.prose) == len(found.written)
    for number, text in enumerate(texts):
        shown = rendered(text, "markup" in skip)
        assert found.text(number) == shown
        begin, end = found.starts[number : number + 2]
        assert found.prose[begin : end - 1].tobytes().decode("utf-32-le") == prose_of(shown, skip)
        assert found.prose[end - 1] == found.written[end - 1] == 0


@LAW
@given(TEXTS)
def test_without_numba_it_is_the_same(texts: list[str]) -> None:
    found = []
    for mode in ("numpy", "numba"):
        before = kernels.use(mode)
        try:
            found.append(cleaned(batch(texts)))
        finally:
            kernels.use(before)
    slow, fast = found
    assert slow.written.tolist() == fast.written.tolist()
    assert slow.prose.tolist() == fast.prose.tolist()


@LAW
@given(TEXTS)
def test_taking_spans_out_never_joins_what_they_separated(texts: list[str]) -> None:
    """Each run of the prose is a part of one run of the text, in its place."""
    for text in map(rendered, texts):
        before = ALPHABET.runs_of(*points(text))
        after = ALPHABET.runs_of(*points(prose_of(text)))
        assert len(before.points) >= len(after.points)
        whole = {place: number for number, span in enumerate(before.spans()) for place in range(*span)}
        if len(before.points) == len(after.points):  # else a repeated character was dropped, and places moved
            for begin, end in after.spans():
                assert len({whole[place] for place in range(begin, end)}) == 1


def points(text: str) -> tuple[np.ndarray, np.ndarray]:
    one = batch([text])
    return one.written, one.starts


@LAW
@given(st.lists(PIECES, max_size=12).map("".join))
def test_spans_are_in_order_and_do_not_overlap(text: str) -> None:
    shown = rendered(text)
    edges = [edge for span in spans(shown) for edge in span]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(shown) for edge in edges)
    assert rendered(shown) == shown or "&" in shown or "<" in shown or "\\" in shown
    assert SUSPICIOUS.groups == PERCENT


def test_nothing_costs_nothing() -> None:
    texts = batch(["天气好热", "第一季，3.5亿！"])
    assert cleaned(texts) is texts
    assert len(cleaned(NONE)) == 0


def test_what_is_known_of_a_text_stays_with_it() -> None:
    texts = TextBatch.of([Text("甲 &amp; <b>乙</b>", 5.0, "s", "t", 1, 7), Text("@丙 好", 6.0, "r", "t", 1, 8)])
    found = cleaned(texts)
    assert (found.text(0), found.text(1)) == ("甲 &  乙 ", "@丙 好")
    assert found.offsets.tolist() == [7, 8]
    assert found.at_s.tolist() == [5.0, 6.0]
    for part in (found.between(1, 2), found.chosen(np.array([False, True]))):
        assert part.prose.tobytes().decode("utf-32-le") == "   好\0"
