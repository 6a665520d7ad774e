"""`make picture`: the dashboard *Emerging terms*, drawn for README from what the running product tells Prometheus.

Broker, service, a made-up feed and Prometheus run for some minutes; then each panel's own queries are asked and drawn
where the dashboard's file puts it, by matplotlib and not by Grafana, which looks better. Needs matplotlib (install it
by hand) and a font with Chinese characters (fonts-noto-cjk, fonts-wqy-microhei).
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from tests.broker.cluster import Cluster
from tests.deploy.prometheus import DASHBOARDS, DEPLOY, dashboard, panels
from tests.integration.monitored_service import filled_in, staged
from tests.integration.prometheus import Prometheus

SPAN_S = 150.0
BOARD = next(path for path in DASHBOARDS if path.stem == "emerging-terms")
PICTURE = DEPLOY / "grafana" / "emerging-terms.png"
FEED = "simulate --realtime --rate 150 --texts 24000 --plants 6 --share 0.015"
LEGEND, NAMED = 6, 8  # series; of more, so many of the highest are named where they are highest
LOOK = {
    "font.family": ["DejaVu Sans", "Noto Sans CJK SC", "WenQuanYi Micro Hei"],
    "font.size": 8, "axes.titlesize": 9, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False,
    "axes.spines.right": False, "legend.fontsize": 7, "legend.frameon": False,
}  # fmt: skip
UNITS: dict[str, Callable[[float], str]] = {"s": lambda x: f"{x:.3g} s", "cps": lambda x: f"{x:.0f}/s"}


def main() -> int:
    plt.rcParams.update(LOOK)
    with (
        tempfile.TemporaryDirectory() as folder,
        Cluster() as cluster,
        staged(cluster, Path(folder), (FEED,)) as scene,
    ):
        time.sleep(90)
        draw(dashboard(BOARD), scene.prometheus)
    print(PICTURE)
    return 0


def draw(board: dict[str, Any], ask: Prometheus) -> None:
    """Each panel at its place; a row of the grid is a quarter of an inch."""
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels(board))
    figure = plt.figure(figsize=(12, rows / 4))
    drawn = {"stat": _stat, "bargauge": _bars, "timeseries": _lines, "table": _table}
    for panel in panels(board):
        at = panel["gridPos"]
        side, top, bottom = 0.8 / 24, 1.4 / rows, 1.8 / rows
        place = (at["x"] / 24 + side, 1 - (at["y"] + at["h"]) / rows + bottom,
                 at["w"] / 24 - 1.6 * side, at["h"] / rows - top - bottom)  # fmt: skip
        axes = figure.add_axes(place)
        axes.set_title(panel["title"])
        drawn[panel["type"]](axes, panel, ask)
    figure.savefig(PICTURE, dpi=80)


def _now(panel: dict[str, Any], ask: Prometheus) -> list[list[dict[str, Any]]]:
    return [ask.query(filled_in(target["expr"], range=f"{SPAN_S:.0f}s")) for target in panel["targets"]]


def _stat(axes: Axes, panel: dict[str, Any], ask: Prometheus) -> None:
    ((sample,),) = _now(panel, ask)
    value, unit = float(sample["value"][1]), UNITS.get(panel["fieldConfig"]["defaults"]["unit"], "{:.0f}".format)
    said = sample["metric"]["word"] if panel["options"]["textMode"] == "name" else unit(value)
    axes.text(0, 0.1, said, size=17, color="tab:blue", transform=axes.transAxes)
    axes.axis("off")


def _bars(axes: Axes, panel: dict[str, Any], ask: Prometheus) -> None:
    (samples,) = _now(panel, ask)
    samples = sorted(samples, key=lambda sample: float(sample["value"][1]))
    words, scores = [s["metric"]["word"] for s in samples], [float(s["value"][1]) for s in samples]
    axes.barh(words, scores, color="tab:blue", alpha=0.35)
    axes.tick_params(axis="y", length=0, pad=-4)
    for label in axes.get_yticklabels():
        label.set_horizontalalignment("left")  # on the bars


def _lines(axes: Axes, panel: dict[str, Any], ask: Prometheus) -> None:
    now_s, peaks = time.time(), []
    for target in panel["targets"]:
        for series in ask.query_range(filled_in(target["expr"]), SPAN_S):
            points = [((at_s - now_s) / 60, float(value)) for at_s, value in series["values"]]
            label = next(iter(series["metric"].values()), target["legendFormat"])
            (line,) = axes.plot(*zip(*points, strict=True), linewidth=1.2, label=label)
            at, value = max(points, key=lambda point: point[1])
            peaks.append((value, at, label, line.get_color()))
    axes.set_xlabel("minutes ago", loc="right")
    axes.margins(y=0.15)
    if len(peaks) <= LEGEND:
        axes.margins(y=0.4)  # room for it
        axes.legend(loc="upper left", ncols=3)
        return
    for value, at, label, color in sorted(peaks, reverse=True)[:NAMED]:
        axes.annotate(label, (at, value), (0, 2), textcoords="offset points", color=color, ha="center")


def _table(axes: Axes, panel: dict[str, Any], ask: Prometheus) -> None:
    columns = [{s["metric"]["word"]: float(s["value"][1]) for s in samples} for samples in _now(panel, ask)]
    words = sorted(columns[1], key=lambda word: -columns[3][word])[:12]
    names = panel["transformations"][1]["options"]["renameByName"]
    cells = [[word, *(_cell(number, column.get(word)) for number, column in enumerate(columns))] for word in words]
    table = axes.table(cells, colLabels=list(names.values()), loc="upper left", edges="horizontal", cellLoc="left")
    table.auto_set_font_size(False)
    axes.axis("off")


def _cell(number: int, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1f}" if number < 3 else time.strftime("%H:%M:%S", time.localtime(value / 1000))


if __name__ == "__main__":
    sys.exit(main())
