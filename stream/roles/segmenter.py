"""raw-text -> word-counts: the texts of the partitions it is assigned, decoded, cleaned and packed, range by range.

It drops texts that are copies of one another within a range, and nothing else: the announcer, who knows the horizon,
drops the others. So what stands on the topic is a function of raw-text, like tallies. No state, no model.
"""

from collections.abc import Iterator

import numpy as np

from stream.finder.finder import text_names
from stream.kept_texts.codec import body_of
from stream.roles.context import Context
from stream.roles.event_time_buffer import Batch
from stream.roles.partition_worker import Partition, PartitionWorker
from stream.text.text_batch import TextBatch, joined


class Segmenter(PartitionWorker):
    """Role `segment`; any number share the partitions."""

    role, doing = "segment", "keeping the texts of"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.word_counts)

    def _body(self, number: int, part: Partition) -> Iterator[bytes]:
        texts = joined(part.waiting)
        kept = distinct(texts)
        self._edge.metrics.copies.inc(len(texts) - len(kept))
        yield body_of(kept, part.begin)

    def _accept(self, batch: Batch) -> None:
        """What cannot be read is a dead letter of the role `count`."""


def distinct(texts: TextBatch) -> TextBatch:
    """The first of each name, in their order."""
    if not len(texts):
        return texts
    first = np.unique(text_names(texts), return_index=True)[1]
    is_first = np.zeros(len(texts), bool)
    is_first[first] = True
    return texts.chosen(is_first)
