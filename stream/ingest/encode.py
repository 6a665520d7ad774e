"""Convert lines of a source to messages for topic `raw-text`, in the format of section `text`.

Lines the service would reject (broken, empty, too large) are counted by reason and not sent.
"""

from dataclasses import dataclass, replace

import orjson

from stream.sources.read_tally import ReadTally
from stream.text.message import Rejected, Text, TextSettings


@dataclass(frozen=True, slots=True)
class Message:
    """One message for the topic; its key is the source of the text, if there is one."""

    key: bytes | None
    value: bytes


class Encoder:
    """Makes messages for a service with these settings, and counts the lines left out.

    `read_as` says how the lines are read if that differs; then each message is encoded again.
    """

    def __init__(self, settings: TextSettings, read_as: TextSettings | None = None) -> None:
        self.tally = ReadTally()
        self.settings = read_as or settings
        self._target = settings
        self._of_json = {json: replace(self.settings, format="json" if json else "plain") for json in (True, False)}
        self._as_it_is = (self.settings.fields, self.settings.zone) == (settings.fields, settings.zone)

    def messages(self, lines: list[bytes], json: bool) -> list[Message]:
        """Messages of the readable lines, in order. A line the service can read is passed on with all its fields."""
        made = (self._message(line, json) for line in lines)
        return [message for message in made if message is not None]

    def _message(self, line: bytes, json: bool) -> Message | None:
        tally = self.tally
        before = tally.untimed
        item = tally.read(line, 0.0, "", 0, self._of_json[json])
        if isinstance(item, Rejected):
            return None
        wants_json = self._target.format == "json"
        if json != wants_json or (json and not self._as_it_is):
            line = self._record(item, timed=json and tally.untimed == before) if wants_json else item.text.encode()
            if len(line) > self._target.max_bytes:
                tally.texts -= 1
                tally.reject("too_large", line, self._target)
                return None
        return Message(item.source.encode("utf-8", "replace") if item.source else None, line)

    def _record(self, item: Text, timed: bool) -> bytes:
        return orjson.dumps(self._target.fields.record(item.text, item.at_s if timed else None, item.source))
