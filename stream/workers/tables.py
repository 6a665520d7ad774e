"""A word table as parts of a state record, and back. Numbers as arrays, words and examples as JSON."""

from collections.abc import Mapping

import numpy as np
import orjson

from stream.stages.words import Example, WordTable

_COLUMNS = {
    "keys": "<u8",
    "texts": "<i8",
    "first_s": "<f8",
    "facet_keys": "<u8",
    "facets": "<u8",
    "facet_counts": "<i8",
}


def parts_of(table: WordTable, prefix: str) -> dict[str, bytes]:
    """The columns, each named `prefix.column`."""
    parts = {f"{prefix}.{name}": getattr(table, name).astype(kind).tobytes() for name, kind in _COLUMNS.items()}
    spoken = [
        [word, [[one.text, one.topic, one.partition, one.offset] for one in examples]]
        for word, examples in zip(table.words, table.examples, strict=True)
    ]
    parts[f"{prefix}.words"] = orjson.dumps(spoken)
    return parts


def table_of(parts: Mapping[str, bytes], prefix: str) -> WordTable:
    """The table of parts. Raises ValueError or KeyError if they are not one."""
    columns = {name: np.frombuffer(parts[f"{prefix}.{name}"], kind) for name, kind in _COLUMNS.items()}
    spoken = orjson.loads(parts[f"{prefix}.words"])
    words, examples = np.empty(len(spoken), object), np.empty(len(spoken), object)
    for row, (word, several) in enumerate(spoken):
        words[row], examples[row] = word, tuple(Example(*one) for one in several)
    if len(words) != len(columns["keys"]):
        raise ValueError("a word table with columns of different lengths")
    return WordTable(words=words, examples=examples, **columns)
