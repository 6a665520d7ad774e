"""How much the port takes from the flow: the time a text waits while fifty clients ask the dearest questions.

`python -m tests.bench askers` runs `replay --serve` in this process over texts that come at an even rate, and switches
the clients of `tests/integration/test_many_askers.py` on and off again and again, so that whatever else the machine
does hits both alike. The latency is what the flow takes for a batch of texts, with its waiting for the page and for the
lock of the interpreter; not from when it was due, for on a machine that is too busy a queue would grow without end. The
clients are another process, and give way to the flow (nice): on a machine with few cores they would otherwise be
measured themselves.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from statistics import median, quantiles

from stream.config.config import Config
from stream.embedded.live_page import LivePage
from stream.embedded.moderated import Moderated
from stream.embedded.pipeline import Pipeline
from stream.simulation.simulate import SimulateSettings, simulate
from stream.store.history import History
from stream.text.message import Text
from tests.bench.table import Row
from tests.integration.test_many_askers import ASKING, CLIENTS

PHASE_S, PHASES = 15.0, 8  # in turn without clients and with: a minute of each
BATCH, BATCHES_A_S = 20, 10
WARM_S = 60.0  # of texts before anything is measured


def rows() -> Iterator[Row]:
    """One, with the latency beside them against that alone."""
    config = Config()
    config = replace(config, server=replace(config.server, host="127.0.0.1"))
    texts = made(int((WARM_S + PHASE_S * PHASES + 5) * BATCH * BATCHES_A_S))
    history = History()
    with closing(LivePage(Moderated(Pipeline(config), history), 0)) as page:
        warm = int(WARM_S * BATCH * BATCHES_A_S)
        list(page.feed(texts[:warm]))
        took = measured(page, texts[warm:])
    alone, beside = (sorted(took[asked]) for asked in (False, True))
    slowest = quantiles(alone, n=20)[-1], quantiles(beside, n=20)[-1]
    yield Row(f"Latency of {BATCH} texts, at {BATCH * BATCHES_A_S} a second, 95 % within, while {CLIENTS} clients ask "
              "the dearest questions for a minute, against without them, wall time",
              f"{slowest[1] * 1000:.0f} : {slowest[0] * 1000:.0f} ms (medians {median(beside) * 1000:.1f} : "
              f"{median(alone) * 1000:.1f} ms)", slowest[1] / slowest[0], 1.2, False)  # fmt: skip


def measured(page: LivePage, texts: list[Text]) -> dict[bool, list[float]]:
    """Seconds that each batch took, by whether clients asked."""
    took: dict[bool, list[float]] = {False: [], True: []}
    batches = (texts[at : at + BATCH] for at in range(0, len(texts), BATCH))
    for phase in range(PHASES):
        with asking(page.port, phase % 2 == 1):
            begun_s = time.monotonic() + 1.0  # until they are there, or gone
            for number in range(int(PHASE_S * BATCHES_A_S)):
                due_s = begun_s + number / BATCHES_A_S
                time.sleep(max(0.0, due_s - time.monotonic()))
                fed_s = time.monotonic()
                list(page.feed(next(batches)))
                took[phase % 2 == 1].append(time.monotonic() - fed_s)
    return took


@contextmanager
def asking(port: int, whether: bool) -> Iterator[None]:
    """The clients ask, or do not."""
    if not whether:
        yield
        return
    command = [sys.executable, "-c", ASKING, str(port), str(CLIENTS)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, preexec_fn=lambda: os.nice(10)) as clients:
        assert clients.stdout is not None
        clients.stdout.readline()
        try:
            yield
        finally:
            clients.kill()


def made(number: int) -> list[Text]:
    stream = simulate(SimulateSettings(texts=number, rate=float(BATCH * BATCHES_A_S)))
    return [Text(one.text, one.at_s, one.source, "replay", 0, at) for at, one in enumerate(stream)]
