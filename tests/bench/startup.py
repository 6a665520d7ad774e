"""How long a command takes to start: `discover` on one line, and the start of other commands."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.floor import taken
from tests.bench.table import Row

ROUNDS = 9
NUMPY = [sys.executable, "-c", "import numpy"]


def rows() -> Iterator[Row]:
    """Processor time of the whole process, beside Python with numpy and nothing else."""
    new_words = [sys.executable, "-m", "stream"]
    with tempfile.TemporaryDirectory() as folder:
        line = Path(folder, "line.txt")
        line.write_text("今天天气好\n", "utf-8")
        discover = [*new_words, "discover", "--quiet", str(line)]
        for what, command, target in (
            ("`discover` of one line", discover, 0.25),
            ("`replay --help`", [*new_words, "replay", "--help"], None),
            ("`run --help`", [*new_words, "run", "--help"], None),
        ):
            taken(command)
            took = [(taken(command).cpu_s, taken(NUMPY).cpu_s) for _ in range(ROUNDS)]
            ours, numpy = (median(each[at] for each in took) for at in (0, 1))
            yield Row(f"{what}, seconds of processor, beside `import numpy`", f"{ours:.2f} : {numpy:.2f} s", ours,
                      target, at_least=False)  # fmt: skip
