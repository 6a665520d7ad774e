"""Real texts for measurements, and Kafka messages of a given size made from them."""

import json
import lzma
from functools import cache
from itertools import islice
from pathlib import Path

import orjson

DATA = Path(__file__).parents[3] / "shared" / "data"
TITLES, LONG = "weibo_hot_dev", "zhihu_long_dev"
START_S = 1_700_000_000
RATE = 1000  # texts a second, by their own time


@cache
def texts(name: str, most: int) -> tuple[str, ...]:
    """The first texts of a stream."""
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line)["text"] for line in islice(lines, most))


def messages(size_bytes: int, number: int) -> tuple[str, list[bytes]]:
    """The format (`text.format`) and so many messages of about that size, no two alike in a row.

    Small ones are plain texts; larger ones JSON with the time, a thousand a second.
    """
    flowing = "".join(texts(LONG, 60_000))
    if size_bytes < 100:
        chars = size_bytes // 3
        return "plain", [flowing[at : at + chars].encode() for at in range(0, number * chars, chars)]
    chars = (size_bytes - 35) // 3
    spread = range(0, number * chars, chars)
    return "json", [
        orjson.dumps({"ts": START_S + n / RATE, "text": flowing[at % len(flowing) : at % len(flowing) + chars]})
        for n, at in enumerate(spread)
    ]
