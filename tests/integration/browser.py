"""A headless Chromium, and `replay --serve` fed line by line for it to look at."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, sync_playwright

from tests.machine import needs

QUICK = ("windows.length_s=1", "trends.warmup_windows=8", "cohesion.refresh_s=0.5", "text.skip=[]")
SIMULATE = ["--texts", "6000", "--rate", "100", "--plants", "1", "--share", "0.06"]
PLANTED = ("白鹭渡", "鹿眠书", "蛙式走")
QUIET = 2000
"""So many of these texts are read before anything is announced."""
HOSTILE = "鹿眠书<script>hacked=1</script><img src=x onerror=hacked=1>“&amp;”"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of the machine, which asks nobody for anything."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=needs("chromium"), args=arguments)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Replay:
    """`address` of the page; `feed` gives it lines."""

    address: str
    process: subprocess.Popen[bytes]

    def feed(self, lines: list[bytes]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.writelines(lines)
        self.process.stdin.flush()


def texts(hostile: bool = True) -> list[bytes]:
    """Lines of a minute in which PLANTED appear; the first with the second of them may be HOSTILE."""
    simulate = [sys.executable, "-m", "stream", "simulate", *SIMULATE]
    lines = subprocess.run(simulate, check=True, capture_output=True).stdout.splitlines(keepends=True)
    if not hostile:
        return lines
    first = next(place for place, line in enumerate(lines) if PLANTED[1] in line.decode())
    mild = re.sub(r'(?<="text":").*(?=","source")', HOSTILE.replace('"', '\\"'), lines[first].decode())
    return [*lines[:first], mild.encode(), *lines[first:]]


@contextmanager
def replaying(*more: str) -> Iterator[Replay]:
    """The page while a replay runs, and after; ends it."""
    settings = [part for one in (*QUICK, *more) for part in ("--set", one)]
    command = [sys.executable, "-m", "stream", "replay", "-", "--serve", "0", "--events", "/dev/null", *settings,
               "--set", "server.host=127.0.0.1"]  # fmt: skip
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe) as process:
        try:
            assert process.stderr is not None
            said = iter(process.stderr.readline, b"")  # it may say before that it compiles
            address = next(found for line in said for found in re.findall(r"http://\S+", line.decode()))
            yield Replay(address, process)
        finally:
            process.kill()
