"""Tasks in several threads: each state is used by one task at a time, and no exception is lost."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from stream.in_threads import AHEAD, in_threads


def add(number: int, into: list[int]) -> int:
    into.append(number)
    return number


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_every_task_is_done_once_and_results_come_in_their_order(threads: int) -> None:
    states: list[list[int]] = [[] for _ in range(threads)]
    assert list(in_threads((partial(add, number) for number in range(100)), states)) == list(range(100))
    assert sorted(number for state in states for number in state) == list(range(100))


def test_tasks_are_taken_no_faster_than_they_are_done() -> None:
    taken = []

    def tasks() -> Iterator[Callable[[int], int]]:
        for number in range(100):
            taken.append(number)
            yield lambda state: state

    results = in_threads(tasks(), [1, 2])
    next(results)
    assert len(taken) == 2 * AHEAD + 1


@pytest.mark.parametrize("threads", [1, 2])
def test_a_task_that_fails_raises_where_its_result_is_asked_for(threads: int) -> None:
    def fail(state: int) -> int:
        raise ValueError("broken")

    results = in_threads(iter([lambda state: 1, fail]), list(range(threads)))
    assert next(results) == 1
    with pytest.raises(ValueError, match="broken"):
        next(results)
