"""The Dockerfile, as far as it can be checked without a build. `deploy/check_image.sh` builds and runs it."""

import json
import os
import re
import subprocess
import sys

import yaml
from prometheus_client import CollectorRegistry

from stream.config.config import load
from stream.service.endpoints import Endpoints
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


def test_its_health_check_asks_the_port_it_was_told_whether_the_process_is_alive() -> None:
    (asked,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", LAST, re.M)
    command = [sys.executable, *json.loads(asked)[1:]]
    for alive, code in ((True, 0), (False, 1)):
        config = load(None, {}, ["server.host=127.0.0.1", "server.port=0"])
        with Endpoints(config, CollectorRegistry(), lambda alive=alive: alive, announces=False) as endpoints:  # type: ignore[misc]
            environ = {**os.environ, "NEWWORDS_SERVER__PORT": str(endpoints.port)}
            assert subprocess.run(command, env=environ, capture_output=True).returncode == code


def test_both_stages_have_one_base_that_can_be_pinned_by_its_digest() -> None:
    text = DOCKERFILE.read_text("utf-8")
    assert re.findall(r"^FROM (\S+)", text, re.M) == ["${BASE}", "${BASE}"]
    assert "@sha256:" in text.partition("ARG BASE=")[0]
