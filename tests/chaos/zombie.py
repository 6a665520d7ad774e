"""`python -m tests.chaos.zombie`: processes every partition without a group, so that it never loses a partition."""

import argparse
import logging
import time

from prometheus_client import CollectorRegistry

from stream.config.arguments import add_config_arguments
from stream.config.config import config_of
from stream.errors import BrokerError
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.metrics import Metrics
from stream.roles.context import Context, Worker
from stream.roles.counter import Counter
from stream.roles.segmenter import Segmenter

log = logging.getLogger(__name__)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_config_arguments(parser)
    config = config_of(parser.parse_args())
    edge = Context(config, lambda topic, group: KafkaSource(config.kafka, topic, None, "zombie", 1000),
                KafkaSink(config.kafka, "zombie"), Metrics(CollectorRegistry(), 0), time.time)  # fmt: skip
    workers: list[Worker] = [Counter(edge), Segmenter(edge)]
    while True:
        for worker in workers:
            try:
                worker.run_once(0.05)
            except BrokerError as error:
                log.warning("%s", error)


if __name__ == "__main__":
    main()
