"""Rows of the bench: a ratio against a baseline measured in the same run, and what was asked of it."""

import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

README = Path(__file__).with_name("README.md")
HEAD = """# How fast, how large

Written by `make bench` (`python -m tests.bench`; with the name of a part it renews the rows of that part alone). Every
row is one ratio with both sides measured in one run. Sides that take turns are compared round by round, and the middle
of those ratios counts, for from one round to the next a machine may become half as fast. Speeds are by CPU time of the
process; where wall time counts, the row says so. The texts are real ones from `../shared/data`, the broker is a real
Apache Kafka on the same machine.
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


class Rounds:
    """CPU seconds of each side, round by round."""

    def __init__(self, took_s: Mapping[str, Sequence[float]]) -> None:
        self._took_s = took_s

    def __getitem__(self, side: str) -> float:
        """The middle of its rounds."""
        return median(self._took_s[side])

    def ratio(self, one: str, other: str) -> float:
        """The middle of what one took against the other, of each round."""
        return median(mine / theirs for mine, theirs in zip(self._took_s[one], self._took_s[other], strict=True))


def in_turns(sides: Mapping[str, Callable[[], object]], rounds: int = 3) -> Rounds:
    """Every side once a round."""
    took_s: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, act in sides.items():
            began_s = time.process_time()
            act()
            took_s[name].append(time.process_time() - began_s)
    return Rounds(took_s)


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
