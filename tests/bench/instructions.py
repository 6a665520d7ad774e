"""Instructions of the hot paths, counted by valgrind: decode, clean, count, cut, look. Times cannot be trusted in CI.

    python -m tests.bench.instructions           # what they are now, against `instructions.json`
    python -m tests.bench.instructions --write   # renew that file, with the reason in the commit

One process under callgrind does each part twice and counts the second time. It tells callgrind when to count by client
requests, a few bytes of machine code that do nothing without valgrind; while it starts, nothing is counted, which takes
a fifth of the time. Loops are compiled for a generic processor, for valgrind knows no AVX-512; that is done before,
without valgrind. Counts differ by less than a percent between runs, and by more between versions of Python, numpy and
numba: the file says of which they are.
"""

import ctypes
import gc
import json
import mmap
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np

from sketches import kernels
from sketches.pair_sketch import PairSketch, SketchSettings
from stream.finder.finder import Finder
from stream.finder.settings import FinderSettings
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs, refresh
from stream.segmentation.tally import tally
from stream.text.clean import cleaned
from stream.text.message import TextSettings
from stream.text.message_batch import Origin, Values, decode_all
from stream.text.runs import Alphabet
from stream.text.text_batch import TextBatch

NUMBERS = Path(__file__).with_suffix(".json")
ROOT = Path(__file__).parents[2]
TEXTS, STEP = 2000, 50
GROWTH = 1.1  # more than that is a fault
_ZERO, _DUMP_AT, _START, _STOP = (0x43540000 + number for number in (1, 3, 4, 5))  # callgrind.h
_REQUEST = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
"""mov rax, rdi; xor edx, edx; what valgrind takes for a request; mov rax, rdx; ret."""
_ENVIRONMENT = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PYTHONHASHSEED": "0",
                "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip


def versions() -> dict[str, str]:
    """What the counts depend on beside our own code."""
    of_python = ".".join(platform.python_version_tuple()[:2])
    return {"python": of_python, "numpy": version("numpy"), "numba": version("numba"), "machine": platform.machine()}


def measured() -> dict[str, int]:
    """Instructions of each part. Raises CalledProcessError with what valgrind said."""
    command = [sys.executable, "-m", "tests.bench.instructions", "--run"]
    environment = {**os.environ, **_ENVIRONMENT}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)  # what is to be compiled
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/out"]
        subprocess.run([*callgrind, *command], cwd=ROOT, env=environment, check=True, capture_output=True)
        dumps = [path.read_text() for path in Path(folder).iterdir()]
    named = re.compile(r"^desc: Trigger: Client Request: (\w+)$", re.M)
    counts = {name[1]: total for dump in dumps if (name := named.search(dump)) and (total := _total(dump))}
    return {name: counts[name] for name, _ in parts()}


def _total(dump: str) -> int:
    found = re.search(r"^(?:totals|summary): (\d+)", dump, re.M)
    return int(found[1]) if found else 0


def parts() -> list[tuple[str, Callable[[], object]]]:
    """Name and work of each part."""
    texts = written(TEXTS)
    values, origin = _messages(texts)
    settings, alphabet, cohesion = TextSettings(), Alphabet(("han",)), CohesionSettings()
    batch = decode_all(values, origin, 2e9, settings).texts
    runs = alphabet.runs(texts)
    sketch = PairSketch(SketchSettings(candidates=1 << 14, pair_width=1 << 14, char_width=1 << 12))
    sketch.add(tally(runs), 0.0, cohesion.min_count)
    model = refresh(sketch, 0.0, cohesion, StrongPairs.empty())
    return [
        ("decode", lambda: decode_all(values, origin, 2e9, settings)),
        ("clean", lambda: cleaned(batch, settings.skip)),
        ("count", lambda: sketch.add(tally(alphabet.runs(texts)), 0.0, cohesion.min_count)),
        ("cut", lambda: cut(runs, model)),
        ("look", lambda: _looks(batch)),
    ]


def written(number: int) -> list[str]:
    """Texts of characters as frequent as those of a language; a tenth of them hold one of the words that are new."""
    rng = np.random.default_rng(7)
    lengths = rng.integers(12, 40, number)
    points = 0x4E00 + np.minimum(rng.zipf(1.3, int(lengths.sum())), 5000)
    whole = points.astype("<u4").tobytes().decode("utf-32-le")
    ends = np.cumsum(lengths).tolist()
    texts = [whole[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    return [f"{text[:6]}龍卷{chr(0x9E00 + at % 50)}，{text[6:]}" if at % 10 == 0 else text
            for at, text in enumerate(texts)]  # fmt: skip


def _messages(texts: list[str]) -> tuple[Values, Origin]:
    lines = [json.dumps({"text": text, "ts": 1_700_000_000 + 60 * at}, ensure_ascii=False).encode()
             for at, text in enumerate(texts)]  # fmt: skip
    length = np.array(list(map(len, lines)))
    end, number = np.cumsum(length), np.arange(len(lines))
    return Values(b"".join(lines), end - length, end), Origin("t", 0, number, np.zeros(len(lines)))


def _looks(batch: TextBatch) -> None:
    """A finder over the texts, with a look after each `STEP` of the last of them."""
    finder = Finder(FinderSettings(), 1, 1e8)
    finder.add(batch.between(0, TEXTS // 2))
    finder.end_history()
    for first in range(TEXTS // 2, TEXTS, STEP):
        finder.add(batch.between(first, first + STEP))
        finder.look(finder.latest_s, StrongPairs.empty(), ["龍卷"])


def run() -> None:
    """Each part twice; callgrind counts the second time. Without valgrind the requests do nothing."""
    kernels.load()
    memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory.write(_REQUEST)
    call = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))

    def request(number: int, text: bytes = b"") -> None:
        name = ctypes.create_string_buffer(text)
        arguments = (ctypes.c_uint64 * 6)(number, ctypes.addressof(name))
        call(ctypes.addressof(arguments))

    gc.disable()
    for name, work in parts():
        work()
        request(_START)
        request(_ZERO)
        work()
        request(_DUMP_AT, name.encode())
        request(_STOP)


def compared(now: dict[str, int]) -> Iterator[tuple[str, int, int]]:
    """Name, instructions by the file and now."""
    known = json.loads(NUMBERS.read_text())["instructions"]
    for name, count in now.items():
        yield name, known.get(name, 0), count


def main() -> int:
    if sys.argv[1:] == ["--run"]:
        run()
        return 0
    now = measured()
    if sys.argv[1:] == ["--write"]:
        NUMBERS.write_text(json.dumps({"of": versions(), "instructions": now}, indent=2) + "\n")
    for name, before, count in compared(now):
        print(f"{name:8} {count:15,} {count / max(1, before):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
