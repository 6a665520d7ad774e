"""The examples in the docstrings of the pure core hold."""

import doctest
import importlib
import pkgutil

import pytest

from tests.test_layers import PURE

MODULES = [
    found.name
    for package in map(importlib.import_module, PURE)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0


def test_there_are_modules_with_examples() -> None:
    finder = doctest.DocTestFinder()
    examples = {
        name: sum(len(test.examples) for test in finder.find(importlib.import_module(name))) for name in MODULES
    }
    assert {"sketches.count_min", "stream.text.runs"} <= set(MODULES)
    assert examples["stream.text.runs"]
    assert examples["stream.segmentation.cut"]
