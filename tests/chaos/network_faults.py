"""Faults of the network between processes and brokers: their kinds and durations."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.broker.proxy import Network

DELAY_S, RESET_SHARE = 0.5, 0.05


@dataclass(frozen=True, slots=True)
class NetworkFault:
    """`one_lane` is for a fault of which the processes on the other lane see nothing."""

    name: str
    seconds: float
    one_lane: bool = False

    def begin(self, lanes: Collection[Network]) -> None:
        for lane in lanes:
            if self.name == "delay":
                lane.slow(DELAY_S)
            elif self.name == "resets":
                lane.reset(RESET_SHARE)
            else:
                lane.hole()

    @staticmethod
    def end(lanes: Collection[Network]) -> None:
        for lane in lanes:
            lane.heal()

    def __str__(self) -> str:
        return f"{self.name} for {self.seconds:g} s"


NETWORK_FAULTS = (
    NetworkFault("hole", 20.0), NetworkFault("one lane cut off", 45.0, True), NetworkFault("resets", 20.0),
    NetworkFault("hole", 90.0), NetworkFault("delay", 20.0),
)  # fmt: skip


def in_turn(first: int) -> Iterator[NetworkFault]:
    """One after the other, for ever, from this one on."""
    return cycle(NETWORK_FAULTS[first % len(NETWORK_FAULTS) :] + NETWORK_FAULTS[: first % len(NETWORK_FAULTS)])
