"""The desk beside the roles: what the topic has can be asked, and it ends in order."""

from pathlib import Path

from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.desk.service import Desk
from stream.log.memory import MemoryLog, MemorySink, MemorySource
from stream.store.history import History
from stream.verdicts.verdict import REFUSED, Verdict
from tests.stream.api.desks import events


def test_what_stands_on_the_topic_is_in_the_store(tmp_path: Path) -> None:
    log, path = MemoryLog(lambda: 0.0), tmp_path / "store"
    log.create("new-words", 3)
    log.create("held-words")
    log.create("word-verdicts")
    for body in events():
        log.append("new-words", b"x", body)
    config = load(None, {}, [f"store.path={path}"])
    desk = Desk(config, CollectorRegistry(), lambda topic: MemorySource(log, topic), lambda: MemorySink(log))
    while sum(desk._history.places().values()) < len(events()):
        pass
    desk._verdicts.judge(Verdict("甲", REFUSED, 1.0))
    assert len(log.partitions("word-verdicts")[0].records) == 1
    desk._verdicts.withdraw("甲")
    desk.site.close()
    desk.close()
    with History(str(path)).reading() as connection:
        assert connection.execute("SELECT COUNT(*) FROM event").fetchone() == (len(events()),)
