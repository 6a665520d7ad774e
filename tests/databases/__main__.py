"""A million rows of each database through its source: seconds, and the most memory the reader held.

python -m tests.databases [ROWS] [NAME…]
"""

import sys
import time

from tests.databases.reading import measured
from tests.databases.servers import SERVERS, lacking
from tests.databases.texts import checksum, rows


def main(count: int, names: list[str]) -> None:
    for name in names:
        if lack := lacking(name):
            print(f"{name:12} {lack}")
            continue
        with SERVERS[name]() as database:
            database.fill(rows(count))
            began_s = time.monotonic()
            found = measured(database.source)
            took_s = time.monotonic() - began_s
            whole = "every row, in order" if found["checksum"] == checksum(count) else "NOT WHAT WAS WRITTEN"
            print(f"{name:12} {found['lines']:,} rows in {took_s:.1f} s, peak {found['peak_kb'] / 1024:.0f} MB "
                  f"({found['early_kb'] / 1024:.0f} MB after four batches), {whole}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, sys.argv[2:] or list(SERVERS))
