"""The desk of a running service: events can be queried, verdicts go to their topic, and it ends in order."""

from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.desk.service import Desk
from stream.errors import BrokerError
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.store.history import History
from stream.verdicts.verdict import REFUSED, Verdict
from tests.stream.api.desks import events
from tests.stream.waiting import until


def test_the_store_holds_the_topics_and_verdicts_go_to_their_topic(tmp_path: Path) -> None:
    log, path = MemoryLog(lambda: 0.0), tmp_path / "store"
    log.create("new-words", 3)
    log.create("held-words")
    log.create("word-verdicts")
    for body in events():
        log.append("new-words", b"x", body)
    desk = Desk(load(None, {}, [f"store.path={path}"]), CollectorRegistry())
    with pytest.raises(BrokerError, match="starting"):
        desk._verdicts.judge(Verdict("甲", REFUSED, 1.0))
    desk.begin(lambda topic: MemorySource(log, topic), lambda: MemorySink(log))
    until(lambda: sum(desk._history.places().values()) >= len(events()))
    desk._verdicts.judge(Verdict("甲", REFUSED, 1.0))
    assert len(log.partitions("word-verdicts")[0].records) == 1
    desk._verdicts.withdraw("甲")
    desk.site.close()
    desk.close()
    with History(str(path)).reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM event").fetchone() == (len(events()),)
