"""The manifests agree with their schemas and with the code."""

import inspect
import json
import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest

from stream.config.memory_estimate import memory_of
from stream.log.kafka_client import REQUEST_TIMEOUT_S
from stream.log.topics import CLEANUP, SINGLE
from stream.service.access_check import RIGHTS, needed
from stream.service.assembly import ROLES
from stream.service.loop import STUCK_S
from stream.web import server
from tests.deploy.manifests import KUBERNETES, Object, Pod, Rendered, render, rendered, with_component
from tests.deploy.rules import DEPLOY, rule_files
from tests.machine import needs

WHOLE = ("dev", "production", "keda", "monitoring", "sasl-tls", "strimzi")
CUSTOM = {
    "keda.sh/v1alpha1": {"ScaledObject", "TriggerAuthentication"},
    "monitoring.coreos.com/v1": {"PodMonitor", "PrometheusRule"},
    "kafka.strimzi.io/v1": {"KafkaTopic", "KafkaUser"},
}
SECRETS = {"new-words-kafka": {"password"}, "kafka-cluster-ca-cert": {"ca.crt"}}
UNITS = {"Mi": 1 << 20, "Gi": 1 << 30}


@pytest.fixture(scope="module", params=WHOLE)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Both overlays, and the base with each component alone."""
    name = request.param
    overlay = KUBERNETES / "overlays" / name
    return rendered(render(overlay) if overlay.is_dir() else with_component(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="module")
def production() -> Rendered:
    return rendered(render(KUBERNETES / "overlays/production"))


def bytes_of(quantity: str) -> int:
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


def matches(selector: Object, pod: Pod) -> bool:
    return selector.get("matchLabels", selector).items() <= pod.labels.items()


def test_every_object_is_one_the_api_server_takes(whole: Rendered) -> None:
    for one in whole.objects:
        if one["apiVersion"] in CUSTOM:
            assert one["kind"] in CUSTOM[one["apiVersion"]]
        else:
            kubernetes_validate.validate(one, "1.32", strict=True)
    names = [(one["kind"], one["metadata"]["name"]) for one in whole.objects]
    assert len(names) == len(set(names))


def test_every_pod_would_start_with_its_configuration(whole: Rendered, tmp_path: Path) -> None:
    roles = []
    for pod in whole.pods():
        config = pod.config(tmp_path)
        roles += pod.roles
        assert config.kafka.client_id == "made up"  # the pod's name
        assert pod.container["ports"] == [{"name": "http", "containerPort": config.server.port}]
    assert sorted(roles) == sorted(ROLES)


def test_memory_is_what_the_configuration_needs_and_not_much_more(whole: Rendered, tmp_path: Path) -> None:
    for pod in whole.pods():
        config, resources = pod.config(tmp_path), pod.container["resources"]
        need = memory_of(pod.roles, config.sketches, config.finder, config.trends, config.kafka.max_batch_bytes).total
        assert need <= bytes_of(resources["limits"]["memory"]) <= 1.6 * need, (pod.roles, need >> 20)
        assert resources["requests"]["memory"] == resources["limits"]["memory"]
        assert "cpu" in resources["requests"]


def test_probes_ask_what_the_server_answers_and_wait_as_long_as_a_start_may_take(whole: Rendered) -> None:
    for pod in whole.pods():
        probes = {name: pod.container[f"{name}Probe"] for name in ("startup", "liveness", "readiness")}
        for probe in probes.values():
            assert probe["httpGet"]["port"] == "http"
            assert f'"{probe["httpGet"]["path"]}"' in inspect.getsource(server)
        # It answers from the start on, while Kafka is waited for; so long importing and compiling may take.
        assert probes["startup"]["periodSeconds"] * probes["startup"]["failureThreshold"] >= 60
        assert probes["liveness"]["httpGet"]["path"] != probes["readiness"]["httpGet"]["path"]
        assert pod.spec["terminationGracePeriodSeconds"] < STUCK_S


def test_the_grace_is_longer_than_writing_the_state_of_every_worker(whole: Rendered, tmp_path: Path) -> None:
    for pod in whole.pods():
        workers = len(pod.roles) + ("segment" in pod.roles)
        longest_s = pod.config(tmp_path).kafka.flush_s + workers * 2 * REQUEST_TIMEOUT_S
        assert pod.spec["terminationGracePeriodSeconds"] > longest_s


def test_every_container_is_locked_up(whole: Rendered) -> None:
    for pod in whole.pods():
        assert pod.container["securityContext"] == {
            "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
        }  # fmt: skip
        assert pod.spec["securityContext"]["runAsNonRoot"]
        assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert pod.spec["automountServiceAccountToken"] is False
        assert whole.named("ServiceAccount", pod.spec["serviceAccountName"])["automountServiceAccountToken"] is False


def test_no_service_sets_variables_that_the_configuration_refuses(whole: Rendered) -> None:
    assert not any(pod.spec["enableServiceLinks"] for pod in whole.pods())
    for service in whole.of("Service"):
        assert not service["metadata"]["name"].upper().replace("-", "_").startswith("NEWWORDS_")


def test_all_that_pods_mount_and_read_is_there(whole: Rendered) -> None:
    for pod in whole.pods():
        volumes = {one["name"]: one for one in pod.spec["volumes"]}
        mounted = [one["name"] for one in pod.container["volumeMounts"]]
        assert sorted(mounted) == sorted(volumes)
        for volume in volumes.values():
            if "secret" in volume:
                assert {item["key"] for item in volume["secret"]["items"]} <= SECRETS[volume["secret"]["secretName"]]
            else:
                assert re.fullmatch(r"new-words-config-\w{10}", volume["configMap"]["name"])  # a change rolls the pods
                whole.named("ConfigMap", volume["configMap"]["name"])
        for one in pod.container["env"]:
            if secret := one.get("valueFrom", {}).get("secretKeyRef"):
                assert secret["key"] in SECRETS[secret["name"]]


def test_services_budgets_and_policies_select_pods_and_ports_that_are_there(whole: Rendered) -> None:
    pods = list(whole.pods())
    selectors = [one["spec"]["selector"] for one in whole.of("Service", "PodDisruptionBudget", "PodMonitor")]
    selectors += [one["spec"]["podSelector"] for one in whole.of("NetworkPolicy")]
    for selector in selectors:
        assert any(matches(selector, pod) for pod in pods)
    ports = [one["targetPort"] for service in whole.of("Service") for one in service["spec"]["ports"]]
    ports += [one["port"] for monitor in whole.of("PodMonitor") for one in monitor["spec"]["podMetricsEndpoints"]]
    ports += [one["port"] for policy in whole.of("NetworkPolicy") for one in policy["spec"]["ingress"][0]["ports"]]
    assert set(ports) == {"http"}
    assert all(len(port["name"]) <= 15 for pod in pods for port in pod.container["ports"])
    for pod in pods:
        assert pod.deployment["spec"]["selector"]["matchLabels"].items() <= pod.labels.items()


def test_every_workload_with_two_pods_has_a_disruption_budget(production: Rendered) -> None:
    budgets = [one["spec"]["selector"] for one in production.of("PodDisruptionBudget")]
    assert all(sum(matches(selector, pod) for selector in budgets) == 1 for pod in production.pods())


def test_no_password_is_in_the_environment_and_files_of_secrets_are_for_the_process_alone(whole: Rendered) -> None:
    for pod in whole.pods():
        assert not [one for one in pod.container["env"] if "secretKeyRef" in one.get("valueFrom", {})]
        for volume in pod.spec["volumes"]:
            if volume.get("secret", {}).get("secretName") == "new-words-kafka":
                assert volume["secret"]["defaultMode"] == 0o440 and pod.spec["securityContext"]["fsGroup"]


def test_every_egress_rule_names_its_destination(whole: Rendered) -> None:
    (policy,) = whole.of("NetworkPolicy")
    for rule in policy["spec"]["egress"]:
        assert all(one.get("podSelector", {}).get("matchLabels") or one.get("ipBlock") for one in rule["to"])
        assert rule["ports"]


def test_the_network_lets_kafka_through(whole: Rendered) -> None:
    (policy,) = whole.of("NetworkPolicy")
    (kafka,) = [port for rule in policy["spec"]["egress"] for port in rule["ports"] if "endPort" in port]
    for pod in whole.pods():
        servers = pod.environment()["NEWWORDS_KAFKA__BOOTSTRAP_SERVERS"].split(",")
        assert all(kafka["port"] <= int(at.rpartition(":")[2]) <= kafka["endPort"] for at in servers)


def test_keda_scales_by_the_groups_and_topics_of_the_service(production: Rendered, tmp_path: Path) -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in production.of("ScaledObject")}
    (login,) = production.of("TriggerAuthentication")
    for one in login["spec"]["secretTargetRef"]:
        assert one["key"] in SECRETS[one["name"]]
    for pod in production.pods():
        spec = scaled.get(pod.deployment["metadata"]["name"])
        assert ("replicas" in pod.deployment["spec"]) == (spec is None) == (pod.roles == ["refresh"])
        if spec:
            config, (trigger,) = pod.config(tmp_path), spec["triggers"]
            metadata = trigger["metadata"]
            assert all(isinstance(value, str) for value in metadata.values())
            assert metadata["topic"] == config.topics.raw_text
            assert [metadata["consumerGroup"]] == [f"{config.kafka.group}-{role}" for role in pod.roles]
            assert metadata["bootstrapServersFromEnv"] in pod.environment()
            assert {one["name"] for one in login["spec"]["env"]} <= pod.environment().keys()
            assert spec["maxReplicaCount"] == config.topics.raw_text_partitions
            assert trigger["authenticationRef"]["name"] == login["metadata"]["name"]


def test_strimzi_makes_the_topics_the_service_would_make(production: Rendered, tmp_path: Path) -> None:
    config = next(production.pods()).config(tmp_path)
    made = {one["metadata"]["name"]: one["spec"] for one in production.of("KafkaTopic")}
    assert set(made) == {getattr(config.topics, key) for key in CLEANUP}
    for key, settings in CLEANUP.items():
        spec = made[getattr(config.topics, key)]
        assert {name: str(value) for name, value in spec.get("config", {}).items()} == settings
        assert spec["partitions"] == (1 if key in SINGLE else getattr(config.topics, f"{key}_partitions"))


def test_the_user_of_strimzi_may_do_what_the_service_does_and_is_who_it_says(
    production: Rendered, tmp_path: Path
) -> None:
    pod = next(production.pods())
    config, (user,) = pod.config(tmp_path), production.of("KafkaUser")
    assert config.kafka.sasl_username == user["metadata"]["name"]
    assert config.kafka.sasl_mechanism.lower() == user["spec"]["authentication"]["type"]
    rights = {one["resource"]["name"]: set(one["operations"]) for one in user["spec"]["authorization"]["acls"]}
    assert rights.pop(f"{config.kafka.group}-") == {"Read", "Describe"}
    assert rights == {
        getattr(config.topics, key): {right.capitalize() for right in needed(key, ROLES)} | {"Describe"}
        for key in RIGHTS
    }


def test_the_documents_name_the_overlays_the_components_and_the_grace(production: Rendered) -> None:
    text = (DEPLOY.parent / "docs/kubernetes.md").read_text("utf-8")
    assert set(re.findall(r"overlays/(\w+)", text)) == {path.name for path in (KUBERNETES / "overlays").iterdir()}
    components = {path.name for path in (KUBERNETES / "components").iterdir()}
    assert {*re.findall(r"^\| `([\w-]+)` \|", text, re.M), "pod"} == components
    (grace,) = re.findall(r"(\d+) seconds of\s+grace", text)
    assert {pod.spec["terminationGracePeriodSeconds"] for pod in production.pods()} == {int(grace)}
    assert re.search(r"# SET$", (KUBERNETES / "overlays/production/kustomization.yaml").read_text("utf-8"), re.M)


def test_rules_are_those_of_the_prometheus_folder() -> None:
    for path, content in rule_files().items():
        assert path.read_text("utf-8") == content, "run make rules"


def test_dashboards_are_those_of_the_grafana_folder(production: Rendered) -> None:
    maps = [one for one in production.of("ConfigMap") if one["metadata"]["labels"].get("grafana_dashboard") == "1"]
    held = {name: content for one in maps for name, content in one["data"].items()}
    assert held == {path.name: path.read_text("utf-8") for path in (DEPLOY / "grafana/dashboards").glob("*.json")}
    assert all(len(json.dumps(one)) < 900_000 for one in maps)  # a ConfigMap holds a mebibyte


def test_checkov_finds_nothing_that_is_not_accounted_for(tmp_path: Path) -> None:
    files = [tmp_path / f"{overlay}.yaml" for overlay in ("dev", "production")]
    for file in files:
        file.write_text(render(KUBERNETES / "overlays" / file.stem))
    options = ["--framework", "kubernetes", "--quiet", "--skip-download", "-o", "json"]
    command = [needs("checkov"), *(part for file in files for part in ("-f", str(file))), *options]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    assert [(one["check_id"], one["resource"]) for one in report["results"]["failed_checks"]] == []
    assert report["summary"]["passed"] > 250
    for pod in (pod for file in files for pod in rendered(file.read_text()).pods()):
        skips = [reason for key, reason in pod.deployment["metadata"]["annotations"].items() if "checkov" in key]
        assert all(re.fullmatch(r"CKV\w+=.{20,}", reason) for reason in skips)
