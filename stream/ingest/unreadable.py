"""Log how many records of the live topic cannot be read, once a minute, and report not ready if nearly all cannot.

Dead letters and counters are easily overlooked. So the first unreadable record is logged with its reason and its
beginning, and then their number once a minute. If nearly all records are unreadable, a setting (`text.field`) or a
producer is wrong, and /readyz says so.
"""

import logging
from collections import Counter
from collections.abc import Sequence

from stream.ingest.dead_letters import Rejection
from stream.text.fields import likely
from stream.text.message import TextSettings, parsed, time_fault

log = logging.getLogger(__name__)
EVERY_S = 60.0
FEW = 20  # with fewer records nothing is concluded
NEARLY_ALL = 0.95  # of the records
SHOWN_BYTES = 160  # of the example


class Unreadable:
    """Counts what one worker could not read, minute by minute."""

    def __init__(self, topic: str, settings: TextSettings) -> None:
        self._topic, self._settings = topic, settings
        self._begun_s: float | None = None
        self._readable = 0
        self._rejected: Counter[str] = Counter()
        self._example = ""
        self._hint = ""
        self.fault = ""
        """Why nearly all recent records are unreadable; empty if they are not, or if there are too few."""

    def note(self, readable: int, rejected: Sequence[Rejection], now_s: float) -> None:
        """Note a batch: the number of readable records, and the rejected ones."""
        if not readable and not rejected:
            return
        self._readable += readable
        for one in rejected:
            self._rejected[one.reason] += 1
            if not self._example:
                self._example, self._hint = self._described(one)
        self._judge()
        if self._begun_s is None:
            self._begun_s = now_s
            self._say()
        elif now_s - self._begun_s >= EVERY_S:
            self._say()
            self._begun_s, self._readable, self._example = now_s, 0, ""
            self._rejected.clear()

    def _judge(self) -> None:
        bad = self._rejected.total() - self._rejected["empty"]
        every = self._readable + bad
        if every < FEW:
            return
        is_fault = bad >= NEARLY_ALL * every
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self._rejected.items()))
        self.fault = f"{bad:,} of the last {every:,} records of {self._topic} cannot be read: {listed}{self._hint}" if (
            is_fault) else ""  # fmt: skip

    def _say(self) -> None:
        if not self._rejected:
            return
        bad, every = self._rejected.total(), self._readable + self._rejected.total()
        listed = ", ".join(f"{reason} {count:,}" for reason, count in sorted(self._rejected.items()))
        log.warning("%s: %d of %d records could not be read (%s)%s; for example %s", self._topic, bad, every, listed,
                    self._hint, self._example)  # fmt: skip

    def _described(self, one: Rejection) -> tuple[str, str]:
        """The position and beginning of a record, and a hint."""
        value, record = one.record.value or b"", one.record
        shown = ascii(value[:SHOWN_BYTES].decode("utf-8", "replace"))
        example = f"partition {record.partition}, offset {record.offset}: {shown}"
        if one.reason == "bad_time":
            return example, f"; {time_fault(value, self._settings)}"
        if one.reason != "no_text":
            return example, ""
        found, named = likely(parsed(value)).text, " or ".join(self._settings.field)
        return example, f"; text.field is {named}" + (f", {found[0]} looks like a text" if found else "")
