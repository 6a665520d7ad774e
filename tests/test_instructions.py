"""Decode, clean, count, cut and look take no more instructions than `tests/bench/instructions.json` says, and a tenth.

Whoever makes one of them dearer for a good reason renews the file: `python -m tests.bench.instructions --write`.
"""

import json
from pathlib import Path

import pytest

from tests.bench import instructions
from tests.machine import needs


def test_the_hot_paths_take_no_more_instructions_than_they_did() -> None:
    needs("valgrind")
    known = json.loads(instructions.NUMBERS.read_text())
    if known["of"] != instructions.versions():
        pytest.skip(f"instructions.json is of {known['of']}, this is {instructions.versions()}")
    found = {name: (before, now) for name, before, now in instructions.compared(instructions.measured())}
    assert set(found) == set(known["instructions"])
    grown = {name: f"{now / before:.2f}" for name, (before, now) in found.items() if now > instructions.GROWTH * before}
    assert not grown, f"times as many instructions as {Path(instructions.NUMBERS).name} says"
