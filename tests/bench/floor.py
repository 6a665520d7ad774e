"""`discover` against a plain C++ program that does the same, byte for byte, and against the article's loops."""

import lzma
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.corpus import DATA
from tests.bench.table import Row

ROOT = Path(__file__).parents[2]
SOURCE = Path(__file__).with_name("floor.cpp")
ROUNDS = 5
BYTES = 65_000_000
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""An installed package has its bytecode; without it each start compiles sixty modules."""


def rows() -> Iterator[Row]:
    """Says so and gives no row where there is no C++ compiler."""
    if not (compiler := shutil.which("g++") or shutil.which("clang++")):
        print("bench floor: no C++ compiler here, not measured", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        texts, floor, article = (Path(folder, name) for name in ("texts.jsonl", "floor", "article"))
        streams = (lzma.decompress(stream.read_bytes()) for stream in sorted(DATA.glob("*_dev.jsonl.xz")))
        texts.write_bytes(b"".join(streams)[:BYTES].rpartition(b"\n")[0] + b"\n")
        subprocess.run([compiler, "-O2", "-o", str(floor), str(SOURCE)], check=True)
        discover = (sys.executable, "-m", "stream", "discover", "--quiet", "--output", f"{folder}/ours", str(texts))
        one, two, theirs = [*discover, "--jobs", "1"], [*discover, "--jobs", "2"], [str(floor), str(texts)]
        taken(one)
        took = [(taken(one), taken(theirs, f"{folder}/theirs"), taken(two)) for _ in range(ROUNDS)]
        loops = taken([sys.executable, "-m", "tests.bench.article", str(texts)], str(article))
        results = {Path(folder, name).read_bytes() for name in ("ours", "theirs", "article")}
        if len(results) > 1:
            raise AssertionError("discover, the C++ program and the article's loops differ")
    ours, floor_s = (median(each[at].cpu_s for each in took) for at in (0, 1))
    what = f"{BYTES / 1e6:.0f} MB, the whole process, against C++ that does the same"
    yield Row(f"`discover --jobs 1`, {what}", f"{ours:.2f} : {floor_s:.2f} s",
              median(mine.cpu_s / least.cpu_s for mine, least, _ in took), 1.4, at_least=False)  # fmt: skip
    wall, floor_wall = median(each[2].wall_s for each in took), median(each[1].wall_s for each in took)
    yield Row(f"`discover --jobs 2`, {what}, wall time", f"{wall:.2f} : {floor_wall:.2f} s",
              median(mine.wall_s / least.wall_s for _, least, mine in took), 0.8, at_least=False)  # fmt: skip
    yield Row(f"`discover --jobs 1`, {BYTES / 1e6:.0f} MB, against the article's loops",
              f"{ours:.2f} : {loops.cpu_s:.2f} s", loops.cpu_s / ours, 10)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """What a process took."""

    cpu_s: float
    wall_s: float


def taken(command: Sequence[str], out: str = "/dev/null") -> Taken:
    """Run a command to its end."""
    before, begun_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with Path(out).open("wb") as written:
        subprocess.run(command, check=True, cwd=ROOT, stdout=written, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(cpu_s, time.perf_counter() - begun_s)
