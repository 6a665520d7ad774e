"""Lines of a source -> messages for the topic `raw-text`, in the format the service reads (`text.format`).

Whatever the service would reject (broken, empty, too large) is counted by reason here and not sent.
"""

from collections import Counter
from dataclasses import dataclass, replace

import orjson

from stream.text.message import Rejected, Text, TextSettings, decode


@dataclass(frozen=True, slots=True)
class Message:
    """One text as it goes into the topic; its key is its source, where it names one."""

    key: bytes | None
    value: bytes


class Encoder:
    """Makes messages, and counts what was left out."""

    def __init__(self, settings: TextSettings) -> None:
        self.rejected: Counter[str] = Counter()
        """How many were left out, by reason (`stages.text.REASONS`)."""
        self._settings = settings
        self._of_json = {json: replace(settings, format="json" if json else "plain") for json in (True, False)}

    def messages(self, lines: list[bytes], json: bool) -> list[Message]:
        """The readable ones, in order. A line of our own format goes on byte by byte, with all its fields."""
        made = (self._message(line, json) for line in lines)
        return [message for message in made if message is not None]

    def _message(self, line: bytes, json: bool) -> Message | None:
        item = decode(line, 0.0, float("inf"), "", 0, 0, self._of_json[json])
        if isinstance(item, Text) and json != (self._settings.format == "json"):
            line = item.text.encode() if json else orjson.dumps({"text": item.text})
            if len(line) > self._settings.max_bytes:
                item = Rejected("too_large", 0, 0)
        if isinstance(item, Rejected):
            self.rejected[item.reason] += 1
            return None
        return Message(item.source.encode("utf-8", "replace") if item.source else None, line)
