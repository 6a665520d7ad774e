"""Runs every compiled loop once on a few characters, before a worker joins its group, so that no step waits for numba.

With a filled numba cache this takes a third of a second; else the loops are compiled, which takes seconds, once a
machine.
"""

import numpy as np
import orjson

from sketches import kernels
from sketches.hashing import U64
from sketches.pair_sketch import PairSketch, SketchSettings
from stream.horizon.bounded_counts import BoundedCounts
from stream.horizon.buffer import Buffer
from stream.horizon.mentions import counts_of_words
from stream.horizon.past_memory import PastMemory
from stream.horizon.units import units_of
from stream.log.fast_fetch import columns_of
from stream.segmentation.cut import cut
from stream.segmentation.pmi_model import CohesionSettings, StrongPairs, refresh
from stream.segmentation.tally import tally
from stream.text.clean import cleaned
from stream.text.message import TextSettings
from stream.text.message_batch import Origin, Values, decode_all
from stream.text.near_duplicates import text_names
from stream.text.runs import Alphabet, encoded
from stream.text.text_batch import TextBatch

_RECORD = bytes([12, 0, 0, 0, 1, 1, 0])  # of a Kafka batch: without key, value and headers
_RECORDS = 16


def warm_up() -> None:
    """Compile or load all loops; without numba it runs the numpy versions and takes no time."""
    kernels.load()
    columns_of(memoryview(_RECORD * _RECORDS).toreadonly(), 0, _RECORDS)
    texts = _decoded()
    encoded([texts.text(0)])
    runs = Alphabet(("han",)).runs_of(texts.written, texts.starts)
    sketch = PairSketch(SketchSettings(char_width=16, pair_width=16, candidates=16))
    sketch.add(tally(runs), 0.0, 1.0)
    model = refresh(sketch, 0.0, CohesionSettings(min_pmi=-9.0, min_count=1.0), StrongPairs.empty())
    names = text_names(runs)
    cut(runs, model)
    _keep(texts, names)


def _keep(texts: TextBatch, names: U64) -> None:
    """Add texts to the finder's tables, count them and forget them."""
    buffer, past, counts = Buffer(), PastMemory(2, 16, 1, 1.0), BoundedCounts(1)
    for _ in range(2):
        buffer.append(texts, units_of(texts.prose, texts.starts, 1), names)
    counts_of_words(buffer, ["天气"], 1)
    left = buffer.leave(1)
    past.add(left.keys, left.counts, left.texts, left.first_s, left.last_s)
    past.counts(left.keys)
    for _ in range(2):
        counts.add(left.keys, left.counts[:, None].astype(np.float32))
    counts.get(left.keys)


def _decoded() -> TextBatch:
    """Return two decoded texts."""
    message = orjson.dumps({"text": "天气好@t.cn/a", "ts": 1_700_000_000})
    ends = np.arange(1, 3) * len(message)
    origin = Origin("", 0, np.arange(2), np.zeros(2))
    settings = TextSettings()
    return cleaned(
        decode_all(Values(message * 2, ends - len(message), ends), origin, 2e9, settings).texts, settings.skip
    )
