"""A real Prometheus for tests: the product's own rule files, scraping the ports of a running service every second."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from tests.broker.cluster import free_ports
from tests.deploy.prometheus import RULES, rules
from tests.machine import needs

T = TypeVar("T")
HASTE = {  # what would take minutes and hours, in seconds; all else of these alerts, and all other alerts, as they are
    "NewWordsHangs": {"> 120": "> 4"},
    "NewWordsBehind": {"> 300": "> 3"},
    "NewWordsModelStale": {"> 120": "> 4"},
    "NewWordsRefreshLoaded": {"[10m]": "[15s]", "> 0.8": "> 0.2"},
    "NewWordsFlushSlow": {"[15m]": "[10s]", "> 5": "> 0.5"},
    "NewWordsSilent": {"[6h]": "[5s]", "offset 6h": "offset 5s", "[1d]": "[2m]", "> 24": "> 1", "[1h]": "[5s]"},
}


def hastened(rule: dict[str, Any]) -> dict[str, Any]:
    """The same alert for those who cannot wait."""
    expression = rule["expr"]
    for said, instead in HASTE.get(rule["alert"], {}).items():
        assert said in expression
        expression = expression.replace(said, instead)
    return {**rule, "expr": expression, "for": "1s", "labels": {**rule["labels"], "hastened": "yes"}}


class Prometheus:
    """Asks the HTTP interface of one that runs."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Samples as of now. Raises AssertionError with Prometheus' words where the expression is wrong."""
        return self._ask("query", {"query": expression})["result"]

    def query_range(self, expression: str, span_s: float, step_s: float = 1.0) -> list[dict[str, Any]]:
        """Series over the time up to now."""
        now_s = time.time()
        asked = {"query": expression, "start": now_s - span_s, "end": now_s, "step": step_s}
        return self._ask("query_range", asked)["result"]

    def alerts(self, hastened: bool) -> dict[str, dict[str, Any]]:
        """Alerts that are pending or firing, by name: those of the product, or their hastened likes."""
        alerts = [alert for alert in self._ask("alerts", {})["alerts"] if ("hastened" in alert["labels"]) == hastened]
        return {alert["labels"]["alertname"]: alert for alert in alerts}

    def firing(self, name: str) -> dict[str, Any] | None:
        """A hastened alert that is beyond pending."""
        alert = self.alerts(hastened=True).get(name)
        return alert if alert and alert["state"] == "firing" else None

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self._address}/-/ready") as answer:
                return bool(answer.status == 200)
        except URLError:
            return False

    def wait(self, until: Callable[[], T | None], what: str, timeout_s: float = 60.0) -> T:
        """Until it is so, asking more often than it scrapes; what it is then."""
        deadline_s = time.monotonic() + timeout_s
        while not (found := until()):
            assert time.monotonic() < deadline_s, (
                f"{what}: not within {timeout_s} s; alerts: {sorted(self.alerts(True))}"
            )
            time.sleep(0.5)
        return found

    def _ask(self, what: str, asked: Mapping[str, object]) -> dict[str, Any]:
        try:
            with urlopen(f"{self._address}/api/v1/{what}?{urlencode(asked)}") as answer:
                found: dict[str, Any] = json.load(answer)["data"]
                return found
        except URLError as error:
            said = error.read().decode() if hasattr(error, "read") else error
            raise AssertionError(f"{what} {asked}: {said}") from error


@contextmanager
def prometheus(folder: Path, jobs: Mapping[str, list[str]]) -> Iterator[Prometheus]:
    """Runs one, where the machine has the program; `jobs` have targets."""
    (port,) = free_ports(1)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [*map(str, RULES), str(folder / "hastened.yaml")],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": targets}]} for job, targets in jobs.items()
        ],
    }
    group = {"name": "hastened", "rules": [hastened(rule) for rule in rules("alert").values()]}
    (folder / "hastened.yaml").write_text(yaml.safe_dump({"groups": [group]}))
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    command = [needs("prometheus"), f"--config.file={folder / 'prometheus.yaml'}",
               f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    with (folder / "prometheus.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            running = Prometheus(port)
            deadline_s = time.monotonic() + 30
            while not running.is_ready():
                assert process.poll() is None and time.monotonic() < deadline_s, (folder / "prometheus.log").read_text()
                time.sleep(0.1)
            yield running
        finally:
            process.terminate()
