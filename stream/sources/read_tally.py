"""Counts what a command could and could not read of its input, so that a wrong setting is noticed.

If nothing or nearly nothing could be read, that is a failure. Texts without a time, or all with the same one, cause a
warning with the fields that look like a time; such a field is never used without being configured. Cost: one comparison
a text; of what cannot be read the first `SHOWN` records are kept.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import inf

from stream.sources.csv_rows import RAGGED
from stream.text.fields import Fields, likely
from stream.text.message import Rejected, Text, TextSettings, decode, parsed, time_fault

SHOWN = 3  # records that could not be read
SHOWN_BYTES = 160  # of each
LEAST_SHARE = 0.05  # of the records; if no more than that can be read, something is wrong with the settings
FEW = 20  # texts too few to wonder that all have one time
UNTIMED = -1.0
RAGGED_REASON = "ragged"


@dataclass(slots=True)
class ReadTally:
    """Reads lines, and counts them."""

    texts: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[str, bytes]] = field(default_factory=list)
    """(reason, record) of the first that could not be read."""
    untimed: int = 0
    earliest_s: float = inf
    latest_s: float = -inf
    is_json: bool = False
    _first: bytes = b""

    def read(self, line: bytes, at_s: float, topic: str, offset: int, settings: TextSettings) -> Text | Rejected:
        """Decode a line as `text.message.decode` does; `at_s` is its time if it names none."""
        item = decode(line, UNTIMED, inf, topic, 0, offset, settings)
        if isinstance(item, Rejected):
            self.reject(item.reason, line, settings)
            return item
        self.texts += 1
        if settings.format == "json":
            self.is_json = True
            self._first = self._first or line[: settings.max_bytes]
        if item.at_s == UNTIMED:
            self.untimed += 1
            return item._replace(at_s=at_s)
        self.earliest_s, self.latest_s = min(self.earliest_s, item.at_s), max(self.latest_s, item.at_s)
        return item

    def reject(self, reason: str, line: bytes, settings: TextSettings) -> None:
        """Count a record that cannot be read, and keep it if it is one of the first."""
        if line.startswith(RAGGED) and reason == "not_json":
            reason = RAGGED_REASON
        self.rejected[reason] += 1
        if len(self.shown) < SHOWN and reason != "empty":
            because = f"bad_time: {time_fault(line, settings)}" if reason == "bad_time" else reason
            self.shown.append((because, line[: settings.max_bytes]))

    @property
    def failed(self) -> bool:
        """Whether nothing, or nearly nothing, of a non-empty input could be read."""
        bad = self.rejected.total() - self.rejected["empty"]
        return bad > 0 and self.texts <= LEAST_SHARE * (bad + self.texts)

    def summary(self) -> Iterator[str]:
        """Return how much could not be read, with the first such records; empty if everything could."""
        if self.rejected:
            listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self.rejected.items()))
            yield f"not readable: {listed}"
        for reason, record in self.shown:
            yield f"  {reason}: {record[:SHOWN_BYTES].decode('utf-8', 'replace')}"

    def failure(self, settings: TextSettings) -> Iterator[str]:
        """Return the message for an input of which nothing or nearly nothing could be read, with a likely reason."""
        if self.failed:
            yield from _hints(self.shown, settings)
            total = self.texts + self.rejected.total()
            yield f"nothing could be read of {total:,} records" if not self.texts else (
                f"nearly nothing could be read: {self.texts:,} of {total:,} records")  # fmt: skip

    def warnings(self, settings: TextSettings, only_with_hint: bool = False) -> Iterator[str]:
        """Return what is odd about the times; with `only_with_hint` only if a field looks like a time."""
        if not self.is_json or not self.texts:
            return
        named = " or ".join(settings.ts_field) or "nothing"
        if self.untimed == self.texts:
            found = likely(parsed(self._first)).ts
            hint = f"; {found[0]} looks like one: --ts-column {found[0]}" if found else ""
            if hint or not only_with_hint:
                yield f"warning: no text names a time (text.ts_field: {named}){hint}"
        elif self.untimed * 2 > self.texts and not only_with_hint:
            yield f"warning: {self.untimed:,} of {self.texts:,} texts name no time (text.ts_field: {named})"
        elif self.texts > FEW and self.earliest_s == self.latest_s:
            yield f"warning: all texts have the same time (text.ts_field: {named}); no word can be new"


def _hints(shown: Sequence[tuple[str, bytes]], settings: TextSettings) -> Iterator[str]:
    reasons = {reason.partition(":")[0] for reason, _ in shown}
    if "no_text" in reasons:
        record = next(record for reason, record in shown if reason == "no_text")
        found: Fields = likely(parsed(record))
        named = " or ".join(settings.field)
        hint = f"; {found.text[0]} looks like one: --column {found.text[0]}" if found.text else ""
        yield f"text.field {named}: there is no such text{hint}"
    if "not_utf8" in reasons:
        yield "not UTF-8: --encoding names another one, for example gb18030 or big5"
    if RAGGED_REASON in reasons:
        yield "rows of another length: a text that holds the delimiter must stand in quotes (--delimiter, --quote)"
