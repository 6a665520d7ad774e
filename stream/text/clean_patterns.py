"""The spans of a text that are not language: where one may be, and the pattern of each kind.

A suspicion is a character in a context that is cheap to recognise (`SUSPICIOUS`; `clean_numba.suspects` finds the same
places). Only there the patterns of its kind are tried, which find the begin and the end of the span.
"""

import re
from collections.abc import Callable

Find = Callable[[str, int], tuple[int, int] | None]
Suspicion = tuple[str, Find]
"""The name in `text.skip`, and what finds the span around a suspicious place."""

AT, BRACKET, COLON, SCHEME, DOT, PATH, ANGLE, TICK, TOKEN, PHRASE, SIGN, URI, PERCENT = range(1, 14)
LEAST_TOKEN, LONG_TOKEN = 7, 20  # letters and digits in a row that may be a hash: mixed ones, and any

_PHRASES = (
    "转发微博", "轉發微博", "快转微博", "网页链接", "網頁鏈接", "網頁連結", "展开全文", "收起全文", "展開全文",
    "查看全文", "阅读全文", "閱讀全文", "阅读原文", "查看原文", "查看图片", "查看动图", "查看大图", "查看原图",
    "查看链接详情", "显示地图", "发布了头条文章", "发表了头条文章", "复制打开抖音",
    "复制此链接", "長按識別二維碼", "长按识别二维码", "続きを読む", "記事を読む", "もっと見る", "더보기",
    "抱歉，此微博已被作者删除", "抱歉，作者已设置仅展示半年内微博", "此微博已被作者删除", "该微博已被删除", "点击查看",
    "点击展开", "查看更多", "复制这段内容后打开", "复制这条信息", "打开百度网盘", "【图片】", "【视频】", "【语音】",
    "【动图】", "【链接】", "【表情】", "【红包】", "微博官方唯一抽奖工具",
)  # fmt: skip
_OF_SOMEBODY = ("微博视频", "微博直播", "微博投票", "微博问答", "微博故事", "秒拍视频", "酷燃视频", "美拍视频",
                "快手视频", "小咖秀视频", "头条文章")  # fmt: skip
_FROM = r"发自我的\s?\w{2,20}|(?<!\w)分享自\w{2,8}(?!\w)|(?:提取码|提取碼)\s?[:：]?\s?[A-Za-z0-9]{4}"
_REPLIES = ("回复", "回復", "回覆", "转自", "转发自", "分享自", "来自", r"\bRT", r"\bMT", r"\bvia", r"\bcc", r"\bby")
_BY = ("记者", "編輯", "编辑", "责编", "摄影", "摄像", "校对", "审校", "监制", "主编", "撰文", "撰稿", "作者", "图源",
       "来源", "供图", "制作", "制片", "策划")  # fmt: skip
_BY_NAME = ("编辑", "責編", "责编", "校对", "审校", "监制", "撰文", "图源", "摄影", "作者", "来源")
"""Of these also what stands behind a colon is a name."""
_IN_BRACKETS = "总央记编来摄制作视图通文责撰本新"
_BEFORE_BY = r"(?:责任|值班|执行|本期|本报|本刊|总台|央视|新华社|特约|实习|文字|视频|见习|首席|图片|封面)*"
BARS, COLONS, DOTS = "丨|｜/／", ":：", ".… "
BRACKETED_CHARS = 18  # of a byline in brackets up to the end of the word that says so

WHATEVER, OF_SOMEBODY, WITH_BAR, WITH_COLON, BEHIND_DOTS, IN_BRACKETS, WITH_BLANK = range(7)
"""What must stand beside the first characters of interface text or a byline."""
BEGINNINGS: tuple[tuple[str, int], ...] = (
    *((phrase[:3], WHATEVER) for phrase in _PHRASES), *((phrase[:2], OF_SOMEBODY) for phrase in _OF_SOMEBODY),
    *((phrase, WHATEVER) for phrase in ("发自我", "分享自", "分享图", "分享视", "提取码", "提取碼", "属地")),
    *((word, WITH_BAR) for word in _BY), *((word, WITH_COLON) for word in _BY_NAME), ("记者", WITH_BLANK),
    *((f"{what}{bar}", WHATEVER) for what in "文图" for bar in BARS), ("全文", BEHIND_DOTS),
    *((f"{bracket}{one}", IN_BRACKETS) for bracket in "（(" for one in _IN_BRACKETS),
)  # fmt: skip
"""The first two or three characters of whatever may be interface text or a byline, and what must stand beside them."""
_BESIDE = {
    WHATEVER: ("", ""), OF_SOMEBODY: ("(?<=的)", ""), WITH_BAR: ("", f"(?=[{BARS}])"),
    WITH_COLON: ("", f"(?=[{COLONS}])"), BEHIND_DOTS: (f"(?<=[{DOTS}])", ""), WITH_BLANK: ("", "(?= )"),
    IN_BRACKETS: (rf"(?=.[^（）()]{{0,{BRACKETED_CHARS - 2}}}(?:{'|'.join(_BY)}|\.\.|…(?=.)))", ""),
}  # fmt: skip
BY_WORDS = (*_BY, "..", "…\0")
"""What says of brackets that a byline stands in them; behind a mark that a text was cut, anything."""


def _beginnings() -> str:
    parts = []
    for rule, (before, after) in _BESIDE.items():
        words = "|".join(re.escape(word) for word, of in BEGINNINGS if of == rule)
        parts.append(f"{before}(?:{words}){after}")
    return "|".join(parts)


SUSPICIOUS = re.compile(
    r"([@＠])|(\[)|((?<![A-Za-z0-9]):(?=[A-Za-z0-9_+\-]))|(:(?=//))"
    r"|((?<=[A-Za-z0-9_\-\u3041-\U0003ffff])\.(?=[A-Za-z]))"
    r"|((?<![A-Za-tv-z/<])/(?=[A-Za-z])|(?<![^ ])/(?=[\u4e00-\u9fff])|(?<=:)\\)"
    r"|(<(?=[A-Za-z/!@:#?]))|(`)"
    rf"|((?<![A-Za-z0-9])(?=[A-Za-z0-9]{{{LEAST_TOKEN}}})"
    rf"(?=[0-9]*[A-Za-z])(?:(?=[A-Za-z]*[0-9])|(?=[A-Za-z0-9]{{{LONG_TOKEN}}})))"
    rf"|((?={_beginnings()}))|((?<=[A-Za-z0-9])[#+])|((?<=[A-Za-z]):(?=[?A-Za-z0-9+]))|(%(?=[0-9A-Fa-f]))",
    re.S,
)
"""Every suspicious place of a text; the number of the group is its kind."""

_IN_LINK = r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%|{}^\\]"
_SURE_ENDS = (  # of hosts; others, which are words or ends of files as well, only before a path or behind www.
    "com|net|org|edu|gov|mil|info|biz|xyz|top|vip|icu|moe|mobi|cn|hk|tw|jp|kr|uk|ru|eu|io|ai|cc|tv|fm|gg|ly"
)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_OTHER_SCRIPT = (
    rf"(?:(?<=[/=_\-&?#])\w{{1,40}}(?=[/?&=#._\-\s，。！？、；：）】」』]|\Z){_IN_LINK}*)*"  # a word of a path
)
_LINK = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*://(?:(?=[^\x00-\x7f])[\w\-]+(?:\.[\w\-]+)+)?{_IN_LINK}*{_OTHER_SCRIPT}")
_URI = re.compile(
    rf"(?<![A-Za-z0-9])(?:magnet|mailto|tel|sms|data|urn|javascript|bitcoin|doi|skype|weixin|geo|sip|xmpp|blob|about"
    rf"|view-source|thunder|sha\d+|md5):{_IN_LINK}+"
)
_ADDRESS = re.compile(rf"\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?::\d{{1,5}})?/{_IN_LINK}*")
_HOST = re.compile(
    rf"(?:www\.(?:{_LABEL}\.)*[A-Za-z]{{2,24}}|(?:{_LABEL}\.)+(?:(?:{_SURE_ENDS})(?![A-Za-z0-9\-])|[A-Za-z]{{2,24}}(?=/)))"
    rf"(?:\.[A-Za-z]{{2,3}}(?![A-Za-z]))?(?::\d{{1,5}})?(?:[/?#]{_IN_LINK}*{_OTHER_SCRIPT})?", re.I,
)  # fmt: skip
_EMAIL = re.compile(rf"[A-Za-z0-9._%+\-]+[@＠#](?:{_LABEL}\.)+[A-Za-z]{{2,24}}")
_NAME = re.compile(r"[@＠][\w\-·]{1,30}(?:\.[A-Za-z0-9_]+)*")
_USER = re.compile(r"(?<![A-Za-z0-9/])/?u/[A-Za-z0-9_\-]{3,30}")
_CODE = re.compile(
    r"(?<!\[)\[(?!\d+\])(?:[\w+\-·!?！？~～]{1,12}|/?[A-Za-z*]{1,12}(?:[=:,](?! )[^\[\]\n]{0,300})?)\](?!\()"
    r"|\[em\]e\d+\[/em\]"
)
_SLASH_CODE = re.compile(r"(?:/[\u4e00-\u9fff]{2,3})+(?=\s|\Z)")
_SHORT_CODE = re.compile(r":(?:(?=[\w+\-]*[A-Za-z])[A-Za-z0-9_+\-]{2,32}|[+\-]1|\d{1,3}_\d{1,5}):(?![A-Za-z0-9])")
_SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:\+\+|\+[0-9]+|#(?![\w ]{1,30}#))")
_FILE_ENDS = (
    "jpe?g|png|gif|webp|bmp|svg|heic|psd|mp[34]|m4[av]|avi|mkv|mov|wmv|flv|wav|flac|ogg|pdf|docx?|xlsx?|pptx?|txt|rtf|"
    "csv|tsv|json|xml|ya?ml|toml|ini|conf|cfg|log|md|html?|css|jsx?|tsx?|vue|php|aspx?|jsp|py|ipynb|java|jar|class|kt|"
    "swift|cs|cpp|cc|hpp|[ch]|go|rs|rb|lua|sql|sh|bat|zig|zip|rar|7z|tar|gz|bz2|xz|tgz|iso|dmg|exe|msi|apk|ipa|deb|rpm|"
    "dll|so|bin|db|bak|tmp|torrent|srt|ass|epub|mobi|azw3|ttf|otf|woff2?"
)
_FILE = re.compile(rf"[A-Za-z0-9_\-.]*\.(?:{_FILE_ENDS})(?![A-Za-z0-9_])", re.I)
_UNIX_PATH = re.compile(r"(?<![A-Za-z0-9])[~.]{0,2}/[A-Za-z](?:[\w.\-]*/)+(?:[A-Za-z0-9_.\-]+|[\w.\-]*)")
_WINDOWS_PATH = re.compile(r"[A-Za-z]:\\(?:[\w.\-]| (?=[\w.\-]*\\)|\\)*")
_ANGLED = re.compile(r"<[/!?]?[A-Za-z@:#][^<>\n]{0,300}>")
_ESCAPED_BYTES = re.compile(r"(?:%[0-9A-Fa-f]{2}){2,}")
_QUOTED_CODE = re.compile(r"```.*?(?:```|\Z)|`[ -_a-~]{1,120}`", re.S)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![A-Za-z0-9])")
_TOKEN = re.compile(r"[A-Za-z0-9]+(?:[+/_\-]*[A-Za-z0-9]+)*={0,2}")
_BARE_TOKEN = re.compile(r"[A-Za-z0-9]+")
_HEX = re.compile(r"(?:0[xX])?[0-9A-Fa-f]+")
_CASES = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Z]{2})[a-z]")
MIXED_SHARE = 0.2  # characters of base64 that turn to another kind; in joined words every sixth begins one
_TURNS = re.compile(r"(?<=[0-9])[A-Za-z]|(?<=[A-Za-z])[0-9]")
_VIDEO = re.compile(r"BV1[0-9A-Za-z]{9}|av\d{5,}")
_NAME_OF_MAN = r"[\u4e00-\u9fff·]{2,4}"
_BYLINE_IN_BRACKETS = re.compile(
    rf"[（(][^（）()]{{0,{BRACKETED_CHARS - 2}}}?(?:{'|'.join(_BY)})(?!会|问|们|招待|节|站)[^（）()]{{0,60}}[）)]"
    rf"|[（(](?:总台|央视|本报|新华|记者|视频|来源|编辑)[^（）()\n]{{0,40}}?\s?(?:\.\.+|…+)\s*(?:展开全文|展开|全文)?(?=\s|\Z|展|全)"
)
_BYLINE = re.compile(
    rf"(?:{'|'.join(_BY)}|文|图)[{BARS}]\s?[@＠]?[\w·]{{2,12}}(?:[ 、][\w·]{{2,4}}(?![\w·{BARS}{COLONS}]))*"
    rf"|(?:{'|'.join(_BY_NAME)})[{COLONS}]\s?{_NAME_OF_MAN}(?=[\s，。、；;）)】\]]|\Z)"
    rf"|来源[{COLONS}]\s?[\u4e00-\u9fff·]{{2,12}}(?=[\s，。、；;）)】\]]|\Z)"
    rf"|记者 {_NAME_OF_MAN}(?: {_NAME_OF_MAN})*(?=[\s，。、；;）)】\]]|\Z)"
)
_BRACKETS, _BYLINES = frozenset("（("), frozenset([*_BY, *_BY_NAME, *(what + bar for what in "文图" for bar in BARS)])
_ROLE = re.compile(rf"(?:{_BEFORE_BY})\Z")
_APP = re.compile(_FROM)
_PLACE = re.compile(r"属地(?:\s?[:：]\s?|\s)[\u4e00-\u9fff]{2,4}(?=[\s，。、）)】]|\Z)")
_PHRASE = re.compile("|".join(map(re.escape, _PHRASES)) + r"|(?<!\w)分享(?:图片|视频)(?!\w)")
_SOMEBODYS = re.compile("|".join(map(re.escape, _OF_SOMEBODY)))
_REPLY = re.compile(rf"(?:{'|'.join(_REPLIES)})\s{{0,3}}[:：]?\s{{0,3}}\Z")
_REST_OF_TEXT = re.compile(r"全文\s*\Z")
_ASCII_NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
LONGEST_NAME = 16  # characters of a name before the words that say whose something is


def _at(pattern: re.Pattern[str]) -> Find:
    """Return a pattern for a span that begins at the suspicious place."""

    def find(text: str, at: int) -> tuple[int, int] | None:
        match = pattern.match(text, at)
        return match.span() if match else None

    return find


def _around(pattern: re.Pattern[str], characters: frozenset[str], begins_here: bool = False) -> Find:
    """Return a pattern for a span that begins before the suspicious place with some of these characters, or at the
    place.
    """

    def find(text: str, at: int) -> tuple[int, int] | None:
        begin = at
        while begin and text[begin - 1] in characters and at - begin < 300:
            begin -= 1
        if begin == at and not begins_here:
            return None
        for start in range(begin, at + 1):  # a host may not begin with a dot or dash
            match = pattern.match(text, start)
            if match and match.end() > at:
                return match.span()
            if start > begin + 2:
                return None
        return None

    return find


def _is_hash(token: str) -> bool:
    """Whether letters and digits are of a kind that no one pronounces.

    >>> [_is_hash(one) for one in ("d41d8cd98f00b204", "c386bbc4", "iPhone14Pro", "WH1000XM5", "dQw4w9WgXcQ")]
    [True, True, False, False, True]
    """
    turns = len(_TURNS.findall(token))
    if len(token) >= LONG_TOKEN and len(_CASES.findall(token)) + turns >= len(token) * MIXED_SHARE:
        return True
    if _HEX.fullmatch(token):
        return len(token) >= 32 or (turns >= 1 and len(token) >= 16) or turns >= 3
    kinds = (str.islower, str.isupper, str.isdigit)
    is_mixed = all(sum(map(kind, token)) >= 2 for kind in kinds)
    return (len(token) >= 20 and is_mixed) or (len(token) >= 8 and turns >= 4) or bool(_VIDEO.fullmatch(token))


def _hash(text: str, at: int) -> tuple[int, int] | None:
    if match := _UUID.match(text, at):
        return match.span()
    for pattern in (_TOKEN, _BARE_TOKEN):
        match = pattern.match(text, at)
        if match and (_is_hash(match[0].rstrip("=")) or (match[0].endswith("==") and len(match[0]) >= LONG_TOKEN)):
            return match.span()
    return None


def _phrase(text: str, at: int) -> tuple[int, int] | None:
    if text[at] in _BRACKETS or text[at : at + 2] in _BYLINES:
        return None
    if match := _PHRASE.match(text, at):
        begin = at - (match[0].startswith("网页") and text[at - 1 : at] in ("O", "L", "o"))
        return begin, match.end()
    if (match := _SOMEBODYS.match(text, at)) and text[at - 1 : at] == "的":
        begin = at - 1
        while begin and at - begin <= LONGEST_NAME and (text[begin - 1].isalnum() or text[begin - 1] in "_-·"):
            begin -= 1
        return begin, match.end()
    if match := _APP.match(text, at):
        return match.span()
    if match := _PLACE.match(text, at):
        return at - (2 + text[:at].endswith(" ")) * text[:at].rstrip().endswith("IP"), match.end()
    if (match := _REST_OF_TEXT.match(text, at)) and text[:at].rstrip().endswith(("...", "…")):
        return match.span()
    return None


def _name(text: str, at: int) -> tuple[int, int] | None:
    """Return the pattern of a user name, with words before it that mark a reply or a citation."""
    if not (match := _NAME.match(text, at)):
        return None
    reply = _REPLY.search(text[max(0, at - 10) : at])
    return (at - len(reply[0]) if reply else at), match.end()


def _byline(text: str, at: int) -> tuple[int, int] | None:
    """Return the span of a byline: who wrote, filmed or edited, with the words before that, such as 总台记者."""
    if text[at] in _BRACKETS:
        match = _BYLINE_IN_BRACKETS.match(text, at)
        return match.span() if match else None
    if not (match := _BYLINE.match(text, at)):
        return None
    role = _ROLE.search(text, max(0, at - 6), at)
    return (role.start() if role else at), match.end()


def _windows_path(text: str, at: int) -> tuple[int, int] | None:
    match = _WINDOWS_PATH.match(text, at - 2) if at >= 2 and text[at] == "\\" else None
    return match.span() if match else None


PATTERNS: tuple[tuple[Suspicion, ...], ...] = (
    (("emails", _around(_EMAIL, frozenset([*_ASCII_NAME, *"%+"]))), ("names", _name)),
    (("emoticons", _at(_CODE)),),
    (("emoticons", _at(_SHORT_CODE)),),
    (("links", _around(_LINK, frozenset([*_ASCII_NAME, "+"]))),),
    (("emails", _around(_EMAIL, frozenset([*_ASCII_NAME, *"%+#"]))), ("links", _around(_HOST, _ASCII_NAME)),
     ("files", _around(_FILE, _ASCII_NAME, True))),
    (("links", _around(_ADDRESS, frozenset("0123456789.:"))), ("names", _around(_USER, frozenset("/u"), True)),
     ("files", _around(_UNIX_PATH, frozenset("~."), True)), ("files", _windows_path), ("emoticons", _at(_SLASH_CODE))),
    (("markup", _at(_ANGLED)),),
    (("markup", _at(_QUOTED_CODE)),),
    (("hashes", _hash),),
    (("boilerplate", _phrase), ("bylines", _byline)),
    (("symbols", _around(_SYMBOL, frozenset(_ASCII_NAME - set("._-")))),),
    (("links", _around(_URI, frozenset(_ASCII_NAME - set("._-")))),),
    (("hashes", _at(_ESCAPED_BYTES)),),
)  # fmt: skip
"""Of each kind of suspicion, from `AT` on, the patterns that are tried, in order."""
