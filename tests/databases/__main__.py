"""`make databases`: a million rows of each database, in constant memory, and into Kafka over kill -9.

python -m tests.databases [ROWS] [NAME…]

First the source alone: seconds, and the most memory the reader held. Then `ingest` into a real Kafka, killed with -9
after a quarter and again after six tenths: what is in the topic afterwards is compared with what is in the database.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.broker.cluster import Cluster
from tests.databases.reading import measured
from tests.databases.resuming import resumed
from tests.databases.servers import SERVERS, Database, lacking
from tests.databases.texts import checksum, rows


def main(count: int, names: list[str]) -> int:
    """0 if no database lost or repeated a row."""
    right = []
    with Cluster() as kafka, tempfile.TemporaryDirectory() as folder:
        for name in names:
            if lack := lacking(name):
                print(f"{name:12} {lack}")
                continue
            with SERVERS[name]() as database:
                database.fill(rows(count))
                right += [_read(name, database, count), _resume(name, database, count, kafka, Path(folder))]
    return 0 if all(right) else 1


def _read(name: str, database: Database, count: int) -> bool:
    began_s = time.monotonic()
    found = measured(database.source)
    took_s = time.monotonic() - began_s
    whole = found["checksum"] == checksum(count)
    print(f"{name:12} {found['lines']:,} rows in {took_s:.1f} s, peak {found['peak_kb'] / 1024:.0f} MB "
          f"({found['early_kb'] / 1024:.0f} MB after four batches), "
          f"{'every row, in order' if whole else 'NOT WHAT WAS WRITTEN'}", flush=True)  # fmt: skip
    return whole


def _resume(name: str, database: Database, count: int, kafka: Cluster, folder: Path) -> bool:
    began_s = time.monotonic()
    expected = Counter(body for _, body in rows(count))
    found = resumed(database.source, kafka.bootstrap_servers, f"{name}-", folder, expected)
    print(f"{'':12} killed with -9 after {' and '.join(f'{at:,}' for at in found.killed_at)}: {found.lost} lost, "
          f"{found.repeated} repeated, peak {found.peak_kb / 1024:.0f} MB, {time.monotonic() - began_s:.0f} s in all",
          flush=True)  # fmt: skip
    return found.lost == found.repeated == 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, sys.argv[2:] or list(SERVERS)))
