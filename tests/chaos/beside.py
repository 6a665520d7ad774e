"""Work in a thread of its own beside a storm, from `start` to `close`."""

import threading


class Beside:
    """`_work` does the work until `_closing` is set."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Say that it is to end, and wait until it has."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        raise NotImplementedError
