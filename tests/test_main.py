"""The command line: only the requested command is imported; each outcome has its exit code.

Only bugs have tracebacks.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

import pytest

import stream.__main__
import stream.commands
from stream.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[1]
THERE = [name for name, _ in COMMANDS if find_spec(f"stream.commands.{name.replace('-', '_')}")]
Ends = Callable[[str], int]


@pytest.fixture
def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Run a command whose main is this one statement; its exit code."""

    def run(statement: str) -> int:
        (tmp_path / "made_up.py").write_text(
            '"""It ends."""\nfrom stream.errors import *\n\n'
            "def add_arguments(parser):\n    parser.add_argument('--loud', action='store_true')\n\n"
            f"def main(args):\n    {statement}\n"
        )
        monkeypatch.setattr(stream.commands, "__path__", [*stream.commands.__path__, str(tmp_path)])
        monkeypatch.setattr(stream.__main__, "COMMANDS", (("made_up", "it ends"), ("not_there", "nor listed")))
        monkeypatch.delitem(sys.modules, "stream.commands.made_up", raising=False)
        invalidate_caches()
        return main(["made_up"])

    return run


def new_words(*argv: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stream", *argv]
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", THERE)
def test_every_command_has_a_help_with_an_example_and_its_options(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    printed = capsys.readouterr().out
    assert ended.value.code == 0
    assert f"usage: new-words {name}" in printed
    assert f"    new-words {name}" in printed or f"| new-words {name}" in printed
    assert "--" in printed


def test_a_command_not_written_yet_is_not_listed(ends: Ends, capsys: pytest.CaptureFixture[str]) -> None:
    assert ends("return 0") == 0
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    assert "it ends" in printed
    assert "not_there" not in printed


def test_the_help_imports_no_command() -> None:
    script = (
        "import sys\nfrom stream.__main__ import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: print([name for name in sys.modules if name.startswith(('stream.commands.', 'numpy'))])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
    for name in THERE:
        assert f"\n    {name} " in run.stdout


@pytest.mark.parametrize(
    ("command", "needed"),
    [
        ("discover --quiet --jobs 1 -", {"numpy", "orjson", "zstandard"}),
        ("discover --help", {"numpy", "orjson", "zstandard"}),
        ("replay --help", {"numpy", "orjson", "zstandard", "yaml"}),
        ("simulate --help", {"numpy", "orjson", "rich", "zstandard"}),
    ],
)
def test_a_start_imports_what_it_needs_and_nothing_else(command: str, needed: set[str]) -> None:
    """Somebody waits for it. numba alone takes half a second, the patterns of `text.clean` a fifth of a small run."""
    script = (
        "import sys\nfrom stream.__main__ import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('stream.text.clean' in sys.modules, 'logging' in sys.modules, *sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", script, *command.split()], cwd=ROOT, input="今天天气好\n",
                         capture_output=True, text=True, check=True)  # fmt: skip
    cleans, logs, *modules = run.stdout.splitlines()[-1].split()
    others = {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names)
    ours = {"stream", "sketches", "sitecustomize", "cython_runtime"}
    assert {name for name in others - ours if not name.startswith("_")} <= needed
    if command.startswith("discover"):
        assert (cleans, logs) == ("False", "False")


def test_the_version_is_that_of_the_package() -> None:
    run = new_words("--version")
    assert (run.returncode, run.stdout, run.stderr) == (0, f"new-words {stream.__version__}\n", "")


@pytest.mark.parametrize(
    ("statement", "code", "printed"),
    [
        ("return 0", 0, ""),
        ("return 3", 3, ""),
        ("raise SourceError('a.txt: gone')", 1, "new-words: a.txt: gone\n"),
        ("raise BrokerError('away')", 1, "new-words: away\n"),
        ("raise UsageError('a: bad\\nb: worse')", 2, "new-words: a: bad\nnew-words: b: worse\n"),
        ("raise NewWordsError", 1, "new-words: NewWordsError\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_an_expected_error_has_its_exit_code_and_no_traceback(
    statement: str, code: int, printed: str, ends: Ends, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ends(statement) == code
    assert capsys.readouterr() == ("", printed)


@pytest.mark.parametrize("statement", ["raise ZeroDivisionError", "raise OSError('disk')"])
def test_a_bug_is_not_hidden(statement: str, ends: Ends) -> None:
    with pytest.raises((ZeroDivisionError, OSError)):
        ends(statement)


def test_a_bug_ends_with_its_traceback_and_exit_code_1() -> None:
    script = "import sys, stream.__main__ as m\nm.parser_for = lambda asked: 1 / 0\nsys.exit(m.main(['run']))"
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.rstrip().endswith("ZeroDivisionError: division by zero")


def test_a_broken_pipe_elsewhere_is_an_error(ends: Ends, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BrokenPipeError):
        ends("raise BrokenPipeError")


@pytest.mark.parametrize("late", [False, True])
def test_a_reader_that_is_gone_is_not_an_error(late: bool) -> None:
    """At once, as where events are flushed one by one, and late, as where they all wait in the buffer to the end."""
    reading, writing = os.pipe()
    script = (
        "import sys, types, stream.__main__ as m\n"
        f"def run(args):\n    print('words')\n    if not {late}: sys.stdout.flush()\n    return 0\n"
        "m.parser_for = lambda asked: types.SimpleNamespace(parse_args=lambda a: types.SimpleNamespace(main=run))\n"
        "sys.exit(m.main(['run']))"
    )
    os.close(reading)
    with os.fdopen(writing, "wb") as stdout:
        run = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, stdout=stdout, stderr=subprocess.PIPE, check=False
        )
    assert (run.returncode, run.stderr) == (0, b"")


@pytest.mark.parametrize("argv", [[], ["nonsense"], ["--nonsense"], ["replay", "-", "--nonsense"]])
def test_a_command_line_that_makes_no_sense_ends_with_exit_code_2(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    assert "usage: new-words" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["ingest", "replay", "discover"])
def test_without_a_source_one_line_reports_it(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name]) == 2
    assert capsys.readouterr().err == "new-words: SOURCE: name a file, - (stdin), a database or a topic\n"


def test_the_module_runs_a_command_from_end_to_end() -> None:
    run = new_words("replay", "-", "--quiet", stdin='{"text": "元宇宙", "ts": 1700000000}\n')
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    query = ("--url", "sqlite://", "--query", "select '元宇宙' as text, 1700000000 as ts")
    run = new_words("replay", *query)
    assert (run.returncode, run.stdout) == (0, "")
    told = " ".join(run.stderr.split())
    assert "1 texts, 0 of them copies, 2 pairs, 1 refreshes, 0 strong pairs, 1 looks, 0 events" in told
    run = new_words("replay", "no-such-file.jsonl")
    assert (run.returncode, run.stderr) == (1, "new-words: no-such-file.jsonl: No such file or directory\n")
