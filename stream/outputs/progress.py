"""Show the progress of a long command: a bar on stderr in a terminal, and one closing line in any case.

If stderr is not a terminal (a pipe, a log, a pod) there is no bar. Nothing is written to stdout, which may carry
events. `update` is cheap enough for every batch: it draws at most ten times a second.
"""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

DRAW_EVERY_S = 0.1


class Progress:
    """A context manager. `total_bytes` is None if the size is unknown (a pipe); then there is no percentage and no ETA.

    `quiet` also suppresses the closing line. The line is written after an error too, and says how far it got.
    """

    def __init__(
        self,
        total_bytes: int | None,
        unit: str = "texts",
        quiet: bool = False,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._unit, self._quiet, self._clock = unit, quiet, clock
        self._texts = 0
        self._read_bytes = 0
        self._began_s = self._drawn_s = clock()
        self._bar = None if quiet or not self._stream.isatty() else _bar(self._stream, unit, total_bytes)

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        if not self._quiet:
            took_s = self._clock() - self._began_s
            self._stream.write(f"{self._texts:,} {self._unit} in {took_s:,.1f} s ({self._per_s():,.0f}/s)\n")
            self._stream.flush()

    def update(self, read_bytes: int, texts: int) -> None:
        """Set the bytes read and the texts done, both since the start."""
        self._read_bytes, self._texts = read_bytes, texts
        now_s = self._clock()
        if self._bar and now_s - self._drawn_s >= DRAW_EVERY_S:
            self._drawn_s = now_s
            self._bar.update(
                self._bar.task_ids[0], completed=read_bytes, texts=texts, per_s=self._per_s(), refresh=True
            )

    def _per_s(self) -> float:
        return self._texts / max(self._clock() - self._began_s, 1e-9)


def _bar(stream: TextIO, unit: str, total_bytes: int | None) -> "Bar":
    """Import rich, which takes 0.05 s, only if there is a terminal."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        BarColumn(),
        *([TaskProgressColumn()] if total_bytes is not None else []),
        DownloadColumn(),
        TextColumn("{task.fields[texts]:,} " + unit + " · {task.fields[per_s]:,.0f}/s"),
        *([TextColumn("· left"), TimeRemainingColumn()] if total_bytes is not None else [TimeElapsedColumn()]),
        console=Console(file=stream),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,  # rich would send to stderr what belongs to stdout
        redirect_stderr=False,
    )
    bar.add_task("", total=total_bytes, texts=0, per_s=0.0)
    return bar
