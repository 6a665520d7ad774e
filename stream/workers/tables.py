"""A word table as parts of a state record, and back. Numbers as arrays, words and texts as JSON."""

from collections.abc import Mapping

import numpy as np
import orjson

from stream.stages.words import EXAMPLES, Example, WordTable

_COLUMNS = {
    "keys": "<u8",
    "texts": "<i8",
    "first_s": "<f8",
    "mentions": "<i4",
    "facet_keys": "<u8",
    "facets": "<u8",
    "facet_counts": "<i8",
}


def parts_of(table: WordTable, prefix: str) -> dict[str, bytes]:
    """The columns, each named `prefix.column`."""
    parts = {f"{prefix}.{name}": getattr(table, name).astype(kind).tobytes() for name, kind in _COLUMNS.items()}
    parts[f"{prefix}.words"] = orjson.dumps(table.words.tolist())
    parts[f"{prefix}.shown"] = orjson.dumps(
        [[one.text, one.topic, one.partition, one.offset] for one in table.shown.tolist()]
    )
    return parts


def table_of(parts: Mapping[str, bytes], prefix: str) -> WordTable:
    """The table of parts. Raises ValueError or KeyError if they are not one."""
    columns = {name: np.frombuffer(parts[f"{prefix}.{name}"], kind) for name, kind in _COLUMNS.items()}
    words = np.array(orjson.loads(parts[f"{prefix}.words"]), np.str_)
    examples = [Example(*one) for one in orjson.loads(parts[f"{prefix}.shown"])]
    shown = np.empty(len(examples), object)
    shown[:] = examples
    mentions = columns.pop("mentions").reshape(-1, EXAMPLES)
    if not len(words) == len(columns["keys"]) == len(mentions) or mentions.max(initial=-1) >= len(shown):
        raise ValueError("a word table whose columns do not fit together")
    return WordTable(words=words, mentions=mentions, shown=shown, **columns)
