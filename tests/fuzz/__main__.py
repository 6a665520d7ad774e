"""`make fuzz`: bytes, guided by coverage, into whatever reads what others wrote, until something unforeseen is raised.

    make fuzz SECONDS=60 TARGET=decode

Hypothesis does the same in `make test` with data that is nearly right; this looks for what nobody thought of. Each
target runs under a limit of memory (MOST_MB above what it begins with), so what allocates a size that its input
declares dies here. Batches, states and tallies are given with their checksums put right, as whoever may write to a
topic can do.
"""

import argparse
import resource
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stream", "sketches"]):
    from tests.fuzz.targets import SEEDS, TARGETS

MOST_MB = 1024


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + (MOST_MB << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[options.target]):
            (Path(corpus) / str(number)).write_bytes(seed)
        limits = [f"-max_total_time={options.seconds}", "-max_len=20000", "-rss_limit_mb=0", "-timeout=20"]
        atheris.Setup([sys.argv[0], corpus, *limits], TARGETS[options.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
