"""Rows of the bench: a ratio against a baseline measured in the same run, and what was asked of it."""

import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

README = Path(__file__).with_name("README.md")
HEAD = """# How fast, how large

Written by `make bench` (`python -m tests.bench`; with the name of a part it renews the rows of that part alone). Every
row is one ratio with both sides measured in one run, in turns. Speeds are by CPU time of the process, the least of the
rounds, so that a busy machine disturbs them little; where wall time counts, the row says so. Of counters it is the
middle of the ratios of each round. The texts are real ones from `../shared/data`, the broker is a real Apache Kafka on
the same machine.
"""
COLUMNS = "| what | measured | ratio | asked |\n|---|---|---:|---|"


@dataclass(frozen=True, slots=True)
class Row:
    """`ratio` is compared with `target` by `at_least` or else at most; target None: only reported."""

    what: str
    measured: str
    ratio: float
    target: float | None = None
    at_least: bool = True

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        met = self.ratio >= self.target if self.at_least else self.ratio <= self.target
        return f"{'>=' if self.at_least else '<='} {self.target:g} {'met' if met else '**missed**'}"

    def __str__(self) -> str:
        return f"| {self.what} | {self.measured} | {self.ratio:.3g} | {self.verdict} |"


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """Least CPU seconds of each side, the sides taking turns."""
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, act in sides.items():
            began_s = time.process_time()
            act()
            least[name] = min(least[name], time.process_time() - began_s)
    return least


def write(part: str, rows: Iterable[Row]) -> None:
    """Replace the table of one part in README.md; the others stay."""
    tables = {}
    if README.exists():
        for section in README.read_text("utf-8").split("\n## ")[1:]:
            name, _, body = section.partition("\n")
            tables[name] = body.strip()
    table = "\n".join((COLUMNS, *map(str, rows)))
    tables[part.capitalize()] = f"{machine()} `python -m tests.bench {part}`\n\n{table}"
    sections = (f"\n## {name}\n\n{body}\n" for name, body in sorted(tables.items()))
    README.write_text(HEAD + "".join(sections), "utf-8")


def machine() -> str:
    """The processor, and the versions that matter."""
    import numpy

    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    processor = f"{len(names)} x {names[0]}" if names else platform.processor()
    return f"Machine: {processor}, Python {sys.version.split()[0]}, numpy {numpy.__version__}, {platform.system()}."
