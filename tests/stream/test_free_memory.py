"""Free memory is returned to the system, even between blocks in use or in a cycle."""

import ctypes
import subprocess
import sys

import pytest

CHILD = """
import resource
from pathlib import Path
from stream.free_memory import EVERY_S, WORKED_S, Heap

def resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6

now_s = worked_s = 0.0
heap = Heap(lambda: now_s, lambda: worked_s)
heap.begin()
held = [bytes(50_000) for _ in range(2000)]
held[:] = [piece if number % 20 == 0 else None for number, piece in enumerate(held)]
cycle = [b"." * 20_000_000]
cycle.append(cycle)
del cycle
full = resident_mb()
heap.give_back_in_time()
early = resident_mb()
now_s = EVERY_S
heap.give_back_in_time()
idle = resident_mb()
worked_s = WORKED_S
heap.give_back_in_time()
after = resident_mb()
del held
heap.give_back()
print(full, early, idle, after, resident_mb())
"""


def test_once_in_a_while_what_is_free_or_in_a_cycle_is_given_back() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("this C library is not glibc, and its heap is left alone")
    run = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True, check=True)
    full, early, idle, after, at_once = map(float, run.stdout.split())
    assert full - early < 5
    assert early - idle < 5, "nothing was done meanwhile"
    assert early - after > 105  # of 115
    assert after - at_once > 3  # of 5
