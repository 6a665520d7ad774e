"""Streams with a planted topic, like the listed cases: a made-up background, and a burst of texts with a template."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stream.__main__ import main
from stream.simulation.simulate import SimulateSettings, simulate

CASES = Path(__file__).parents[3] / "shared" / "cases"
WHY = "needs ../shared/cases"
TOPIC = "鸮影祭"
BURST_S = (380.0, 570.0)
TEXTS = 50
QUICK = ("windows.length_s=10", "trends.warmup_windows=20", "cohesion.refresh_s=10")


def planted(dress: Callable[[str, int], dict[str, Any]], seed: int = 5) -> Iterator[dict[str, Any]]:
    """Records of an invented stream; every few seconds of the burst one is what `dress` makes of its text."""
    settings = SimulateSettings(texts=12_000, rate=20.0, plant=(), seed=seed, rhythm=0.0)
    begun_s, number = settings.start_s, 0
    first_s, last_s = BURST_S
    for one in simulate(settings):
        at_s = one.at_s - begun_s
        ts = datetime.fromtimestamp(one.at_s, UTC).isoformat()
        yield {"ts": ts, "text": one.text, "source": one.source}
        if at_s >= first_s + number * (last_s - first_s) / TEXTS and number < TEXTS:
            yield {"ts": ts, "source": f"u{number}"} | dress(one.text[:12], number)
            number += 1


def write(path: Path, records: Iterator[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), "utf-8")
    return path


def replayed(folder: Path, *asked: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """The exit code of a replay with the settings of the cases, and its events."""
    events = folder / "events.jsonl"
    settings = [part for one in QUICK for part in ("--set", one)]
    code = main(["replay", *map(str, asked), "--events", str(events), "--quiet", *settings])
    lines = events.read_text("utf-8").splitlines() if events.exists() else []
    return code, [json.loads(line) for line in lines]


def words(events: list[dict[str, Any]]) -> set[str]:
    return {event["word"] for event in events}
