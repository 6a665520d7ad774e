"""Lines of a source -> texts on a clock of their own, for commands that replay what is past.

The clock is the text's own time; a text that names none gets that of the text before it, plain lines come one a second.
The number of a line, read or not, is its offset.
"""

from dataclasses import replace

from stream.sources.base import Batch
from stream.sources.read_tally import ReadTally
from stream.text.message import Text, TextSettings

TOPIC = "replay"


class ReplayClock:
    """What one configuration reads in the batches of a source; `tally` keeps account of it."""

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
