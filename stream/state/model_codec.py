"""The model as a state record, and back. Numbers as arrays."""

import numpy as np

from sketches.hashing import U64
from stream.segmentation.pmi_model import StrongPairs
from stream.segmentation.tally import unpack
from stream.state.chunks import StateRecord

MODEL = "model"
LAST_POINT = 0x10FFFF


def record_of(model: StrongPairs) -> StateRecord:
    """The model as it stands on the topic."""
    parts = {"pairs": model.pairs.astype("<u8").tobytes(), "pmi": model.pmi.astype("<f4").tobytes(),
             "counts": model.counts.astype("<f4").tobytes(),
             "frequent": model.frequent.astype("<u8").tobytes(),
             "freedom": model.freedom.astype("<f4").tobytes()}  # fmt: skip
    return StateRecord(MODEL, model.version, parts, {"as_of_s": model.as_of_s})


def model_of(record: StateRecord) -> StrongPairs:
    """The model of a record. Raises one of `UNFIT` if it is none."""
    pairs = np.frombuffer(record.parts["pairs"], "<u8").astype(np.uint64)
    pmi, counts = (np.frombuffer(record.parts[part], "<f4").astype(np.float32) for part in ("pmi", "counts"))
    if not len(pairs) == len(pmi) == len(counts):
        raise ValueError("a model with columns of different lengths")
    if (pairs[1:] <= pairs[:-1]).any() or not _are_characters(pairs):
        raise ValueError("a model whose pairs are not sorted pairs of characters")
    frequent = np.frombuffer(record.parts.get("frequent", b""), "<u8").astype(np.uint64)  # older models have neither
    freedom = np.frombuffer(record.parts.get("freedom", b""), "<f4").astype(np.float32)
    if len(frequent) != len(freedom):
        raise ValueError("a model with columns of different lengths")
    return StrongPairs(record.next_offset, float(record.meta["as_of_s"]), pairs, pmi, counts, frequent, freedom)


def _are_characters(pairs: U64) -> bool:
    """Tables are as long as the greatest code point."""
    left, right = unpack(pairs)
    return bool(max(left.max(initial=0), right.max(initial=0)) <= LAST_POINT)
