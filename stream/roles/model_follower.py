"""strong-pairs -> the model in use: follows the topic and applies models in the order of their time."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace

from stream.log.protocol import Record
from stream.roles.context import UNFIT, Context
from stream.segmentation.pmi_model import StrongPairs
from stream.state.chunks import StateRecord
from stream.state.model_codec import joined_model, model_of, shards_of
from stream.tallies.shard import PREFIX

log = logging.getLogger(__name__)


def read_model(record: StateRecord, edge: Context, role: str) -> StrongPairs | None:
    """Decode the model of a record; None, with a log line and a count, if it cannot be read."""
    try:
        return model_of(record)
    except UNFIT as fault:
        edge.metrics.state_unreadable.labels(role).inc()
        log.warning("%s: the model cannot be used; waiting for the next one: %s", role, fault)
        return None


@dataclass(frozen=True, slots=True)
class Share:
    """The last model that one of `shards` shards has published."""

    name: str
    model: StrongPairs
    shards: int


class ModelFollower:
    """Follows the topic of the model; `model` is the one in use, joined from the shares of all shards.

    In a backlog, models are applied in step with the texts, not the newest at once. The next share waits here, the
    records polled with it undecoded, later ones on the topic. There is no model before each shard has published a
    share.
    """

    def __init__(self, edge: Context, role: str) -> None:
        """Unreadable records are counted under that role."""
        self._edge, self._role = edge, role
        self._source = edge.open_source(edge.config.topics.strong_pairs, None)
        self._assembler = self._edge.assembler(_is_share)
        self.model = StrongPairs.empty()
        self._shares: dict[str, Share] = {}
        self._next: Share | None = None
        self._polled: Iterator[Record] = iter(())
        self._at_end = False

    @property
    def ready(self) -> bool:
        """Whether there is a model, or the topic was read to its end and holds none."""
        return bool(self.model.version) or self._next is not None or self._at_end

    def advance(self, at_s: float) -> bool:
        """Apply models until one covers texts of that time; return whether one was applied."""
        moved = False
        while (coming := self._coming()) is not None and (self.model.as_of_s < at_s or coming.model.as_of_s <= at_s):
            self._shares[coming.name], self._next = coming, None
            shares = [share for _, share in sorted(self._shares.items()) if share.shards == coming.shards]
            if len(shares) == coming.shards:
                self.model, moved = joined_model([share.model for share in shares]), True
        return moved

    def close(self) -> None:
        self._source.close()

    def _coming(self) -> Share | None:
        """Return the next share after those in use, None if there is none yet."""
        if self._next is None:
            self._next = self._read()
        if self._next is None:
            polled = self._source.poll(0.0)
            for partition in polled.assigned or polled.lost:  # the topic is new to us, or was made anew
                self._assembler = self._edge.assembler(_is_share)
                self._source.seek(partition, None)
            self._polled = iter(polled)
            self._next = self._read()
            self._edge.report_unreadable(self._assembler, self._role)
            lag = self._source.lag()
            self._at_end = bool(lag) and not any(lag.values())
        return self._next

    def _read(self) -> Share | None:
        """Decode the next share from the polled records."""
        for record in self._polled:
            state = self._assembler.add(record.key, record.value)
            if state is not None and state.name.endswith("+"):
                if touched := self._touched(state):
                    return touched
                continue
            model = None if state is None else read_model(state, self._edge, self._role)
            if state is None or model is None:
                continue
            last = self._shares.get(state.name)
            if last is None or model.version > last.model.version or model.as_of_s > last.model.as_of_s:
                return Share(state.name, model, shards_of(state))  # not one read again; one of no pairs is one too
        return None

    def _touched(self, state: StateRecord) -> Share | None:
        """Return the share in use with a later time; None if the record is for another version."""
        last = self._shares.get(state.name.removesuffix("+"))
        as_of_s = float(state.meta.get("as_of_s", 0.0))
        if last is None or last.model.version != state.next_offset or as_of_s <= last.model.as_of_s:
            return None
        return replace(last, model=replace(last.model, as_of_s=as_of_s))


def _is_share(name: str) -> bool:
    return name.startswith(PREFIX)
