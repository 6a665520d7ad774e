"""Jars from Maven, named in a pom.xml, fetched once, kept under .broker/lib. Those of the broker are 43 MB, 6 s."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
JARS = Path(__file__).parents[2] / ".broker" / "lib"


class FetchError(RuntimeError):
    """Maven could not fetch the jars; the message carries its words."""


def missing(pom: Path = POM) -> str | None:
    """What this machine lacks to run these jars, or None. A Java older than 17 is not noticed here: its log says so."""
    if not shutil.which("java"):
        return "no java on the PATH"
    if not _jar_folder(JARS, pom).exists() and not shutil.which("mvn"):
        return "no mvn on the PATH to fetch jars with"
    return None


def fetch_jars(cache: Path = JARS, pom: Path = POM) -> Path:
    """The folder of jars that the pom names, filled on first use.

    It carries the pom's hash and appears by a rename, so it is whole or not there, and a broker already running from
    older jars keeps its own. One process fetches while others wait: Maven's own cache does not bear two at once.
    """
    folder = _jar_folder(cache, pom)
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            partial = cache / "partial"
            shutil.rmtree(partial, ignore_errors=True)
            goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={partial}"]
            maven = subprocess.run(["mvn", "-q", "-B", "-f", str(pom), *goal], capture_output=True, text=True)
            if maven.returncode:
                raise FetchError(f"mvn could not fetch the jars named in {pom}:\n{maven.stdout}{maven.stderr}")
            partial.rename(folder)
    return folder


def _jar_folder(cache: Path, pom: Path) -> Path:
    return cache / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
