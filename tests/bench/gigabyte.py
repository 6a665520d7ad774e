"""A gigabyte through `discover`: seconds and peak memory of the process, beside the article's loops on the same file.

python -m tests.bench.gigabyte [texts|pairs|words] [MB]

    texts   real ones, over and over, every hundredth Han character of each round another one
    pairs   the worst for the first reading: every character at random, so nearly every pair is a new one
    words   the worst for the second: at random within small sets of characters, so every run is a word of its own

The last two are not given to the article's loops, which would hold every run at once.
"""

import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import orjson

from tests.bench.corpus import LONG, texts

ROOT = Path(__file__).parents[2]
FIRST, LAST = 0x4E00, 0x9FA5
OTHERWISE = 0.01  # of the Han characters of each round
SETS = 50


def real(random: np.random.Generator) -> Iterator[bytes]:
    """Rounds of all the real texts, as JSON lines."""
    points = np.frombuffer("\n".join(texts(LONG, 100_000)).encode("utf-32-le", "surrogatepass"), np.uint32)
    han = np.flatnonzero((points >= FIRST) & (points <= LAST))
    while True:
        round_ = points.copy()
        some = han[random.random(len(han)) < OTHERWISE]
        round_[some] = random.integers(FIRST, LAST + 1, len(some))
        for text in round_.tobytes().decode("utf-32-le", "surrogatepass").split("\n"):
            yield orjson.dumps({"text": text}) + b"\n"


def every_pair(random: np.random.Generator) -> Iterator[bytes]:
    """Lines of 300 characters, any of them."""
    while True:
        points = random.integers(FIRST, LAST + 1, (1000, 301)).astype(np.uint32)
        points[:, -1] = ord("\n")
        yield points.tobytes().decode("utf-32-le").encode()


def every_word(random: np.random.Generator) -> Iterator[bytes]:
    """Runs of 12 characters of one set of `SETS`, each of as many; so many can be made that hardly one comes again."""
    while True:
        points = FIRST + SETS * random.integers(0, SETS, (20_000, 1)) + random.integers(0, SETS, (20_000, 13))
        points = points.astype(np.uint32)
        points[:, -1] = ord("\n")
        yield points.tobytes().decode("utf-32-le").encode()


KINDS = {"texts": real, "pairs": every_pair, "words": every_word}


def write(path: Path, kind: str, size: int) -> None:
    """So many bytes, up to a line more."""
    with path.open("wb") as file:
        for line in itertools.takewhile(lambda _: file.tell() < size, KINDS[kind](np.random.default_rng(1))):
            file.write(line)


def main(kind: str, size: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "texts.jsonl" if kind == "texts" else "texts.txt")
        # Elsewhere, for the peak of a child begins with the memory of its parent.
        writer = multiprocessing.Process(target=write, args=(path, kind, size))
        writer.start()
        writer.join()
        print(f"{path.stat().st_size / 1e6:,.0f} MB of {kind}", flush=True)
        ours = _child("discover", [sys.executable, "-m", "stream", "discover", str(path)], Path(folder, "ours"))
        if kind == "texts":
            theirs = _child("article", [sys.executable, "-m", "tests.bench.article", str(path)], Path(folder, "theirs"))
            print(f"ratio {theirs / ours:.1f}")
            if Path(folder, "ours").read_bytes() != Path(folder, "theirs").read_bytes():
                print("NOT THE SAME WORDS")
                return 1
    return 0


def _child(name: str, command: list[str], out: Path) -> float:
    """Run it; its CPU seconds, printed with its peak memory."""
    began_s = time.monotonic()
    with out.open("wb") as stdout:
        pid = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, stdout.fileno(), 1)])
        _, status, usage = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{name} ended with status {os.waitstatus_to_exitcode(status)}")
    cpu_s = usage.ru_utime + usage.ru_stime
    lines = out.read_bytes().count(b"\n")
    print(f"{name:9} {cpu_s:.0f} s CPU, {time.monotonic() - began_s:.0f} s, peak {usage.ru_maxrss / 1024:,.0f} MB, "
          f"{lines:,} words", flush=True)  # fmt: skip
    return cpu_s


if __name__ == "__main__":
    os.chdir(ROOT)
    kind, megabytes = [*sys.argv[1:], *("texts", "1000")[len(sys.argv) - 1 :]]
    sys.exit(main(kind, int(megabytes) * 10**6))
