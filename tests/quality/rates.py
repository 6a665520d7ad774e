"""How many words a day `replay` announces: as it comes, with a wish, and where the rate of the texts changes half-way.

    python -m tests.quality.rates [STREAM...]

For each stream of `judged_streams`: events a day with no configuration, and in the first ten days after the first of
them; with a wish of half and of twice as many; and, of the stream with every second text left out of its first or its
second half, events a day in the month before the change, in the ten days after it and from then on.
Needs ../shared/data. Takes some minutes a stream.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stream.finder.settings import DAY_S
from stream.sources.files import open_lines
from tests.quality.judged_streams import DATA, ROOT, STREAMS, seconds

_FIRST_DAYS, _BEFORE_DAYS = 10, 30


def main(names: Sequence[str]) -> int:
    """A block for each stream."""
    for name in names or list(STREAMS):
        stream = STREAMS[name]
        file = DATA / stream.file
        times = announced(file)
        later = a_day(times, times[0] + _FIRST_DAYS * DAY_S, times[-1])
        first = a_day(times, times[0], times[0] + _FIRST_DAYS * DAY_S)
        print(f"{name}: {later:.2f} a day, {first / later:.1f} times that in the first ten days", flush=True)
        for factor in (0.5, 2.0):
            wished = announced(file, f"trends.events_a_day={factor * later:.4f}")
            got = a_day(wished, times[0] + _FIRST_DAYS * DAY_S, times[-1])
            print(f"  a wish of {factor * later:.2f} a day: {got / (factor * later):.2f} of it", flush=True)
        middle_s = (times[0] + times[-1]) / 2
        for what, since_s, until_s in (("doubled", 0.0, middle_s), ("halved", middle_s, float("inf"))):
            with tempfile.TemporaryDirectory() as folder:
                thinned = announced(thin(file, Path(folder), since_s, until_s))
            print(f"  rate {what}: {around(thinned, middle_s)}", flush=True)
    return 0


def announced(file: Path, *settings: str) -> list[float]:
    """Event times of the new words that `replay` announces."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "events.jsonl"
        options = [part for setting in settings for part in ("--set", setting)]
        command = [sys.executable, "-m", "stream", "replay", "--quiet", str(file), "--events", str(out), *options]
        subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
        events = [json.loads(line) for line in out.read_bytes().splitlines()]
    return [seconds(one["detected_at"].replace("Z", "+00:00")) for one in events if one["status"] == "emerged"]


def a_day(times: Sequence[float], since_s: float, until_s: float) -> float:
    """Events a day within a stretch of time."""
    return sum(since_s <= at_s < until_s for at_s in times) * DAY_S / (until_s - since_s)


def around(times: Sequence[float], middle_s: float) -> str:
    """Events a day before and after a moment."""
    soon_s = middle_s + _FIRST_DAYS * DAY_S
    before = a_day(times, middle_s - _BEFORE_DAYS * DAY_S, middle_s)
    return (f"{before:.2f} a day before, {a_day(times, middle_s, soon_s):.2f} in the ten days after, "
            f"{a_day(times, soon_s, times[-1]):.2f} from then on")  # fmt: skip


def thin(file: Path, folder: Path, since_s: float, until_s: float) -> Path:
    """The file without every second of the texts within a stretch of time."""
    out, seen = folder / "texts.jsonl", 0
    with out.open("w", encoding="utf-8") as lines:
        for line in open_lines([str(file)]):
            text = json.loads(line)
            if since_s <= seconds(text["ts"]) < until_s:
                seen += 1
                if seen % 2:
                    continue
            lines.write(json.dumps(text, ensure_ascii=False) + "\n")
    return out


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
