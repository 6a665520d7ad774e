"""compose.yaml: sound by docker-compose, and of one mind with the rest: ports, commands, settings, paths, mounts.

No container is run here: that needs a Docker engine.
"""

import shlex
import subprocess
from typing import Any

import pytest
import yaml

from stream.__main__ import parser_for
from stream.config.config import Config, load
from tests.deploy.prometheus import DEPLOY
from tests.machine import needs

FILE = DEPLOY / "compose.yaml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "new-words"]


def config_of(service: str) -> Config:
    return load(None, SERVICES[service]["environment"], [])


def test_the_file_is_sound() -> None:
    # Debian's is of 2021 and does not know `name` yet
    text = FILE.read_text("utf-8").replace("\nname: new-words\n", "\n")
    command = [needs("docker-compose"), "-f", "-", "--project-directory", str(DEPLOY), "config", "-q"]
    ran = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_is_there_and_read_only(name: str) -> None:
    for mount in SERVICES[name].get("volumes", ()):
        source, _, mode = mount.split(":")
        assert (DEPLOY / source).exists()
        assert mode == "ro"


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_until_its_dependency_is_healthy(name: str) -> None:
    for other, condition in SERVICES[name].get("depends_on", {}).items():
        assert condition == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", OURS)
def test_our_containers_may_do_nothing_they_need_not(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_settings_are_settings_and_kafka_is_where_it_listens(name: str) -> None:
    kafka = SERVICES["kafka"]["environment"]
    assert kafka["KAFKA_ADVERTISED_LISTENERS"] == f"BROKER://{config_of(name).kafka.bootstrap_servers}"


def test_the_commands_are_commands() -> None:
    (shell,) = SERVICES["feed"]["command"]
    commands = [SERVICES["new-words"]["command"], *(shlex.split(part)[1:] for part in shell.split("|"))]
    for command in commands:
        assert parser_for(command).parse_args(command).command == command[0]


def test_the_port_is_the_one_that_is_served_scraped_and_asked_for_health() -> None:
    port = config_of("new-words").server.port
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))["scrape_configs"][0]
    service = SERVICES["new-words"]
    assert scraped["static_configs"] == [{"targets": [f"new-words:{port}"]}]
    assert service["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/readyz" in service["healthcheck"]["test"][-1]


def test_there_is_time_to_write_state_at_the_end() -> None:
    grace_s = float(SERVICES["new-words"]["stop_grace_period"].removesuffix("s"))
    assert grace_s > config_of("new-words").kafka.flush_s + 10


def test_prometheus_reads_the_file_that_is_mounted() -> None:
    service = SERVICES["prometheus"]
    assert service["volumes"] == ["./prometheus:/etc/prometheus:ro"]
    assert "--config.file=/etc/prometheus/prometheus.yaml" in service["command"]


def test_programs_are_where_the_image_has_them() -> None:
    dockerfile = (DEPLOY.parent / "Dockerfile").read_text("utf-8")
    folder = SERVICES["new-words"]["healthcheck"]["test"][1].rsplit("/", 1)[0]
    assert f"PATH={folder}:" in dockerfile
    assert SERVICES["feed"]["environment"]["PATH"].split(":")[0] == folder
