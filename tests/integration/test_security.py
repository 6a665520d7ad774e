"""A broker that requires TLS on both sides and SCRAM accepts our credentials, and refuses all others."""

import gc
import logging
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from stream.errors import BrokerError, UsageError
from stream.log import kafka_client
from stream.log.kafka import KafkaSource
from stream.log.kafka_sink import KafkaSink
from stream.log.settings import KafkaSettings, TopicSettings
from stream.log.topics import ensure_topics
from tests.broker.cluster import Cluster
from tests.integration.conftest import need_a_startable_broker
from tests.stream.log.log_contract import begin, fill, records_from

pytestmark = pytest.mark.broker

MECHANISM, USER, PASSWORD = "SCRAM-SHA-512", "new-words", "geheim#7 {$x}"
BROKER_PASSWORD = "broker-secret"


@dataclass(frozen=True, slots=True)
class Papers:
    """A folder with an authority, its certificates for broker and client, and one of a stranger."""

    folder: Path

    def __getitem__(self, name: str) -> str:
        return str(self.folder / name)


def papers_in(folder: Path) -> Papers:
    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    for authority in ("ca", "stranger"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={authority}",
                "-keyout", f"{authority}.key", "-out", f"{authority}.pem")  # fmt: skip
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("broker", "client"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                "-out", f"{name}.csr")  # fmt: skip
        openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-extfile", "san", "-out", f"{name}.pem")  # fmt: skip
    (folder / "store.pem").write_bytes((folder / "broker.key").read_bytes() + (folder / "broker.pem").read_bytes())
    (folder / "password").write_text(PASSWORD + "\n")
    return Papers(folder)


def scram(user: str, password: str) -> str:
    return f'{MECHANISM}=[name="{user}",password="{password}"]'


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Papers, KafkaSettings]]:
    need_a_startable_broker()
    papers = papers_in(tmp_path_factory.mktemp("papers"))
    login = "org.apache.kafka.common.security.scram.ScramLoginModule"
    properties = {
        "listener.security.protocol.map": "BROKER:SASL_SSL,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": MECHANISM, "sasl.mechanism.inter.broker.protocol": MECHANISM,
        f"listener.name.broker.{MECHANISM.lower()}.sasl.jaas.config":
            f'{login} required username="broker" password="{BROKER_PASSWORD}";',
        "ssl.keystore.type": "PEM", "ssl.keystore.location": papers["store.pem"],
        "ssl.truststore.type": "PEM", "ssl.truststore.location": papers["ca.pem"],
        "listener.name.broker.ssl.client.auth": "required",
    }  # fmt: skip
    client = {
        "security.protocol": "SASL_SSL", "sasl.mechanism": MECHANISM, "sasl.username": "broker",
        "sasl.password": BROKER_PASSWORD, "ssl.ca.location": papers["ca.pem"],
        "ssl.certificate.location": papers["client.pem"], "ssl.key.location": papers["client.key"],
    }  # fmt: skip
    users = ["--add-scram", scram("broker", BROKER_PASSWORD), "--add-scram", scram(USER, PASSWORD)]
    with Cluster(properties=properties, client=client, format_options=users) as cluster:
        yield papers, KafkaSettings(
            bootstrap_servers=cluster.bootstrap_servers, security_protocol="SASL_SSL", sasl_mechanism=MECHANISM,
            sasl_username=USER, sasl_password_file=papers["password"], ssl_cafile=papers["ca.pem"],
            ssl_certfile=papers["client.pem"], ssl_keyfile=papers["client.key"], replication_factor=1,
        )  # fmt: skip


def test_topics_are_made_written_and_read_in_a_group(
    secured: tuple[Papers, KafkaSettings], caplog: pytest.LogCaptureFixture
) -> None:
    _, settings = secured
    with caplog.at_level(logging.DEBUG):
        created = ensure_topics(settings, TopicSettings())
        with (
            closing(KafkaSink(settings, "test")) as sink,
            closing(KafkaSource(settings, "raw-text-dlq", "readers", "test")) as source,
        ):
            values = fill(sink, "raw-text-dlq", 20)
            assert [record.value for record in records_from(begin(source), 20)] == values
            assert source.owned()
    assert "raw-text-dlq" in created
    assert PASSWORD not in caplog.text
    assert "geheim" not in caplog.text


WRONG = {
    "a wrong password": {"sasl_password": "falsch", "sasl_password_file": ""},
    "an unknown user": {"sasl_username": "nobody"},
    "no certificate": {"ssl_certfile": "", "ssl_keyfile": ""},
    "a broker of another authority": {"ssl_cafile": "stranger.pem"},
    "no TLS": {"security_protocol": "SASL_PLAINTEXT"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_credentials_are_refused_without_a_secret_in_the_message(
    secured: tuple[Papers, KafkaSettings], wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers, settings = secured
    monkeypatch.setattr(kafka_client, "BOOTSTRAP_TIMEOUT_S", 1.0)
    changed = {key: papers[value] if value.endswith(".pem") else value for key, value in WRONG[wrong].items()}
    with pytest.raises(BrokerError) as refused:
        ensure_topics(replace(settings, **changed), TopicSettings())
    with warnings.catch_warnings():  # kafka-python leaves the sockets of refused connections to the garbage collector
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    assert not any(secret in str(refused.value) for secret in (PASSWORD, "falsch", "geheim"))


def test_a_password_file_that_is_gone_is_bad_usage(secured: tuple[Papers, KafkaSettings]) -> None:
    _, settings = secured
    with pytest.raises(UsageError, match=r"kafka\.sasl_password_file: no such file"):
        ensure_topics(replace(settings, sasl_password_file="/no/such/file"), TopicSettings())
