"""deploy/prometheus -> PrometheusRule: kustomize cannot put a file below `spec`, so the same rules stand twice.

`python -m tests.deploy.rules` writes them, `test_kubernetes` says when that was forgotten.
"""

from pathlib import Path
from textwrap import indent

DEPLOY = Path(__file__).parents[2] / "deploy"
MONITORING = DEPLOY / "kubernetes/components/monitoring"
HEAD = """\
# Made by `make rules` from deploy/prometheus/{name}.yaml: change it there.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: new-words-{name}
spec:
"""


def rule_files() -> dict[Path, str]:
    """Each file of the component and what it must hold."""
    return {
        MONITORING / f"{name}.yaml": HEAD.format(name=name)
        + indent((DEPLOY / f"prometheus/{name}.yaml").read_text("utf-8"), "  ")
        for name in ("alerts", "recording")
    }


if __name__ == "__main__":
    for path, content in rule_files().items():
        path.write_text(content, "utf-8")
