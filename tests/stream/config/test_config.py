"""Configuration: the manual is the defaults, everything wrong is found in one go and explained without a secret."""

import re
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.__main__ import main
from stream.config.config import KEYS, RULES, Config, load
from stream.errors import UsageError
from stream.log.settings import topic_keys
from stream.text.message import Paths

MANUAL = Path(__file__).parents[3] / "config.yaml"
SETTINGS = [f"{section}.{key}" for section, keys in KEYS.items() for key in keys]
KINDS = {int, int | None, float, float | None, bool, str, tuple[str, ...], Paths}


def faults_of(*overrides: str, path: Path | None = None, environ: dict[str, str] | None = None) -> list[str]:
    """Every fault, with the path of the file as F."""
    with pytest.raises(UsageError) as caught:
        load(str(path) if path else None, environ or {}, overrides)
    return str(caught.value).replace(str(path), "F").splitlines()


def manual_comments() -> dict[str, str]:
    """The comment of each setting in the manual: what stands beside it, or right above."""
    comments, section, above = {}, "", ""
    for line in MANUAL.read_text("utf-8").splitlines():
        found = re.fullmatch(r"( *)(\w+):(.*?)(?:\s#\s(.*))?", line)
        if not found:
            above = line.strip().removeprefix("#")
            continue
        indent, name, _, beside = found.groups()
        if indent:
            comments[f"{section}.{name}"] = beside or above
        else:
            section = name
        above = ""
    return comments


def test_config_yaml_holds_exactly_the_defaults() -> None:
    assert load(str(MANUAL), {}, []) == Config()


def test_config_yaml_lists_every_setting_in_order() -> None:
    document = yaml.safe_load(MANUAL.read_text("utf-8"))
    assert [f"{section}.{key}" for section, keys in document.items() for key in keys] == SETTINGS


@pytest.mark.parametrize("setting", SETTINGS)
def test_config_yaml_explains_every_setting_with_its_unit(setting: str) -> None:
    comment = manual_comments()[setting]
    assert len(comment.split()) >= 3
    for ending, unit in (("_s", "second"), ("_bytes", "byte"), ("_chars", "character"), ("_width", "cells")):
        assert not setting.endswith(ending) or unit in comment


def test_every_setting_named_in_a_comment_of_config_yaml_exists() -> None:
    named = {word for comment in manual_comments().values() for word in re.findall(r"\b[a-z]+_[a-z_]+\b", comment)}
    known = {part for setting in SETTINGS for part in setting.split(".")} | {"han_extended", "newwords_trend_score"}
    assert named <= known
    assert "min_pmi" in named


def test_every_setting_has_a_type_that_can_be_read_and_reports_its_faults() -> None:
    assert {kind for keys in KEYS.values() for kind in keys.values()} <= KINDS
    config = Config()
    for section in fields(Config):
        assert getattr(config, section.name).faults() == []


def test_all_faults_are_reported_together_with_key_value_and_place(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(
        "text:\n  format: xml\n  max_bites: 5\nwindow: {length_s: 1, recut: 2}\nsketches:\n  rows: many\n  seed: '1'\n"
        "kafka: {group: 7, client_id: [a], topic: t}\nserver: 5\ntrends: {min_surprise: {a: 1}}\nport: 80\n"
    )
    environ = {"NEWWORDS_TRENDS__MIN_TEXTS": "0", "NEWWORDS_CONFIG": "x"}
    assert faults_of("cohesion.min_count=-1", "nonsense", "trends.length_s=1", path=file, environ=environ) == [
        "NEWWORDS_CONFIG: unknown variable; settings are NEWWORDS_SECTION__KEY",
        "--set nonsense: must be section.key=value",
        "text.max_bites: unknown key, did you mean max_bytes? (F, line 3)",
        "window.length_s: unknown section, did you mean windows? (F, line 4)",
        "kafka.topic: unknown key (F, line 8)",
        "server: must be a section with keys (F, line 9)",
        "port: unknown section, did you mean server.port? (F, line 11)",
        "trends.length_s: unknown key, did you mean windows.length_s? (from --set)",
        "kafka.group: must be a text, not 7: put it in quotes (F, line 8)",
        "kafka.client_id: must be a text, not ['a'] (F, line 8)",
        "text.format: must be json or plain, not 'xml' (F, line 2)",
        "sketches.rows: must be a whole number, not 'many' (F, line 6)",
        "sketches.seed: must be a whole number or auto, not '1' (F, line 7)",
        "cohesion.min_count: must be greater than 0, not -1.0 (from --set)",
        "trends.min_surprise: must be a number, not a mapping (F, line 10)",
        "trends.min_texts: must be at least 1, not 0 (from NEWWORDS_TRENDS__MIN_TEXTS)",
    ]


def test_a_fault_gives_the_reason_after_the_value() -> None:
    fault = "cohesion.hysteresis_pmi: must not be negative, but is -1.0: a pair would leave before it may enter"
    assert faults_of("cohesion.hysteresis_pmi=-1") == [f"{fault} (from --set)"]


def test_a_long_value_is_truncated() -> None:
    (fault,) = faults_of(f"text.format={'x' * 5000}")
    assert len(fault) < 150


def test_command_line_wins_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text("trends: {announced: 5, min_texts: 5, min_surprise: 5}\n")
    environ = {"NEWWORDS_TRENDS__ANNOUNCED": "6", "NEWWORDS_TRENDS__MIN_TEXTS": "6", "PATH": "/bin"}
    trends = load(str(file), environ, ["trends.announced=7"]).trends
    assert (trends.announced, trends.min_texts, trends.min_surprise) == (7, 6, 5.0)


def written_out(value: Any) -> str:
    if value is None:
        return "auto"
    return "[" + ", ".join(f"'{part}'" for part in value) + "]" if isinstance(value, tuple) else str(value)


def test_every_default_can_be_set_by_file_environment_and_option(tmp_path: Path) -> None:
    values = {name: getattr(getattr(Config(), name.split(".")[0]), name.split(".")[1]) for name in SETTINGS}
    overrides = [f"{name}={written_out(value)}" for name, value in values.items()]
    assert load(None, {}, overrides) == Config()
    environ = {f"NEWWORDS_{name.upper().replace('.', '__')}": written_out(value) for name, value in values.items()}
    assert load(None, environ, []) == Config()


@pytest.mark.parametrize("where", ["file", "environment", "command line", "unknown", "no equals sign"])
def test_a_password_is_never_shown(where: str, tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text("kafka: {sasl_password: [secret]}\n" if where == "file" else "")
    environ = {"NEWWORDS_KAFKA__SASL_PASSWORD": "secret\n"} if where == "environment" else {}
    overrides: Sequence[str] = {
        "command line": ["kafka.sasl_password=secret\0"],
        "unknown": ["kafka.password=secret", "kafkas.sasl_password=secret"],
        "no equals sign": ["kafka.sasl_password:secret"],
    }.get(where, [])
    faults = faults_of(*overrides, path=file, environ=environ)
    assert any("password" in fault for fault in faults)
    assert not any("secret" in fault for fault in faults)


def test_a_rule_between_sections_gives_its_reason() -> None:
    assert faults_of("sketches.half_life_s=59") == [
        "sketches.half_life_s: must be at least windows.length_s (60.0), not 59.0: pairs would be forgotten before "
        "their words are counted (from --set)"
    ]


def test_a_rule_between_sections_holds_beside_other_faults_but_not_on_faulty_settings() -> None:
    assert len(faults_of("sketches.half_life_s=59", "text.format=xml")) == 2
    assert len(faults_of("sketches.half_life_s=59", "windows.length_s=soon")) == 1


def test_every_rule_names_settings_that_exist() -> None:
    assert {name for keys in RULES.values() for name in keys} <= set(SETTINGS)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a: [", b"- list", b"text: 5"])
def test_a_file_that_is_not_a_configuration_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_bytes(content)
    assert len(faults_of(path=file)) == 1


@settings(max_examples=100)
@given(st.sampled_from([*SETTINGS, "trends.", "no.such"]), st.text(max_size=30), st.text(max_size=30))
def test_any_override_gives_a_configuration_or_a_usage_error(key: str, more: str, value: str) -> None:
    try:
        load(None, {}, [f"{key}={value}", f"{key}{more}={value}"])
    except UsageError as error:
        assert all(re.match(r"[\w.]+: |--set [\w.]*…?: ", line) for line in str(error).split("\n"))


def test_a_wrong_configuration_ends_with_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "-", "--set", "text.format=xml", "--set", "trends.min_texts=0"]) == 2
    printed = capsys.readouterr().err.splitlines()
    assert [line.split()[:2] for line in printed[:2]] == [
        ["new-words:", "text.format:"],
        ["new-words:", "trends.min_texts:"],
    ]


def test_a_prefix_makes_a_second_tenant_of_every_topic_and_of_the_group() -> None:
    ours, theirs = load(None, {}, []), load(None, {}, ["topics.prefix=staging."])
    assert theirs.topics.raw_text == "staging.raw-text" and theirs.kafka.group == "staging.new-words"
    names = [{getattr(config.topics, key) for key in topic_keys()} for config in (ours, theirs)]
    assert not names[0] & names[1] and all(name.startswith("staging.") for name in names[1])


def test_a_prefix_must_give_names_that_a_broker_takes() -> None:
    assert faults_of("topics.prefix=a b")[0].startswith("topics.prefix: must be the beginning of topic names")
    assert faults_of(f"topics.prefix={'x' * 240}")[0].startswith("topics.prefix: must")
