"""Runs tasks that each need a state of their own, in as many threads as there are states.

Compiled loops and numpy release the interpreter lock, so counting in two threads takes half the time.
Guarantee: a state is used by one task at a time, and results come in the order of the tasks. At most one task for each
thread waits, so tasks are read no faster than they are done. An exception of a task is raised where its result is read.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

State = TypeVar("State")
Result = TypeVar("Result")
AHEAD = 1  # tasks for each thread


def in_threads(tasks: Iterable[Callable[[State], Result]], states: Sequence[State]) -> Iterator[Result]:
    """Yield the result of each task, called with a free state; with a single state no thread is used."""
    if len(states) == 1:
        yield from (task(states[0]) for task in tasks)
        return
    from concurrent.futures import ThreadPoolExecutor  # and with it `logging`, which a single state needs not

    free: SimpleQueue[State] = SimpleQueue()
    for state in states:
        free.put(state)

    def done(task: Callable[[State], Result]) -> Result:
        state = free.get()
        try:
            return task(state)
        finally:
            free.put(state)

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(len(states)) as pool:
        for task in tasks:
            waiting.append(pool.submit(done, task))
            if len(waiting) > AHEAD * len(states):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
