"""Waits for another thread's work without hindering it."""

from collections.abc import Callable
from threading import Event


def until(reached: Callable[[], bool]) -> None:
    """Return when it is; pytest's time limit ends what never is."""
    never = Event()
    while not reached():
        never.wait(0.005)
