"""Fifty clients that ask the dearest questions all the time: what they take from the flow is bounded, and probes pass.

Measured as processor time of the threads that serve, so that it says the same on a busy machine.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from stream.desk.site import Site
from stream.events.events import encode
from stream.store.history import History
from stream.web import gate, questions, time_share
from stream.web.server import Server
from stream.web.settings import ServerSettings
from tests.stream.events.event_samples import bare_event as event
from tests.stream.web.served import ask
from tests.stream.web.test_questions import why

CLIENTS, SECONDS = 50, 15.0
ASKING = """
import sys, threading
from http.client import HTTPConnection, HTTPException
from itertools import count

port, clients = int(sys.argv[1]), int(sys.argv[2])

def asking(number):
    for turn in count():
        for path in ("/api/words?limit=200&q=%s" % (turn % 97), "/api/explain?word=a%sb%s" % (number, turn),
                     "/api/export?q=%s" % turn, "/api/stories?limit=100&since=2000-01-01T00:00:%02dZ" % (turn % 60)):
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=30)
                connection.request("GET", path)
                connection.getresponse().read()
                connection.close()
            except (OSError, HTTPException):
                pass

for number in range(clients):
    threading.Thread(target=asking, args=(number,), daemon=True).start()
print("asking", flush=True)
sys.stdin.read()
"""


def processor_s(thread: int) -> float:
    """What a thread of this process has computed."""
    fields = Path(f"/proc/self/task/{thread}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Twenty thousand events, so that a question costs something."""
    history = History(str(tmp_path_factory.mktemp("askers") / "store"), 100_000)
    history.add(encode(event(f"词{n % 5000}", 1_600_000_000.0 + n, count=n % 40)) for n in range(20_000))
    yield Site(ServerSettings(), history, 60.0)
    history.close()


def test_they_take_a_twentieth_of_a_core_from_the_flow_and_of_its_own_time_as_much(site: Site) -> None:
    why("天好")  # whatever is compiled, is compiled now
    answering_s, stop = 0.0, threading.Event()

    def flow() -> None:
        nonlocal answering_s
        while not stop.wait(0.02):
            begun_s = time.thread_time()
            site.answer(why)
            answering_s += time.thread_time() - begun_s

    flowing = threading.Thread(target=flow)
    flowing.start()
    settings = ServerSettings("127.0.0.1", 0)
    server = Server(settings, CollectorRegistry(), lambda: True, lambda: True, site)
    command = [sys.executable, "-c", ASKING, str(server.port), str(CLIENTS)]
    with closing(server), subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as clients:
        assert clients.stdout is not None
        clients.stdout.readline()
        begun_s, probes = time.monotonic(), 0
        serving = [server._thread.native_id or 0]
        before_s = processor_s(serving[0])
        workers_before_s = {thread.native_id: processor_s(thread.native_id) for thread in site._api._workers._threads}
        while time.monotonic() - begun_s < SECONDS:
            assert ask(server, "/healthz").status == 200
            assert ask(server, "/metrics").status == 200
            probes += 1
            stop.wait(0.25)
        elapsed_s = time.monotonic() - begun_s
        taken_s = processor_s(serving[0]) - before_s
        taken_s += sum(processor_s(thread.native_id) - workers_before_s.get(thread.native_id, 0.0)
                       for thread in site._api._workers._threads)  # fmt: skip
        clients.kill()
    stop.set()
    flowing.join()
    deepest_s = time_share.DEEPEST_S
    assert taken_s <= gate.SHARE * elapsed_s + gate.SAVED_S + deepest_s + 0.01 * probes
    assert answering_s <= questions.SHARE * elapsed_s + questions.SAVED_S + 0.5
    assert probes > 10
    print(f"{taken_s:.2f} s of {elapsed_s:.1f} s served, {answering_s:.2f} s answering, {probes} probes")
