"""`discover` against a plain C++ program that does the same, byte for byte, and its start-up on a file of one line."""

import lzma
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
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
        texts, floor, line = (Path(folder, name) for name in ("texts.jsonl", "floor", "line.txt"))
        streams = (lzma.decompress(stream.read_bytes()) for stream in sorted(DATA.glob("*_dev.jsonl.xz")))
        texts.write_bytes(b"".join(streams)[:BYTES].rpartition(b"\n")[0] + b"\n")
        line.write_text("今天天气好\n", "utf-8")
        subprocess.run([compiler, "-O2", "-o", str(floor), str(SOURCE)], check=True)
        discover = (sys.executable, "-m", "stream", "discover", "--quiet", "--output", f"{folder}/ours")
        sides = ([*discover, str(texts), "--jobs", "1"], [str(floor), str(texts)])
        _child_s(sides[0])
        took = [(_child_s(sides[0]), _child_s(sides[1], f"{folder}/theirs")) for _ in range(ROUNDS)]
        if Path(folder, "ours").read_bytes() != Path(folder, "theirs").read_bytes():
            raise AssertionError("discover and the C++ program differ")
        ours, theirs = (median(one[at] for one in took) for at in (0, 1))
        ratio = median(one / other for one, other in took)
        yield Row(f"`discover --jobs 1`, {BYTES / 1e6:.0f} MB, the whole process, against C++ that does the same",
                  f"{ours:.2f} : {theirs:.2f} s", ratio, 1.4, at_least=False)  # fmt: skip
        start = median(_child_s([*discover, str(line)]) for _ in range(ROUNDS))
        yield Row("`discover` of one line, seconds of processor", f"{start:.2f} s", start, 0.25, at_least=False)


def _child_s(command: Sequence[str], out: str = "/dev/null") -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with Path(out).open("wb") as written:
        subprocess.run(command, check=True, cwd=ROOT, stdout=written, env=ENVIRONMENT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
