"""Imports run one way between packages, pure packages touch nothing outside themselves, and no package grows too large.

`MAY_IMPORT` lists the packages from the lowest to the highest. A package may import itself and what its row names.
Read from the source with `ast`, so an import inside a function counts as well.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE_ROOMS = ("text", "segmentation", "events", "horizon", "finder", "rules", "trends", "corpus",
              "simulation")  # fmt: skip
MAY_IMPORT = {
    package: {package, *(f"stream.{room}" if room != "sketches" else room for room in below.split())}
    for package, below in {
        "sketches": "",
        "stream.version": "",
        "stream.errors": "",
        "stream.free_memory": "",
        "stream.in_threads": "",
        "stream.bounded": "",
        "stream.masking": "",
        "stream.optional": "errors",
        "stream.logs": "",
        "stream.whole_file": "errors",
        "stream.text": "sketches",
        "stream.segmentation": "sketches text",
        "stream.events": "sketches text",
        "stream.horizon": "sketches text",
        "stream.finder": "sketches text segmentation events horizon",
        "stream.rules": "sketches text events",
        "stream.trends": "sketches text segmentation events rules finder",
        "stream.corpus": "sketches text segmentation",
        "stream.simulation": "sketches text",
        "stream.log": "sketches errors bounded text",
        "stream.sources": "sketches errors optional bounded masking text rules log",
        "stream.ingest": "errors whole_file text log sources",
        "stream.outputs": "errors optional whole_file text events log sources",
        "stream.web": "errors text events trends",
        "stream.verdicts": "sketches errors text events rules trends log",
        "stream.store": "errors text events trends verdicts",
        "stream.config": "sketches errors finder optional logs text segmentation rules log sources outputs web store",
        "stream.api": "version errors text events trends outputs web verdicts store",
        "stream.desk": "errors text events trends log web verdicts store config api",
        "stream.metrics": "version text events outputs",
        "stream.state": "sketches errors finder bounded text segmentation events rules trends log",
        "stream.range_log": "errors bounded log state",
        "stream.kept_texts": "bounded text range_log",
        "stream.tallies": "sketches errors bounded text segmentation log state range_log",
        "stream.subscription": "errors events log outputs config",
        "stream.frames": "errors optional events sources store subscription",
        "stream.roles": "sketches errors horizon finder text segmentation events rules trends log ingest verdicts "
        "config metrics state range_log kept_texts tallies",
        "stream.embedded": "sketches errors finder text segmentation events rules trends log sources outputs web desk "
        "store verdicts config state range_log kept_texts tallies roles",
        "stream.fitting": "sketches errors finder text segmentation events rules trends sources "
        "verdicts config embedded",
        "stream.suggestion": "sketches errors horizon finder text segmentation rules trends sources config embedded",
        "stream.service": "sketches errors finder logs text log sources web config metrics state roles desk verdicts",
        "stream.commands": "sketches errors in_threads free_memory logs text segmentation events rules trends corpus "
        "simulation log sources ingest outputs web config metrics state range_log kept_texts tallies roles embedded "
        "service desk store verdicts fitting suggestion",
        "stream.__main__": "sketches version errors outputs commands",
    }.items()
}
PURE = ("sketches", *(f"stream.{room}" for room in PURE_ROOMS))
PURE_LIBRARIES = {"datasketches", "numba", "numpy", "orjson"}
MOST_MODULES = 14
IMPURE = {
    "argparse", "asyncio", "builtins", "concurrent", "fcntl", "glob", "importlib", "io", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "platform", "queue", "random", "sched", "secrets", "select", "shutil",
    "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "time", "urllib", "uuid",
    "zoneinfo",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "now", "utcnow", "today", "fromfile", "tofile",
                "memmap", "loadtxt", "savetxt"}  # fmt: skip
EXCEPTIONS = {
    "stream.events.events": {"importlib.resources"},
    "stream.text.times": {"zoneinfo"},
    "sketches.kernels": {"importlib", "importlib.util", "os", "pathlib"},
}
"""The event's JSON Schema lies beside the module and is read as part of the package. A zone such as Asia/Shanghai means
what the zone database says. Whether numba is here, and may keep what it compiled, only the machine can tell."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for top in ("sketches", "stream") for path in sorted((ROOT / top).rglob("*.py"))}


def imported(source: str, module: str) -> Iterator[str]:
    """Full names of the modules imported anywhere in the source."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            # `from stream import config` names a module too
            whole = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name for name in whole if name in SOURCES)
            if not all(name in SOURCES for name in whole):
                yield base


def layer_of(module: str) -> str:
    return max((layer for layer in MAY_IMPORT if f"{module}.".startswith(f"{layer}.")), key=len, default=module)


def upward(source: str, module: str) -> set[str]:
    """Imports of our own modules that run the wrong way."""
    ours = {name for name in imported(source, module) if name.split(".")[0] in ("sketches", "stream")}
    return {name for name in ours if layer_of(name) not in MAY_IMPORT[layer_of(module)]}


def impure(source: str, module: str) -> set[str]:
    """What a source of the pure core touches that it must not: modules and calls."""
    found = set()
    for name in imported(source, module):
        top = name.split(".")[0]
        foreign = top not in sys.stdlib_module_names and top not in PURE_LIBRARIES | {"sketches", "stream"}
        if (foreign or top in IMPURE) and name not in EXCEPTIONS.get(module, ()):
            found.add(name)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found |= {called} & IMPURE_CALLS
    return found


@pytest.mark.parametrize("module", [name for name in SOURCES if name != "stream"])
def test_imports_run_one_way(module: str) -> None:
    assert layer_of(module) in MAY_IMPORT, "a new layer needs its place in MAY_IMPORT"
    assert upward(SOURCES[module].read_text("utf-8"), module) == set()


def test_no_package_has_more_than_14_modules() -> None:
    folders = [SOURCES[name].parent for name in SOURCES if not name.endswith("__main__")]
    crowded = {str(folder.relative_to(ROOT)) for folder in folders
               if sum(path.stem != "__init__" for path in folder.glob("*.py")) > MOST_MODULES}  # fmt: skip
    assert crowded == set()


def test_the_table_names_every_package() -> None:
    assert {".".join(name.split(".")[:2]) for name in SOURCES if name.startswith("stream.")} == {
        package for package in MAY_IMPORT if package != "sketches"
    }


@pytest.mark.parametrize("module", [name for name in SOURCES if layer_of(name) in PURE])
def test_the_core_is_pure(module: str) -> None:
    assert impure(SOURCES[module].read_text("utf-8"), module) == set()


def test_the_layers_themselves_have_no_cycle() -> None:
    done: set[str] = set()
    while len(done) < len(MAY_IMPORT):
        ready = {layer for layer, below in MAY_IMPORT.items() if below - {layer} <= done} - done
        assert ready, f"a cycle among {MAY_IMPORT.keys() - done}"
        done |= ready


@pytest.mark.parametrize(
    ("source", "module", "found"),
    [
        ("import stream.sources.files", "stream.text.message", {"stream.sources.files"}),
        ("from stream.sources.files import open_lines", "stream.text.message", {"stream.sources.files"}),
        ("from stream.config import config", "sketches.count_min", {"stream.config.config"}),
        ("from ..sources import files", "stream.text.message", {"stream.sources.files"}),
        ("def f():\n    from stream.embedded import pipeline", "stream.log.protocol", {"stream.embedded.pipeline"}),
        ("from stream.text import message", "stream.errors", {"stream.text.message"}),
        ("from . import runs\nfrom sketches.hashing import U64", "stream.text.message", set()),
    ],
)
def test_an_upward_import_is_found(source: str, module: str, found: set[str]) -> None:
    assert upward(source, module) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import os", {"os"}),
        ("import os.path", {"os.path"}),
        ("from time import monotonic", {"time"}),
        ("from kafka import KafkaConsumer", {"kafka"}),
        ("import yaml, prometheus_client, logging", {"yaml", "prometheus_client", "logging"}),
        ("def f():\n    import threading", {"threading"}),
        ("from importlib.resources import files", {"importlib.resources"}),
        ("from datetime import datetime\ndatetime.now()", {"now"}),
        ("text = open('a').read()", {"open"}),
        ("from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)", set()),
        ("import numpy as np\nimport orjson\nimport re", set()),
    ],
)
def test_what_is_impure_is_found(source: str, found: set[str]) -> None:
    assert impure(source, "stream.text.message") == found
