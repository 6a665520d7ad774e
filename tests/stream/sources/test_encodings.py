"""A certain encoding is read, an uncertain one is named in the error, and no text is read in a wrong encoding."""

import pytest

from stream.simulation.simulate import SimulateSettings, simulate
from stream.sources.encodings import Guess, guess, is_telling

TEXTS = {
    "chinese": [text.text for text in simulate(SimulateSettings(texts=300, plant=(), language="zh"))],
    "rare characters": [text.text for text in simulate(SimulateSettings(texts=300, plant=()))],
    "traditional": ["今天天氣很好，我們去爬山吧", "臺灣的夜市非常熱鬧", "這個軟體更新後無法開啟"] * 20,
    "japanese": ["今日はとてもいい天気ですね", "新しいスマートフォンが発売されました"] * 20,
    "japanese titles": ["東京都知事選挙速報", "経済産業省発表資料", "国内総生産前年比増加"] * 20,
    "korean": ["오늘은 날씨가 정말 좋네요 친구들과", "새로운 스마트폰이 출시되었습니다"] * 20,
    "korean with hanja": ["大韓民國 憲法 第一條", "오늘 新聞 記事를 읽었다", "서울의 人口는 계속 늘고 있다"] * 20,
    "russian": ["сегодня хорошая погода", "новый смартфон поступил в продажу"] * 20,
    "thai": ["วันนี้อากาศดีมาก", "สมาร์ทโฟนรุ่นใหม่วางจำหน่ายแล้ว"] * 20,
    "french": ["le café est très bon à Paris", "élève de l'école où ça coûte cher"] * 20,
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


def of(name: str, encoding: str) -> Guess | None:
    return guess("\n".join(TEXTS[name]).encode(encoding, "ignore"))


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode_of_any_width_is_read_with_a_mark_and_without(name: str, encoding: str) -> None:
    found = of(name, encoding)
    assert found is not None
    assert found.sure
    assert "\n".join(TEXTS[name]).encode(encoding).decode(found.name).removeprefix("\ufeff") == "\n".join(TEXTS[name])


@pytest.mark.parametrize("name", ["chinese", "rare characters", "traditional"])
@pytest.mark.parametrize("encoding", ["gbk", "gb18030"])
def test_chinese_in_gb18030_is_read(name: str, encoding: str) -> None:
    assert of(name, encoding) == Guess("gb18030", True)


@pytest.mark.parametrize(
    ("name", "encoding", "likely"),
    [
        ("chinese", "hz", "hz"), ("traditional", "big5", "big5"), ("traditional", "big5hkscs", "big5"),
        ("japanese", "shift_jis", "shift_jis"), ("japanese", "euc_jp", "euc_jp"),
        ("japanese", "iso2022_jp", "iso2022_jp"),
        ("japanese titles", "shift_jis", "shift_jis"), ("japanese titles", "euc_jp", "euc_jp"),
        ("korean", "euc_kr", "euc_kr"), ("korean", "cp949", "euc_kr"), ("korean", "iso2022_kr", "iso2022_kr"),
        ("korean with hanja", "euc_kr", "euc_kr"), ("russian", "cp1251", "cp1251"), ("russian", "koi8_r", "koi8_r"),
        ("russian", "cp866", "cp866"), ("thai", "cp874", "cp874"), ("french", "cp1252", "cp1252"),
    ],
)  # fmt: skip
def test_another_encoding_is_only_named(name: str, encoding: str, likely: str) -> None:
    assert of(name, encoding) == Guess(likely, False)


def test_plain_ascii_tells_nothing_and_shifts_do() -> None:
    assert not is_telling(b'{"text": "~{x~}"}\n' * 9)
    assert is_telling("天气".encode("hz"))
    assert is_telling("天気".encode("iso2022_jp"))


def test_a_few_zeros_or_faults_do_not_make_another_encoding() -> None:
    good = "天气很好\n".encode() * 100
    assert guess(good + b"\0" + good) == Guess("utf-8", True)
    assert guess(good + b"\xff\xfe\xfd\n" + good) == Guess("utf-8", True)
