"""trend -> event: the JSON on topic `new-words`, and back.

One event is one line of JSON, the same bytes for the same event; `event.schema.json` beside this file describes it.
Guarantee: an event decodes to what was encoded. Events of schema 1 are still read: they lack `earlier`, `story` and
`related`, which only schema 2 has.
"""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import orjson

from stream.events.examples import Example
from stream.text.runs import fold_word
from stream.text.times import iso_s

SCHEMA_VERSION = 2
READABLE_VERSIONS = (1, 2)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EMERGED, RISING, FADED, HELD = "emerged", "rising", "faded", "held"
UNSEEN, REVIVED = "unseen", "revived"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The neighbours on one side of a word: distinct characters, and the share of the most frequent (an edge is
    none).
    """

    distinct: int
    top_share: float


@dataclass(frozen=True, slots=True)
class Related:
    """Another announced word in the same texts; `overlap` is the share of the rarer word's texts that hold both."""

    word: str
    overlap: float


@dataclass(frozen=True, slots=True)
class Event:
    """A word that trends, with the evidence. Times are seconds since 1970 UTC; `cohesion` is the PMI of each link.

    `first_seen_s` is the first mention within the recent horizon, not the first ever; `earlier` is an upper bound of
    the texts before the horizon, None while nothing remembers them. `story` names the story the word belongs to, by
    the word that began it and when; words of one story have the same name, and a word that joins one has that of
    another word. `related` are the words it shares texts with, the closest first.
    """

    word: str
    status: str
    detected_at_s: float
    first_seen_s: float
    window_s: float
    count: int
    baseline: float
    score: float
    novelty: str
    cohesion: tuple[float | None, ...]
    left: Neighbours
    right: Neighbours
    sources: int | None
    examples: tuple[Example, ...]
    model: int
    earlier: int | None = None
    story: str | None = None
    related: tuple[Related, ...] = ()


def encode(event: Event) -> bytes:
    """One line of JSON, UTF-8, without the newline."""
    fields: dict[str, Any] = {"schema": SCHEMA_VERSION, **asdict(event)}
    fields["detected_at"] = iso(fields.pop("detected_at_s"))
    fields["first_seen"] = iso(fields.pop("first_seen_s"))
    order = ("schema", "word", "status", "detected_at", "first_seen")
    return orjson.dumps({name: fields[name] for name in order} | fields)


def decode_event(line: bytes) -> Event:
    """The event of a line. Raises ValueError if it is not one of a schema version that can be read."""
    try:
        fields = orjson.loads(line)
        if (version := fields.pop("schema")) not in READABLE_VERSIONS or type(version) is not int:
            raise ValueError(f"an event of schema {version}, but only {READABLE_VERSIONS} can be read")
        if version == 1 and fields.keys() & {"earlier", "story", "related"}:
            raise TypeError("a field of schema 2 in an event of schema 1")
        detected, seen = iso_s(fields.pop("detected_at")), iso_s(fields.pop("first_seen"))
        if detected is None or seen is None:
            raise ValueError("an event without times")
        fields["left"], fields["right"] = Neighbours(**fields["left"]), Neighbours(**fields["right"])
        fields["examples"] = tuple(Example(**example) for example in fields["examples"])
        fields["cohesion"] = tuple(fields["cohesion"])
        fields["related"] = tuple(Related(**one) for one in fields.pop("related", ()))
        event = Event(detected_at_s=detected, first_seen_s=seen, **fields)
        _check(event)
        return event
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"not an event: {fault}") from fault


def _check(event: Event) -> None:
    """Others may write to the topic as well. Raises TypeError if a field is of another kind than declared."""
    texts = [
        event.word,
        event.status,
        event.novelty,
        *(text for one in event.examples for text in (one.text, one.topic)),
        *(one.word for one in event.related),
        *([] if event.story is None else [event.story]),
    ]
    whole = [event.count, event.model, event.left.distinct, event.right.distinct,
             *(number for one in event.examples for number in (one.partition, one.offset))]  # fmt: skip
    figures = [event.window_s, event.baseline, event.score, event.left.top_share, event.right.top_share,
               *(link for link in event.cohesion if link is not None),
               *(one.overlap for one in event.related)]  # fmt: skip
    counts = [*whole, *(count for count in (event.sources, event.earlier) if count is not None)]
    if not (all(type(text) is str for text in texts) and all(type(count) is int for count in counts)
            and all(type(figure) in (int, float) for figure in figures) and event.word):  # fmt: skip
        raise TypeError("a field of another kind than the schema says")


def event_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an event."""
    schema: dict[str, Any] = orjson.loads(files("stream.events").joinpath("event.schema.json").read_bytes())
    return schema


def rounded(event: Event) -> Event:
    """The event with its figures as they are published: three decimals, shares four, whole milliseconds."""
    return replace(
        event,
        window_s=round(event.window_s, 3),
        left=replace(event.left, top_share=round(event.left.top_share, 4)),
        right=replace(event.right, top_share=round(event.right.top_share, 4)),
        baseline=round(event.baseline, 3),
        score=round(event.score, 3),
        cohesion=tuple(None if link is None else round(link, 3) for link in event.cohesion),
        detected_at_s=round(event.detected_at_s, 3),
        first_seen_s=round(event.first_seen_s, 3),
        related=tuple(replace(one, overlap=round(one.overlap, 3)) for one in event.related),
    )


def story_name(word: str, at_s: float) -> str:
    """The name of the story that a folded word began.

    >>> story_name("涿州", 1690855200.25)
    '涿州@2023-08-01T02:00:00Z'
    """
    return f"{word}@{iso(at_s)[:-5]}Z"


def joins(event: Event) -> bool:
    """Whether the word belongs to a story that another one began."""
    return event.story is not None and first_word(event.story) != fold_word(event.word)


def first_word(story: str) -> str:
    """The word that began a story, folded.

    >>> first_word("涿州@2023-08-01T02:00:00Z")
    '涿州'
    """
    return story.rpartition("@")[0]


def iso(at_s: float) -> str:
    """A time as it is published: UTC, milliseconds.

    >>> iso(0.5)
    '1970-01-01T00:00:00.500Z'
    """
    moment = _EPOCH + timedelta(milliseconds=round(at_s * 1000))
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
