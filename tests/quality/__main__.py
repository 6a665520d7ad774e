"""`make quality`: a replay of real hot-list titles, scored against dated truth. Needs ../shared/data."""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
CONFIG = Path(__file__).with_name("hotlist.yaml")
DATA = SHARED / "data"
SPANS = (
    ("chosen on", "2021-03-01", "2022-12-31"),
    ("confirmed on", "2023-01-01", "2023-12-31"),
    ("all", "2021-03-01", "2023-12-31"),
)


def main() -> int:
    """Print the score of the years the configuration was chosen on, the year it was not, and both together."""
    stream = DATA / "weibo_hot_dev.jsonl.xz"
    if not stream.is_file():
        print(f"quality: needs the real streams in {DATA}, which are not there", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events.jsonl")
        replay = [sys.executable, "-m", "stream", "replay", str(stream), "--config", str(CONFIG)]
        subprocess.run([*replay, "--events", str(events)], check=True, cwd=ROOT)
        score = [
            sys.executable, str(SHARED / "eval" / "score_words.py"), "--events", str(events), "--stream", str(stream),
            "--truth", str(DATA / "emerging_truth_dev.jsonl"), "--judged", str(DATA / "judged_random_dev.jsonl"),
            "--lexicon", str(DATA / "lexicon_all.txt.xz"),
        ]  # fmt: skip
        for name, start, end in SPANS:
            print(f"{name} {start} to {end}", flush=True)
            subprocess.run([*score, "--from", start, "--to", end], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
