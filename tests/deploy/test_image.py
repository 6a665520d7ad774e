"""The Dockerfile, as far as it can be judged unbuilt. `deploy/check_image.sh` builds and runs it."""

import re
import subprocess

import yaml

from tests.deploy.manifests import KUBERNETES
from tests.deploy.prometheus import DEPLOY
from tests.machine import needs

DOCKERFILE = DEPLOY.parent / "Dockerfile"
LAST = DOCKERFILE.read_text("utf-8").rpartition("\nFROM ")[2]


def test_hadolint_has_nothing_to_say() -> None:
    ran = subprocess.run([needs("hadolint"), str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


def test_it_runs_as_the_user_the_manifests_say() -> None:
    (user,) = re.findall(r"^USER (\d+):(\d+)$", LAST, re.M)
    pod = yaml.safe_load((KUBERNETES / "components/pod/pod.yaml").read_text("utf-8"))["spec"]["template"]["spec"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == tuple(map(int, user))


def test_no_shell_stands_between_a_signal_and_the_service() -> None:
    assert re.findall(r"^(?:ENTRYPOINT|CMD) .*", LAST, re.M) == ['ENTRYPOINT ["new-words"]', 'CMD ["run"]']


def test_all_that_is_copied_is_let_through_and_no_more() -> None:
    copied = {
        part
        for line in re.findall(r"^COPY (?!--)(.*) \S+$", DOCKERFILE.read_text("utf-8"), re.M)
        for part in line.split()
    }
    ignored = (DEPLOY.parent / ".dockerignore").read_text("utf-8")
    assert copied == set(re.findall(r"^!(\S+)$", ignored, re.M))
    assert all((DEPLOY.parent / path).exists() for path in copied)


def test_what_numba_is_told_to_read_compiled_loops_with_is_there() -> None:
    named = set(re.findall(r"NUMBA_CACHE_LOCATOR_CLASSES=(\S+)", DOCKERFILE.read_text("utf-8")))
    (path,) = named
    module, _, name = path.rpartition(".")
    assert f"class {name}(" in (DEPLOY.parent / f"{module.replace('.', '/')}.py").read_text("utf-8")
