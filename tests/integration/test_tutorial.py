"""The blocks of docs/tutorial.md run in one shell on a real broker, and print what the document shows."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.manifests import render

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs/tutorial.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?", TUTORIAL, re.S)
MARK = "=== done"
TOPICS = ("RAW_TEXT", "PAIR_SKETCHES", "STRONG_PAIRS", "WORD_COUNTS", "TREND_STATE", "NEW_WORDS", "RAW_TEXT_DLQ")


def environment(prefix: str) -> dict[str, str]:
    """That of somebody who has installed new-words, with topics of the test's own."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("NEWWORDS_")}
    names = {f"NEWWORDS_TOPICS__{topic}": f"{prefix}{topic.lower()}" for topic in TOPICS}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return clean | names | {"PATH": path, "NEWWORDS_KAFKA__GROUP": prefix}


def test_the_tutorial_does_what_it_says(kafka: str, topic_prefix: str, tmp_path: Path) -> None:
    assert len(BLOCKS) >= 5
    blocks = [block.replace("localhost:9092", kafka) for block, _ in BLOCKS]
    script = "set -euo pipefail\n" + "".join(f"{block}echo '{MARK}'\n" for block in blocks)
    printed, said = tmp_path / "printed", tmp_path / "said"  # files, for the services it leaves hold a pipe open
    with printed.open("wb") as stdout, said.open("wb") as stderr:
        shell = subprocess.Popen(["bash", "-c", script], cwd=tmp_path, env=environment(topic_prefix), stdout=stdout,
                                 stderr=stderr, start_new_session=True)  # fmt: skip
    try:
        shell.wait(timeout=180)
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
    expected = [*(shown for _, shown in BLOCKS), ""]
    assert printed.read_text("utf-8").split(f"{MARK}\n") == expected, said.read_text("utf-8")


@pytest.mark.parametrize("folder", re.findall(r"kubectl apply -k (\S+?)`", TUTORIAL))
def test_what_the_tutorial_applies_can_be_rendered(folder: str) -> None:
    assert "kind: Deployment" in render(ROOT / folder)
