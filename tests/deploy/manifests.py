"""The manifests as kustomize renders them, and each pod's configuration as the service would read it."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from os.path import relpath
from pathlib import Path
from typing import Any

import yaml

from stream.__main__ import parser_for
from stream.config.config import Config, load
from tests.machine import needs

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"
Object = dict[str, Any]


def render(folder: Path) -> str:
    """What `kubectl apply -k` would send."""
    program = needs("kubectl", "kustomize")
    build = "kustomize" if Path(program).name == "kubectl" else "build"
    done = subprocess.run([program, build, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def with_component(name: str, folder: Path) -> str:
    """The base with one component, for whoever has nothing but that."""
    component, base = (relpath(KUBERNETES / part, folder.resolve()) for part in (f"components/{name}", "base"))
    (folder / "kustomization.yaml").write_text(f"resources: [{base}]\ncomponents: [{component}]\n")
    return render(folder)


@dataclass(frozen=True, slots=True)
class Rendered:
    objects: list[Object]

    def of(self, *kinds: str) -> list[Object]:
        return [one for one in self.objects if one["kind"] in kinds]

    def named(self, kind: str, name: str) -> Object:
        (found,) = [one for one in self.of(kind) if one["metadata"]["name"] == name]
        return found

    def pods(self) -> Iterator["Pod"]:
        for deployment in self.of("Deployment"):
            yield Pod(self, deployment)


@dataclass(frozen=True, slots=True)
class Pod:
    """One Deployment's pod, with its only container."""

    rendered: Rendered
    deployment: Object

    @property
    def spec(self) -> Object:
        spec: Object = self.deployment["spec"]["template"]["spec"]
        return spec

    @property
    def container(self) -> Object:
        (container,) = self.spec["containers"]
        return container

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.deployment["spec"]["template"]["metadata"]["labels"]
        return labels

    @property
    def roles(self) -> list[str]:
        """As the command line is understood."""
        roles: str = parser_for(self.container["args"]).parse_args(self.container["args"]).roles
        return roles.split(",")

    def environment(self) -> dict[str, str]:
        """What Kubernetes would set; values it alone knows are made up."""
        environment: dict[str, str] = {}
        for source in self.container["envFrom"]:
            environment |= self.rendered.named("ConfigMap", source["configMapRef"]["name"])["data"]
        return environment | {one["name"]: one.get("value", "made up") for one in self.container["env"]}

    def config(self, folder: Path) -> Config:
        """The configuration this pod would run with; raises UsageError where it would refuse it."""
        asked = parser_for(self.container["args"]).parse_args(self.container["args"])
        file = folder / "config.yaml"
        file.write_text(self.file(asked.config))
        return load(str(file), self.environment(), asked.overrides)

    def file(self, path: str) -> str:
        """The content of a file that is mounted from a ConfigMap."""
        (mount,) = [one for one in self.container["volumeMounts"] if Path(one["mountPath"]) == Path(path).parent]
        (volume,) = [one for one in self.spec["volumes"] if one["name"] == mount["name"]]
        content: str = self.rendered.named("ConfigMap", volume["configMap"]["name"])["data"][Path(path).name]
        return content


def rendered(text: str) -> Rendered:
    return Rendered([one for one in yaml.safe_load_all(text) if one])
