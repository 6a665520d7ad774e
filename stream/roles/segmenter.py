"""raw-text -> word-counts: decodes, cleans and packs the texts of the assigned partitions, range by range.

It drops only texts that are copies of one another within a range; the announcer, which knows the horizon, drops the
others. So what is on the topic is a function of `raw-text`, like tallies. It has no state and no model.
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
    """Role `segment`; any number of processes share the partitions."""

    role, doing = "segment", "keeping the texts of"

    def __init__(self, edge: Context) -> None:
        super().__init__(edge, edge.config.topics.word_counts)

    def _body(self, number: int, part: Partition) -> Iterator[bytes]:
        texts = joined(part.waiting)
        kept = distinct(texts)
        self._edge.metrics.copies.inc(len(texts) - len(kept))
        yield body_of(kept, part.begin)

    def _accept(self, batch: Batch) -> None:
        """Do nothing: the role `count` writes the dead letters."""


def distinct(texts: TextBatch) -> TextBatch:
    """Return the first text of each fingerprint, in their order."""
    if not len(texts):
        return texts
    first = np.unique(text_names(texts), return_index=True)[1]
    is_first = np.zeros(len(texts), bool)
    is_first[first] = True
    return texts.chosen(is_first)
