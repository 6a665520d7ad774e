"""Whole records that are not what they should be, and events that others wrote: refused with a reason, or taken whole.

Their checksums are right, so another version, or another program, has written them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sketches.count_min import CountMin
from sketches.pair_sketch import PairSketch
from stream.events.events import decode_event, encode
from stream.finder.finder import Finder
from stream.roles.context import UNFIT
from stream.rules.word_lists import WordLists
from stream.state.announcer_codec import events_of, restore, snapshot_of
from stream.state.chunks import StateRecord
from stream.state.model_codec import model_of
from stream.tallies.shard import Shard
from stream.trends.leaderboard import Leaderboard, encode_snapshot
from stream.trends.new_words import NewWords
from tests.stream.events.event_samples import event
from tests.stream.roles.simulated_cluster import STATE_TOPICS, Crew

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
LAW = settings(max_examples=150)


@cache
def crew() -> Crew:
    crew = Crew("sketches.pair_width=64", "sketches.char_width=64", "finder.memory_width=64")
    crew.start("only")
    crew.feed(400.0)
    crew.idle(60.0)
    return crew


@cache
def records() -> list[StateRecord]:
    return [record for key in STATE_TOPICS for record in list(crew().states(key).values())[:6]]


def changed_json(whole: bytes, data: st.DataObject) -> bytes:
    """JSON of which one value, at any depth, is another."""
    root = value = orjson.loads(whole)
    while value and isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(value[key], dict | list) or not value[key] or data.draw(st.booleans()):
            value[key] = data.draw(JSON.filter(_is_json))
            break
        value = value[key]
    return orjson.dumps(root)


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:  # an integer too large
        return False
    return True


@st.composite
def changed_records(draw: st.DrawFn, data: st.DataObject) -> StateRecord:
    record = draw(st.sampled_from(records()))
    parts, meta = {part: bytes(content) for part, content in record.parts.items()}, dict(record.meta)
    if meta and draw(st.booleans()):
        meta[draw(st.sampled_from(sorted(meta)))] = draw(JSON)
    if parts and (not meta or draw(st.booleans())):
        name = draw(st.sampled_from(sorted(parts)))
        content = parts.pop(name)
        kind = draw(st.sampled_from(["gone", "cut", "noise", "longer", "json"]))
        if kind == "cut":
            parts[name] = content[: draw(st.integers(0, len(content)))]
        elif kind == "noise":
            parts[name] = draw(st.binary(max_size=64))
        elif kind == "longer":
            parts[name] = content + draw(st.binary(min_size=1, max_size=16))
        elif kind == "json" and content[:1] in (b"[", b"{"):
            parts[name] = changed_json(content, data)
    return replace(record, parts=parts, meta=meta)


@LAW
@given(st.data())
def test_a_record_that_does_not_fit_raises_what_is_called_unfit_and_nothing_else(data: st.DataObject) -> None:
    record = data.draw(changed_records(data))
    config = crew().config
    finder = Finder(config.finder, config.sketches.fixed_seed, config.novelty.memory)
    trends = NewWords(config.trends, finder, WordLists.none(), config.windows.length_s)
    readers: list[tuple[Callable[[], Any], Callable[[Any], object]]] = [
        (lambda: PairSketch.from_bytes(record.parts, config.sketches), lambda sketch: sketch.stored()),
        (lambda: Shard.restored(record, config.sketches), lambda shard: shard.snapshot(1)),
        (lambda: model_of(record), lambda model: model.rarest_link("新词")),
        (lambda: restore(trends, record), lambda chains: snapshot_of(trends, 1, chains)),
        (lambda: events_of(record), lambda events: [encode(event) for event in events]),
    ]
    for read, use in readers:
        try:
            found = read()
        except UNFIT:
            continue
        use(found)


@LAW
@given(st.data())
def test_an_event_that_others_wrote_is_refused_or_can_be_shown(data: st.DataObject) -> None:
    whole = encode(event("塑稚酉", 1e9))
    try:
        found = decode_event(changed_json(whole, data))
    except ValueError:
        return
    board = Leaderboard(3)
    board.add([found])
    encode_snapshot(board.snapshot(0.0, live=False))
    assert encode(decode_event(encode(found))) == encode(found)  # moments are written to the millisecond


@pytest.mark.parametrize("pair", [(0x110000 << 32) | 97, (97 << 32) | 0xFFFFFFFF])
def test_a_model_of_code_points_that_do_not_exist_is_none(pair: int) -> None:
    """Tables as long as the greatest code point: 16 GiB for one pair."""
    parts = {"pairs": np.array([pair], "<u8").tobytes()} | dict.fromkeys(("pmi", "counts"), bytes(4))
    with pytest.raises(ValueError, match="characters"):
        model_of(StateRecord("model", 1, parts, {"as_of_s": 0.0}))


def test_a_sketch_of_very_many_rows_is_refused_before_their_seeds_are_drawn() -> None:
    sketch = CountMin(1, 1 << 16, 7).to_bytes()
    turned = sketch[:8] + (16).to_bytes(4, "little") + (1 << 12).to_bytes(2, "little") + sketch[14:]
    with pytest.raises(ValueError, match="not a count-min sketch"):
        CountMin.from_bytes(turned, 7)
