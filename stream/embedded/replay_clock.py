"""Give lines of a source a time and an offset, for commands that replay the past.

The time is that of the text; a text without one gets the time of the text before it, and plain lines are one second
apart. The offset is the number of the line, whether it can be read or not.
"""

from dataclasses import replace

from stream.sources.base import Batch
from stream.sources.read_tally import ReadTally
from stream.text.message import Text, TextSettings

TOPIC = "replay"


class ReplayClock:
    """Decodes the batches of a source with one configuration; `tally` counts what was read."""

    def __init__(self, settings: TextSettings) -> None:
        self.tally = ReadTally()
        self.settings = settings
        self._of_json = {json: replace(settings, format="json" if json else "plain") for json in (True, False)}
        self._now_s, self._offset = 0.0, 0

    def texts(self, batch: Batch) -> list[Text]:
        """The readable texts of the next batch."""
        texts, settings = [], self._of_json[batch.json]
        for line in batch.lines:
            item = self.tally.read(line, self._now_s, TOPIC, self._offset, settings)
            self._offset += 1
            if isinstance(item, Text):
                texts.append(item)
                self._now_s = item.at_s + (not batch.json)
        return texts
