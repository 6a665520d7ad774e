"""`new-words warm-up` leaves nothing to compile, and the first compilation is announced."""

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from sketches import kernels
from stream.commands import warm_up as command

ROOT = Path(__file__).parents[3]


def run(*argv: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.main(parser.parse_args(argv))


@pytest.mark.skipif(not kernels.is_installed(), reason="needs numba")
def test_it_compiles_what_discover_uses_too() -> None:
    code = """
import sys
from stream.commands.warm_up import main
main(type("Options", (), {"quiet": True})())
from numba.core.dispatcher import Dispatcher
found = vars(sys.modules["stream.corpus.exact_numba"])
loops = {name: one for name, one in found.items() if isinstance(one, Dispatcher)}
assert loops
assert [name for name, one in loops.items() if name[0] != "_" and name != "finalize" and not one.signatures] == []
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_it_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert command.said(True, True, 6.04) == "compiled in 6.0 s, kept for the next run"
    assert "nothing can be written" in command.said(True, False, 6.0)
    assert "pip install" in command.said(False, True, 0.0)


def test_the_first_loop_that_is_compiled_is_announced_and_no_other() -> None:
    told: list[str] = []
    kernels.tell_when_compiling(lambda: told.append("now"))
    kernels.compiling()
    kernels.compiling()
    assert told == ["now"]


@pytest.mark.skipif(not kernels.is_installed(), reason="needs numba")
def test_a_loop_is_announced_when_it_is_compiled_and_not_when_it_was_kept(tmp_path: Path) -> None:
    (tmp_path / "made_up.py").write_text(
        "from sketches.loops_numba import loop\n\n@loop\ndef doubled(x):\n    return 2 * x\n"
    )
    code = """
from sketches import kernels
import sketches.loops_numba
from made_up import doubled
kernels.tell_when_compiling(lambda: print("compiling"))
assert doubled(3) == 6
"""
    command = [sys.executable, "-c", code]
    said = [subprocess.run(command, check=True, capture_output=True, text=True,
                           env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}).stdout for _ in range(2)]  # fmt: skip
    assert said == ["compiling\n", ""]
