"""Read a source in a process of its own, and say how much memory that took.

    python -m tests.databases.reading SOURCE [OPTION…]

The arguments are those of `ingest`; the answer is one line of JSON: lines read, a checksum of them in their order, and
the most memory the process held, until its fourth batch and until the end.
"""

import argparse
import json
import subprocess
import sys
import zlib
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from stream.config.config import load
from stream.sources.rows import USUAL, row_line
from stream.sources.source_options import add_source_arguments, open_source, overrides_of
from stream.text.fields import Fields, first_at


def measured(source: tuple[str, ...]) -> dict[str, Any]:
    """`main` in another process."""
    command = [sys.executable, "-m", "tests.databases.reading", *source]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    add_source_arguments(parser)
    args = parser.parse_args()
    config = load(None, {}, overrides_of(args))
    source = open_source(args, config.kafka, config.text, config.text.max_bytes + 1)
    fields = config.text.fields
    lines, checksum, early_kb = 0, 0, 0
    with closing(source.batches(None, 5000)) as batches:
        for number, batch in enumerate(batches):
            if number < 4:  # by then both batches that are ever held have been
                early_kb = peak_kb()
            lines += len(batch.lines)
            for line in batch.lines:
                checksum = zlib.crc32(line if fields == USUAL else renamed(line, fields), checksum)
    print(json.dumps({"lines": lines, "checksum": checksum, "early_kb": early_kb, "peak_kb": peak_kb()}))


def renamed(line: bytes, fields: Fields) -> bytes:
    """A line whose fields are called as in the configuration, with the usual names."""
    record = orjson.loads(line)
    return row_line(*(first_at(record, paths) for paths in (fields.text, fields.ts, fields.source)))


def peak_kb(pid: int | str = "self") -> int:
    """The most memory a process has held so far. What `getrusage` says begins with the memory of its parent."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0


if __name__ == "__main__":
    main()
