"""`make documents`: write the examples of README and the tutorial anew from what the commands print today.

README: the first text of the first burst that `new-words simulate` plants, and the event `replay` announces it with.
docs/tutorial.md: what the blocks of its first part print. Run it when a rule or a default changes the output on
purpose; the tests compare both with what is printed.
"""

import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime
from pathlib import Path

from stream.commands.simulate import DEFAULT_START, lines
from stream.config.config import Config
from stream.embedded.pipeline import Pipeline
from stream.events.events import EMERGED, encode
from stream.simulation.simulate import SimulatedText, SimulateSettings, planted, simulate
from stream.text.message import Text

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(```sh\n(.*?)```\n\n```text\n)(.*?)(```)", re.S)


def readme(text: str) -> str:
    """README with the two JSON lines and the delay of today's default stream."""
    settings = SimulateSettings(language="zh")
    burst = next(word for word in planted(settings) if word.shape == "pulse")
    stream = list(simulate(settings))
    pipeline = Pipeline(Config())
    texts = [Text(one.text, one.at_s, one.source, "replay", 0, at) for at, one in enumerate(stream)]
    events = [*pipeline.feed(texts), *pipeline.finish()]
    event = next(event for event in events if event.word == burst.word and event.status == EMERGED)
    first: SimulatedText = next(one for one in stream if burst.word in one.text)
    zone = datetime.fromisoformat(DEFAULT_START).tzinfo
    assert zone is not None
    (shown,) = lines([first], zone)
    text = re.sub(r'^\{"ts": ?.*$', lambda _: shown.decode().strip(), text, count=1, flags=re.M)
    text = re.sub(r'^\{"schema".*$', lambda _: encode(event).decode(), text, count=1, flags=re.M)
    delay = f"{event.detected_at_s - first.at_s:.0f} seconds and {event.count} texts later"
    text = re.sub(r"\d+ seconds and \d+ texts later", delay, text)
    return re.sub(r"the first with the coined (.*?) \S+\):", rf"the first with the coined \1 {burst.word}):", text)


def tutorial(text: str) -> str:
    """The tutorial with what the blocks before its part on topics print."""
    files, heading, rest = text.partition("\n## A topic")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEWWORDS_")}
    environment = clean | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with tempfile.TemporaryDirectory() as folder:

        def run(match: re.Match[str]) -> str:
            block = ["bash", "-euo", "pipefail", "-c", match[2]]
            printed = subprocess.run(block, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            return f"{match[1]}{printed.stdout}{match[4]}"

        return BLOCK.sub(run, files) + heading + rest


def main() -> int:
    for name, refreshed in (("README.md", readme), ("docs/tutorial.md", tutorial)):
        path = ROOT / name
        before = path.read_text("utf-8")
        path.write_text(refreshed(before), "utf-8")
        print(f"{name}: {'changed' if path.read_text('utf-8') != before else 'as it was'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
