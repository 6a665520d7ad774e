"""The plain commands grant the service the rights it needs, as Strimzi does.

Readers and `ingest` get no more than theirs.
"""

import os
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from stream.config.config import Config
from stream.service.access_check import GROUPS, RIGHTS, needed
from stream.service.assembly import ROLES

SCRIPT = Path(__file__).parents[2] / "deploy/kafka/acls.sh"
Granted = dict[tuple[str, str, str], set[str]]


@pytest.fixture
def granted(tmp_path: Path) -> Granted:
    """{(user, kind, name): operations}, of what the script calls the tool with."""
    tool, calls = tmp_path / "kafka-acls.sh", tmp_path / "calls"
    tool.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {calls}\n')
    tool.chmod(0o755)
    environ = {"PATH": os.environ["PATH"], "BOOTSTRAP": "kafka:9092", "KAFKA_ACLS": str(tool), "PREFIX": "staging."}
    subprocess.run([str(SCRIPT)], env=environ, check=True)
    found: Granted = {}
    for call in calls.read_text().splitlines():
        words = call.split()
        options = list(pairwise(words))
        (user,) = [value for name, value in options if name == "--allow-principal"]
        ((kind, name),) = [(key, value) for key, value in options if key in ("--topic", "--group")]
        assert ("--bootstrap-server", "kafka:9092") in options and "--add" in words
        found[user, kind, name] = {value for key, value in options if key == "--operation"}
    return found


def test_the_service_gets_the_rights_of_all_its_roles(granted: Granted) -> None:
    topics = Config().topics
    ours = {name.removeprefix("staging."): rights for (user, kind, name), rights in granted.items()
            if user == "User:new-words" and kind == "--topic"}  # fmt: skip
    assert ours == {
        getattr(topics, key): {right.capitalize() for right in needed(key, ROLES)} | {"Describe"} for key in RIGHTS
    }
    ((group, rights),) = [(name, rights) for (user, kind, name), rights in granted.items()
                          if (user, kind) == ("User:new-words", "--group")]  # fmt: skip
    assert rights == {"Read", "Describe"}
    assert all(f"staging.new-words-{name}".startswith(group) for role in ROLES for name in GROUPS[role])


def test_ingest_writes_texts_and_nothing_else(granted: Granted) -> None:
    mine = {name: rights for (user, _, name), rights in granted.items() if user == "User:new-words-ingest"}
    assert mine == {"staging.raw-text": {"Read", "Write", "Describe"}}


def test_a_reader_writes_nothing(granted: Granted) -> None:
    mine = [rights for (user, _, _), rights in granted.items() if user == "User:new-words-reader"]
    assert mine and all(rights == {"Read", "Describe"} for rights in mine)
