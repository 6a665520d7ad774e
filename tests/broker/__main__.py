"""`make kafka`: runs a broker until Ctrl-C or SIGTERM, and then deletes what was written to it."""

import argparse
import signal
import sys
import time
from types import FrameType

from tests.broker.cluster import Cluster, ClusterError, is_free
from tests.broker.jars import FetchError, missing

KAFKA_PORT = 9092


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.broker", description=__doc__)
    parser.add_argument("--nodes", type=int, choices=(1, 3), default=1)
    parser.add_argument(
        "--port", type=int, help=f"of the first node (default: {KAFKA_PORT}, a free one if it is taken)"
    )
    options = parser.parse_args()
    port = options.port or (KAFKA_PORT if is_free(KAFKA_PORT) else None)
    if lack := missing():
        parser.error(f"cannot start Kafka here: {lack}")
    for stop in (signal.SIGINT, signal.SIGTERM):  # a shell starts its background jobs with Ctrl-C ignored
        signal.signal(stop, _interrupt)
    try:
        print("starting Kafka (the first time its jars are fetched) …", file=sys.stderr, flush=True)
        with Cluster(options.nodes, port=port) as cluster:
            print(f"Kafka listens on {cluster.bootstrap_servers}; logs in {cluster.folder}; Ctrl-C ends it")
            print(f"NEWWORDS_KAFKA__BOOTSTRAP_SERVERS={cluster.bootstrap_servers} new-words run", flush=True)
            return _watch(cluster)
    except KeyboardInterrupt:
        return 0
    except (ClusterError, FetchError) as error:
        print(error, file=sys.stderr)
        return 1


def _watch(cluster: Cluster) -> int:
    """Stay until interrupted, or until a node ends by itself: then show its last words."""
    while len(running := cluster.running()) == len(cluster.nodes):
        time.sleep(0.5)
    for node in set(cluster.nodes).difference(running):
        print(f"node {node} ended by itself:\n{cluster.log_tail(node)}", file=sys.stderr)
    return 1


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
