"""`make chaos`: seeded storms of faults on a real three-node cluster, each judged by an exact count.

    make chaos RUNS=60 SEED=1

First the scenarios (see there), once each, then the storms. A line for each run, what was wrong below it; then how long
recovery took. The last line is the sum of all verdicts, and the exit code is 0 only where it is all zeros.

Session timeout and flush interval are the product's defaults, and stuck is what takes longer than both together. That
is counted from when Kafka had acknowledged the texts that were fed after the last fault: what it has not taken nobody
can read. Both figures are shown, from the fault and from there.
"""

import argparse
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from statistics import median

from stream.roles.jit_warm_up import warm_up
from tests.broker.cluster import Cluster
from tests.broker.jars import missing
from tests.chaos.plan import Plan, Recovery
from tests.chaos.scenarios import SCENARIOS, NotHereError, scenario
from tests.chaos.storm import Storm
from tests.chaos.verdict import Verdict

RUNS_A_CLUSTER = 10
LANES = ("left", "right")  # of the network: processes take turns on them
NOTES = 12  # shown of a run
SLOW = 0.8  # of the bound: logs are kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first run, the next has the next")
    parser.add_argument("--texts", type=int, default=Plan().texts)
    parser.add_argument("--seconds", type=float, default=Plan().seconds, help="of feeding, in each run")
    parser.add_argument("--session", type=float, default=Plan().session_s, help="timeout in seconds")
    parser.add_argument("--flush", type=float, default=Plan().flush_s, help="seconds between writes of state")
    parser.add_argument("--grace", type=float, default=Plan().grace_s, help="seconds over session timeout and flush")
    parser.add_argument("--scenarios", nargs="*", default=list(SCENARIOS), choices=list(SCENARIOS), metavar="NAME",
                        help="run before the storms, none if none is named (default: %(default)s)")  # fmt: skip
    parser.add_argument("--keep", type=Path, help="folder for the logs of runs that failed, or nearly")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # in order: no process of a storm is left behind
    if lack := missing():
        parser.error(f"cannot start Kafka here: {lack}")
    warm_up()  # once, before many processes do it at the same time
    plan = Plan(texts=options.texts, seconds=options.seconds, session_s=options.session, flush_s=options.flush,
                grace_s=options.grace)  # fmt: skip
    total, times = Verdict(), list[Recovery]()
    if options.scenarios:
        with Cluster(3, lanes=LANES) as cluster:
            for name in options.scenarios:
                _one(cluster, 0, plan, total, options.keep, name)
    seeds = range(options.seed, options.seed + options.runs)
    for first in range(0, len(seeds), RUNS_A_CLUSTER):
        with Cluster(3, lanes=LANES) as cluster:
            for seed in seeds[first : first + RUNS_A_CLUSTER]:
                times += _one(cluster, seed, plan, total, options.keep)
    print(f"{len(seeds)} runs, {len(times)} bursts of faults; recovery from when Kafka had taken the texts: "
          f"{_shown([one.own_s for one in times])}, stuck is over {plan.bound_s:g} s (session timeout "
          f"{plan.session_s:g} + flush {plan.flush_s:g} + grace {plan.grace_s:g}); from the last fault itself: "
          f"{_shown([one.seconds for one in times])}")  # fmt: skip
    print(total)
    return 0 if total.clean else 1


def _one(
    cluster: Cluster, seed: int, plan: Plan, total: Verdict, keep: Path | None, name: str | None = None
) -> list[Recovery]:
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="new-words-storm-") as folder:
        storm = Storm(cluster, Path(folder), seed, plan.of(seed))
        run: Callable[[], object] = storm.run
        if name:
            storm, run = scenario(name, cluster, Path(folder), plan)
        try:
            run()
        except NotHereError as reason:
            print(f"NOT DONE: {name}: {reason}", flush=True)
            return []
        except Exception:
            storm.outcome.verdict.stuck += 1
            storm.outcome.verdict.notes.append(traceback.format_exc())
        outcome = storm.outcome
        total.add(outcome.verdict)
        times = outcome.recoveries
        shown, took_s = _shown([one.own_s for one in times]), time.monotonic() - started_s
        fed = f"{outcome.fed:6} texts {outcome.hostile:3} hostile {outcome.words:3} words "
        fed += f"{outcome.verdicts:3} verdicts"
        print(f"seed {seed:3} {outcome.case:32} {fed} {len(times):2} bursts  recovery {shown}  {outcome.verdict}  "
              f"({took_s:.0f} s)", flush=True)  # fmt: skip
        for one in outcome.recoveries:
            slowed = f", slowed {one.slowdown:.1f} times by others" if one.slowdown > 1 else ""
            print(f"      {one.own_s:5.1f} s, after {one.kafka_s:4.1f} s of Kafka{slowed}: {one.faults}")
        for note in outcome.verdict.notes[:NOTES]:
            print(f"      {note}", flush=True)
        if (more := len(outcome.verdict.notes) - NOTES) > 0:
            print(f"      and {more} more", flush=True)
        slow = any(one.own_s > SLOW * plan.bound_s for one in times)
        if keep and (slow or not outcome.verdict.clean):
            keep.mkdir(parents=True, exist_ok=True)
            for log in Path(folder).glob("*.log"):
                (keep / f"{seed}-{log.name}").write_bytes(log.read_bytes())
    return times


def _shown(times: list[float]) -> str:
    return f"median {median(times):.1f} s, worst {max(times):.1f} s" if times else "none"


if __name__ == "__main__":
    sys.exit(main())
