"""`make bench`: ratios against baselines, side by side in one run; written to README.md beside this file.

`python -m tests.bench offline` (or floor, startup, replay, online, counters, refreshing, memory, bursts, pauses)
measures that part alone and renews its table. `downtime` takes half an hour, `traffic` and `partitions` ten minutes,
`askers` three: they are measured only where they are named.
"""

import sys

from tests.bench import (
    askers,
    downtime,
    floor,
    offline,
    online,
    partitions,
    pauses,
    refreshing,
    replaying,
    running,
    startup,
    traffic,
)
from tests.bench.corpus import DATA
from tests.bench.table import machine, write
from tests.broker.jars import missing

PARTS = {
    "offline": offline.rows,
    "floor": floor.rows,
    "startup": startup.rows,
    "replay": replaying.rows,
    "online": online.rows,
    "counters": running.counters,
    "refreshing": refreshing.rows,
    "memory": running.memory,
    "bursts": running.bursts,
    "pauses": pauses.rows,
}
WITHOUT_KAFKA = {"offline", "floor", "startup", "replay", "pauses", "askers"}
BY_NAME = {"askers": askers.rows, "downtime": downtime.rows, "traffic": traffic.rows, "partitions": partitions.rows}


def main() -> int:
    """Print each row as it is measured, then write the table."""
    if not DATA.is_dir():
        print(f"bench: needs the real texts in {DATA}, which are not there", file=sys.stderr)
        return 1
    asked = sys.argv[1:] or list(PARTS)
    if not set(asked) <= WITHOUT_KAFKA and (lack := missing()):
        print(f"bench: cannot start Kafka here: {lack}", file=sys.stderr)
        return 1
    print(machine())
    for part in asked:
        rows = []
        for row in (PARTS | BY_NAME)[part]():
            print(row, flush=True)
            rows.append(row)
        write(part, rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
