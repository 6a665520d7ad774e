"""A reviewer's verdict on a word (accepted, refused, or part of another word) and its JSON on the topic
`word-verdicts`.

A record's key is the folded word (`fold_word`), so the last record of a key is the current verdict; a record without a
value withdraws it. Guarantee: decoding returns what was encoded.
"""

from dataclasses import asdict, dataclass
from typing import Any

import orjson

from stream.events.events import iso
from stream.text.runs import fold_word
from stream.text.times import iso_s

SCHEMA_VERSION = 1
ACCEPTED, REFUSED, PART_OF = "accepted", "refused", "part_of"
VERDICTS = (ACCEPTED, REFUSED, PART_OF)
MOST_WORD_CHARS, MOST_NOTE_CHARS, MOST_NAME_CHARS = 100, 1000, 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict. `of` is the word that it is a part of, for that verdict; `by` is the reviewer, empty if not known."""

    word: str
    verdict: str
    at_s: float
    of: str | None = None
    note: str = ""
    by: str = ""

    @property
    def key(self) -> str:
        """The folded word."""
        return fold_word(self.word)

    def fault(self) -> str | None:
        """Return what is wrong with it; None if it is valid."""
        if not self.word.strip() or len(self.word) > MOST_WORD_CHARS:
            return f"a word must have 1 to {MOST_WORD_CHARS} characters"
        if self.verdict not in VERDICTS:
            return f"a verdict must be one of {', '.join(VERDICTS)}"
        if (self.of is not None) != (self.verdict == PART_OF):
            return f"{PART_OF} names the other word, and nothing else does"
        if self.of is not None and (not 0 < len(self.of.strip()) <= MOST_WORD_CHARS or fold_word(self.of) == self.key):
            return f"the other word must have 1 to {MOST_WORD_CHARS} characters, and be another one"
        if len(self.note) > MOST_NOTE_CHARS or len(self.by) > MOST_NAME_CHARS:
            return f"a note must have at most {MOST_NOTE_CHARS} characters, a name {MOST_NAME_CHARS}"
        return None


def encode_verdict(one: Verdict) -> bytes:
    """Return one line of JSON as UTF-8, without the newline."""
    return orjson.dumps({"schema": SCHEMA_VERSION, **fields_of(one)})


def fields_of(one: Verdict) -> dict[str, Any]:
    """Return the JSON object, with the time in ISO 8601."""
    fields = asdict(one)
    fields["part_of"], fields["at"] = fields.pop("of"), iso(fields.pop("at_s"))
    return fields


def decode_verdict(line: bytes) -> Verdict:
    """Decode a line. Raises ValueError if it is not a verdict or has another schema version."""
    try:
        fields = orjson.loads(line)
        if fields.pop("schema") != SCHEMA_VERSION:
            raise ValueError(f"a verdict of another schema version than {SCHEMA_VERSION}")
        at_s = iso_s(fields.pop("at"))
        if at_s is None:
            raise ValueError("a verdict without a time")
        one = Verdict(at_s=at_s, of=fields.pop("part_of"), **fields)
        if not all(type(text) is str for text in (one.word, one.verdict, one.note, one.by, one.of or "")):
            raise TypeError("a field of another kind than text")
        if fault := one.fault():
            raise ValueError(fault)
        return one
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError) as fault:
        raise ValueError(f"not a verdict: {fault}") from fault
