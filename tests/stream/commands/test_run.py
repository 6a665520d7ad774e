"""A process starts only if what it counts means the same to everybody."""

import pytest

from sketches.pair_sketch import SketchSettings
from stream.commands import run
from stream.errors import NewWordsError


def test_a_process_whose_sketches_are_not_those_of_datasketches_refuses_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run.prove_cells(SketchSettings())
    monkeypatch.setattr(run, "cells_differ", lambda rows, seed: f"a table of {rows} rows differs")
    with pytest.raises(NewWordsError, match="a table of 4 rows differs"):
        run.prove_cells(SketchSettings())
