"""Counts how much of what was fed is missing in the states, and how much is there twice."""

from dataclasses import dataclass, field

RELATIVE = 1e-9


@dataclass(slots=True)
class Verdict:
    """How much is missing and how much is too many; `notes` say of what."""

    lost: float = 0
    double: float = 0
    stuck: int = 0
    notes: list[str] = field(default_factory=list)

    def compare(self, what: str, got: float, expected: float) -> None:
        if abs(got - expected) <= RELATIVE * max(1.0, abs(expected)):
            return
        self.lost += max(0.0, expected - got)
        self.double += max(0.0, got - expected)
        self.notes.append(f"{what}: {got:g}, not {expected:g}")

    def miss(self, note: str) -> None:
        """Something is not there."""
        self.lost += 1
        self.notes.append(note)

    def exceed(self, note: str) -> None:
        """Something is there that should not be."""
        self.double += 1
        self.notes.append(note)

    def add(self, other: "Verdict") -> None:
        self.lost += other.lost
        self.double += other.double
        self.stuck += other.stuck
        self.notes += other.notes

    @property
    def clean(self) -> bool:
        return not (self.lost or self.double or self.stuck)

    def __str__(self) -> str:
        return f"lost={self.lost:g} double={self.double:g} stuck={self.stuck}"
