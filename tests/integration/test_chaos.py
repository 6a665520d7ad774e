"""The short form of `make chaos`: one storm, of a broker and of processes, on a three-node cluster."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.broker.cluster import Cluster
from tests.chaos.plan import Plan
from tests.chaos.storm import Storm

pytestmark = pytest.mark.broker

SEED = 16  # kills a broker and freezes a counter, and then more
# How long recovery may take is for `make chaos` to judge, with the timeouts that operators have.
SHORT = Plan(texts=5000, seconds=12.0, session_s=4.0, flush_s=1.0, grace_s=60.0)


def test_after_a_short_storm_nothing_is_lost_doubled_or_stuck(
    start_cluster: Callable[..., Cluster], tmp_path: Path
) -> None:
    outcome = Storm(start_cluster(nodes=3), tmp_path, SEED, SHORT).run()
    print(outcome.recoveries, outcome.verdict)
    assert outcome.recoveries
    assert outcome.verdict.notes == []
    assert str(outcome.verdict) == "lost=0 double=0 stuck=0"
