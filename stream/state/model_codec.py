"""One shard's share of the model <-> a state record; and the model joined from all shares.

A record has the name of its shard. A *touch* is a small record saying that the share of its version covers newer texts
too. The named tables of `StrongPairs.tables` (arrays of keys, each with a count) are stored as parts of the record.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from sketches.hashing import U64
from stream.segmentation.pmi_model import KeyCounts, StrongPairs
from stream.segmentation.tally import unpack
from stream.state.chunks import StateRecord

LAST_POINT = 0x10FFFF
_TABLE = "table."
_COLUMNS = {"pairs": "<u8", "pmi": "<f4", "counts": "<f4", "frequent": "<u8", "freedom": "<f4"}


def record_of(model: StrongPairs, name: str, shards: int = 1) -> StateRecord:
    """Encode a share."""
    parts = {part: getattr(model, part).astype(kind).tobytes() for part, kind in _COLUMNS.items()}
    for table, rows in model.tables.items():
        parts[f"{_TABLE}{table}.keys"] = rows.keys.astype("<u8").tobytes()
        parts[f"{_TABLE}{table}.counts"] = rows.counts.astype("<u4").tobytes()
    return StateRecord(name, model.version, parts, {"as_of_s": model.as_of_s, "shards": shards})


def touch_name(name: str) -> str:
    """Return the name of the touch of a share."""
    return f"{name}+"


def touch_of(model: StrongPairs, as_of_s: float, name: str) -> StateRecord:
    """Encode that the share of this version covers texts up to `as_of_s`."""
    return StateRecord(touch_name(name), model.version, {}, {"as_of_s": as_of_s})


def model_of(record: StateRecord) -> StrongPairs:
    """Decode a share. Raises one of `UNFIT` if the record does not hold one."""
    parts = {"frequent": b"", "freedom": b"", **record.parts}
    pairs, pmi, counts, frequent, freedom = (np.frombuffer(parts[part], kind).astype(kind[1:])
                                             for part, kind in _COLUMNS.items())  # fmt: skip
    if not len(pairs) == len(pmi) == len(counts) or len(frequent) != len(freedom):
        raise ValueError("a model with columns of different lengths")
    if (pairs[1:] <= pairs[:-1]).any() or not _are_characters(pairs):
        raise ValueError("a model whose pairs are not sorted pairs of characters")
    return StrongPairs(record.next_offset, float(record.meta["as_of_s"]), pairs, pmi, counts, frequent, freedom,
                       _tables_of(record.parts))  # fmt: skip


def shards_of(record: StateRecord) -> int:
    """Return how many shares make up the model."""
    return max(1, int(record.meta.get("shards", 1)))


def joined_model(shares: Sequence[StrongPairs]) -> StrongPairs:
    """Join the shares of all shards. The result is as old as the oldest share; its version is the sum of the versions.

    Each pair is in one share. A character is in all shares, and its bound shares add up.
    """
    if len(shares) == 1:
        return shares[0]
    pairs = np.concatenate([share.pairs for share in shares])
    order = np.argsort(pairs, kind="stable")
    pmi, counts = (np.concatenate([getattr(share, column) for share in shares])[order] for column in ("pmi", "counts"))
    frequent: U64 = reduce(np.intersect1d, [share.frequent for share in shares])
    bound = sum(1 - share.freedom[np.searchsorted(share.frequent, frequent)] for share in shares)
    freedom = np.maximum(0.0, 1 - bound).astype(np.float32)
    names = {name for share in shares for name in share.tables}
    tables = {name: KeyCounts.joined([share.tables[name] for share in shares if name in share.tables])
              for name in names}  # fmt: skip
    return StrongPairs(sum(share.version for share in shares), min(share.as_of_s for share in shares), pairs[order],
                       pmi, counts, frequent, freedom, tables)  # fmt: skip


def _are_characters(pairs: U64) -> bool:
    """Whether all code points are valid; tables indexed by code point are as long as the greatest one."""
    left, right = unpack(pairs)
    return bool(max(left.max(initial=0), right.max(initial=0)) <= LAST_POINT)


def _tables_of(parts: Mapping[str, bytes | memoryview]) -> dict[str, KeyCounts]:
    names = [part.removeprefix(_TABLE).removesuffix(".keys") for part in parts
             if part.startswith(_TABLE) and part.endswith(".keys")]  # fmt: skip
    tables = {}
    for name in names:
        keys = np.frombuffer(parts[f"{_TABLE}{name}.keys"], "<u8").astype(np.uint64)
        counts = np.frombuffer(parts[f"{_TABLE}{name}.counts"], "<u4").astype(np.uint32)
        if len(keys) != len(counts):
            raise ValueError("a table with columns of different lengths")
        tables[name] = KeyCounts(keys, counts)
    return tables
