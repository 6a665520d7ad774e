"""Written values are converted to the wanted type, or refused with the reason."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.config.raw_values import RawValue, Scalar, UnfitError, from_environment, from_overrides, scalar_of

LIST = tuple[str, ...]
REFUSED = "refused"


def in_file(written: str) -> RawValue:
    node = yaml.compose(written, yaml.SafeLoader)
    assert node is not None
    return RawValue(scalar_of(node), "a file")


def outside(written: str) -> RawValue:
    return from_overrides([f"a.b={written}"], [])["a.b"]


def read(one: RawValue, kind: Any) -> Any:
    try:
        return one.read_as(kind)
    except UnfitError:
        return REFUSED


@pytest.mark.parametrize(
    ("written", "number", "real", "truth", "text", "texts"),
    [
        ("5", 5, 5.0, REFUSED, REFUSED, REFUSED),
        ("-5", -5, -5.0, REFUSED, REFUSED, REFUSED),
        ("010", 10, 10.0, REFUSED, REFUSED, REFUSED),  # eight in YAML
        ("1_000", 1000, 1000.0, REFUSED, REFUSED, REFUSED),
        ("5.0", REFUSED, 5.0, REFUSED, REFUSED, REFUSED),
        ("1e3", REFUSED, 1000.0, REFUSED, "1e3", REFUSED),  # a text in YAML
        ("1:30", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),  # ninety in YAML
        (".nan", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("nan", REFUSED, REFUSED, REFUSED, "nan", REFUSED),
        ("1e999", REFUSED, REFUSED, REFUSED, "1e999", REFUSED),
        ("true", REFUSED, REFUSED, True, REFUSED, REFUSED),
        ("False", REFUSED, REFUSED, False, REFUSED, REFUSED),
        ("no", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("2024-01-01", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("~", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("han", REFUSED, REFUSED, REFUSED, "han", REFUSED),
        ("'5'", REFUSED, REFUSED, REFUSED, "5", REFUSED),
        ("'true'", REFUSED, REFUSED, REFUSED, "true", REFUSED),
        ("'1e3'", REFUSED, REFUSED, REFUSED, "1e3", REFUSED),
        ('""', REFUSED, REFUSED, REFUSED, "", REFUSED),
        ('"a\\nb"', REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("[]", REFUSED, REFUSED, REFUSED, REFUSED, ()),
        ("[a, '5']", REFUSED, REFUSED, REFUSED, REFUSED, ("a", "5")),
        ("[a, 5]", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("[a, [b]]", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
        ("{a: b}", REFUSED, REFUSED, REFUSED, REFUSED, REFUSED),
    ],
)
def test_a_value_in_a_file_has_the_type_it_is_written_as(
    written: str, number: object, real: object, truth: object, text: object, texts: object
) -> None:
    one = in_file(written)
    answers = [read(one, kind) for kind in (int, float, bool, str, LIST)]
    assert answers == [number, real, truth, text, texts]
    assert [type(answer) for answer in answers] == [type(want) for want in (number, real, truth, text, texts)]


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("0123", str, "0123"),
        ("[not a list", str, "[not a list"),
        ("half # of it", str, "half # of it"),
        ("a=b", str, "a=b"),
        ("'quoted'", str, "'quoted'"),
        ("", str, ""),
        ("ends with a line\n", str, REFUSED),
        ("no-break\u00a0space", str, REFUSED),
        ("\udcff", str, REFUSED),  # a byte of the environment that is not UTF-8
        ("7", int, 7),
        ("7.5", int, REFUSED),
        ("9" * 5000, int, REFUSED),
        ("7", float, 7.0),
        ("-1e-3", float, -0.001),
        ("inf", float, REFUSED),
        ("true", bool, True),
        ("1", bool, REFUSED),
        ("", LIST, ()),
        ("han", LIST, ("han",)),
        ("han, latin", LIST, ("han", "latin")),
        ("[han, 'a,b']", LIST, ("han", "a,b")),
        ("[han", LIST, REFUSED),
        ("[" * 5000, LIST, REFUSED),
        ("", int, REFUSED),
    ],
)
def test_a_value_outside_of_files_needs_no_quotes(written: str, kind: Any, value: object) -> None:
    assert read(outside(written), kind) == value


@settings(max_examples=100)
@given(st.text(), st.sampled_from([int, float, bool, str, LIST]))
def test_any_value_is_converted_or_refused_with_a_reason(written: str, kind: Any) -> None:
    for one in (RawValue(Scalar(written, form), "here") for form in ("text", "number", "quoted", "outside")):
        try:
            value = one.read_as(kind)
        except UnfitError as fault:
            assert str(fault).startswith("must be")
        else:
            assert isinstance(value, tuple if kind is LIST else kind)
        assert len(str(one)) <= 62


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Zs", "Cf", "Co", "Cn"])))
def test_a_password_of_printable_characters_arrives_as_it_is(password: str) -> None:
    variables = {"NEWWORDS_KAFKA__SASL_PASSWORD": password}
    assert from_environment(variables, [])["kafka.sasl_password"].read_as(str) == password


def test_variables_are_read_in_any_case_and_others_are_ignored() -> None:
    faults: list[str] = []
    found = from_environment({"newwords_Trends__MIN_TEXTS": "5", "NEW_WORDS": "x", "PATH": "/bin"}, faults)
    assert (list(found), faults) == (["trends.min_texts"], [])
    assert found["trends.min_texts"].where == "from newwords_Trends__MIN_TEXTS"


@pytest.mark.parametrize(
    "variable", ["NEWWORDS_", "NEWWORDS_FOO", "NEWWORDS_KAFKA__", "NEWWORDS___GROUP", "NEWWORDS_A__B-C"]
)
def test_a_variable_that_is_not_a_setting_is_a_fault(variable: str) -> None:
    faults: list[str] = []
    assert from_environment({variable: "secret"}, faults) == {}
    assert faults == [f"{variable}: unknown variable; settings are NEWWORDS_SECTION__KEY"]


def test_two_variables_for_one_setting_are_a_fault() -> None:
    faults: list[str] = []
    from_environment({"NEWWORDS_KAFKA__GROUP": "a", "newwords_kafka__group": "b"}, faults)
    assert faults == ["kafka.group: given twice (from NEWWORDS_KAFKA__GROUP and newwords_kafka__group)"]


@pytest.mark.parametrize(
    ("override", "begin"),
    [
        ("kafka.sasl_password:secret", "kafka.sasl_password"),
        ("kafka.sasl_password", "kafka.sasl_password"),
        ("group=secret", "group"),
        (".group=secret", ".group"),
        ("=secret", ""),
        ("kafka.sasl_password: secret=", "kafka.sasl_password"),
        ("kafka.a.b=secret", "kafka.a.b"),
    ],
)
def test_a_malformed_override_is_a_fault_that_hides_its_value(override: str, begin: str) -> None:
    faults: list[str] = []
    assert from_overrides([override], faults) == {}
    assert faults == [f"--set {begin}: must be section.key=value"]


def test_the_last_of_several_overrides_wins() -> None:
    assert from_overrides(["a.b=1", " a.b =2"], [])["a.b"].read_as(int) == 2
