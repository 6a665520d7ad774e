"""`make fuzz`: bytes, guided by coverage, into whatever reads what others wrote, until something unforeseen is raised.

    make fuzz SECONDS=60 TARGET=decode

Hypothesis does the same in `make test` with data that is nearly right; this looks for what nobody thought of.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stream", "sketches"]):
    from stream.config.config import load
    from stream.errors import UsageError
    from stream.events.events import decode_event, encode
    from stream.state.chunks import Assembler, StateRecord, split
    from stream.text.message import TextSettings, decode

from tests.stream.events.event_samples import event

JSON, PLAIN = TextSettings(), TextSettings(format="plain")
FILE = Path(tempfile.mkdtemp(prefix="new-words-fuzz-")) / "config.yaml"
SEEDS = {
    "decode": [b'{"text": "\xe5\xa5\xbd", "ts": "2021-01-01T00:00:00+08:00", "source": 1}'],
    "state": [value for _, value in split(StateRecord("0", 1, {"a": b"b"}, {"c": 1}), "A")],
    "config": [b"kafka:\n  flush_s: 5.0\ntext: {scripts: [han, latin]}\n"],
    "event": [encode(event("塑稚酉"))],
}


def fuzz_decode(data: bytes) -> None:
    for settings in (JSON, PLAIN):
        decode(data, 0.0, 1e9, "t", 0, 0, settings)


def fuzz_state(data: bytes) -> None:
    assembler = Assembler()
    assembler.add(b"0/A/0", data)
    assembler.add(data[:20], data[20:])


def fuzz_config(data: bytes) -> None:
    FILE.write_bytes(data)
    with suppress(UsageError):
        load(str(FILE), {}, [])


def fuzz_event(data: bytes) -> None:
    with suppress(ValueError):
        decode_event(data)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decode": fuzz_decode, "state": fuzz_state, "config": fuzz_config, "event": fuzz_event,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[options.target]):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={options.seconds}", "-max_len=20000"],
                      TARGETS[options.target])  # fmt: skip
        atheris.Fuzz()


if __name__ == "__main__":
    main()
