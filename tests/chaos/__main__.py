"""`make chaos`: seeded storms of faults on a real three-node cluster, each judged by an exact count.

    make chaos RUNS=60 SEED=1

First the scenarios (see there), once each, then the storms. A line for each run, what was wrong below it; then how long
recovery took. The last line is the sum of all verdicts, and the exit code is 0 only where it is all zeros.
"""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.broker.cluster import Cluster
from tests.broker.jars import missing
from tests.chaos.oracle import Verdict
from tests.chaos.scenarios import SCENARIOS, NotHereError, scenario
from tests.chaos.storm import FLUSH_S, SESSION_S, Plan, Recovery, Storm

RUNS_A_CLUSTER = 10
NOTES = 12  # shown of a run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of the first run, the next has the next")
    parser.add_argument("--texts", type=int, default=Plan().texts)
    parser.add_argument("--seconds", type=float, default=Plan().seconds, help="of feeding, in each run")
    parser.add_argument("--grace", type=float, default=Plan().grace_s, help="seconds over session timeout and flush")
    parser.add_argument("--scenarios", nargs="*", default=list(SCENARIOS), choices=list(SCENARIOS), metavar="NAME",
                        help="run before the storms, none if none is named (default: %(default)s)")  # fmt: skip
    parser.add_argument("--keep", type=Path, help="folder for the logs of runs that failed, or nearly")
    options = parser.parse_args()
    if lack := missing():
        parser.error(f"cannot start Kafka here: {lack}")
    plan = Plan(texts=options.texts, seconds=options.seconds, grace_s=options.grace)
    total, times = Verdict(), list[Recovery]()
    if options.scenarios:
        with Cluster(3) as cluster:
            for name in options.scenarios:
                _one(cluster, 0, plan, total, options.keep, name)
    seeds = range(options.seed, options.seed + options.runs)
    for first in range(0, len(seeds), RUNS_A_CLUSTER):
        with Cluster(3) as cluster:
            for seed in seeds[first : first + RUNS_A_CLUSTER]:
                times += _one(cluster, seed, plan, total, options.keep)
    seconds, own = [one.seconds for one in times], [one.seconds - one.kafka_s for one in times]
    print(f"{len(seeds)} runs, {len(times)} bursts of faults; recovery from the last fault of each: {_shown(seconds)}; "
          f"from when Kafka had taken the texts: {_shown(own)}; "
          f"{sum(one <= SESSION_S + FLUSH_S for one in own)} of these within {SESSION_S + FLUSH_S:g} s (session "
          f"timeout + flush), stuck means a recovery of over {plan.bound_s:g} s")  # fmt: skip
    print(total)
    return 0 if total.clean else 1


def _one(
    cluster: Cluster, seed: int, plan: Plan, total: Verdict, keep: Path | None, name: str | None = None
) -> list[Recovery]:
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="new-words-storm-") as folder:
        storm = Storm(cluster, Path(folder), seed, plan)
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
        shown, took_s = _shown([one.seconds for one in times]), time.monotonic() - started_s
        print(f"seed {seed:3} {outcome.case:16} {outcome.fed:6} texts {len(times):2} bursts  recovery {shown}  "
              f"{outcome.verdict}  ({took_s:.0f} s)", flush=True)  # fmt: skip
        for one in outcome.recoveries:
            print(f"      {one.seconds:5.1f} s, texts taken after {one.kafka_s:4.1f} s: {one.faults}")
        for note in outcome.verdict.notes[:NOTES]:
            print(f"      {note}", flush=True)
        if (more := len(outcome.verdict.notes) - NOTES) > 0:
            print(f"      and {more} more", flush=True)
        slow = any(one.seconds > plan.bound_s / 2 for one in times)
        if keep and (slow or not outcome.verdict.clean):
            keep.mkdir(parents=True, exist_ok=True)
            for log in Path(folder).glob("*.log"):
                (keep / f"{seed}-{log.name}").write_bytes(log.read_bytes())
    return times


def _shown(times: list[float]) -> str:
    return f"median {median(times):.1f} s, worst {max(times):.1f} s" if times else "none"


if __name__ == "__main__":
    sys.exit(main())
