"""Lines of a source -> texts on a clock of their own, for commands that replay what is past.

The clock is the text's own time; a text that names none gets that of the text before it, plain lines come one a second.
The number of a line, read or not, is its offset.
"""

from collections import Counter
from dataclasses import replace

from stream.sources.base import Batch
from stream.text.message import Rejected, Text, TextSettings, decode

TOPIC = "replay"


class ReplayClock:
    """What one configuration reads in the batches of a source; what it cannot read is counted by reason."""

    def __init__(self, settings: TextSettings) -> None:
        self.rejected: Counter[str] = Counter()
        self._of_json = {json: replace(settings, format="json" if json else "plain") for json in (True, False)}
        self._now_s, self._offset = 0.0, 0

    def texts(self, batch: Batch) -> list[Text]:
        """The readable texts of the next batch."""
        texts = []
        for line in batch.lines:
            item = decode(line, self._now_s, float("inf"), TOPIC, 0, self._offset, self._of_json[batch.json])
            self._offset += 1
            if isinstance(item, Rejected):
                self.rejected[item.reason] += 1
            else:
                texts.append(item)
                self._now_s = item.at_s + (not batch.json)
        return texts
