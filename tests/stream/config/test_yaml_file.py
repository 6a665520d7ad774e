"""A settings file is read with its line numbers, and constructs that YAML would silently accept are refused."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.config.yaml_file import MOST_BYTES, from_file
from stream.errors import UsageError


def written(folder: Path, content: str | bytes) -> str:
    file = folder / "some.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(file)


def refusal(folder: Path, content: str | bytes) -> str:
    """The message, with the path of the file left out."""
    path = written(folder, content)
    with pytest.raises(UsageError) as caught:
        from_file(path, [])
    message = str(caught.value)
    assert message.startswith(path)
    assert "\n" not in message
    return message.removeprefix(path).lstrip(":, ")


def faults_of(folder: Path, content: str) -> list[str]:
    path = written(folder, content)
    faults: list[str] = []
    from_file(path, faults)
    return [fault.replace(path, "F") for fault in faults]


def test_every_key_comes_with_its_line_number(tmp_path: Path) -> None:
    path = written(
        tmp_path, "# a comment\ntext:\n  format: plain\n\n  max_chars: 5\ntrends: {min_texts: 2,\n  announced: 3}\n"
    )
    faults: list[str] = []
    found = from_file(path, faults)
    assert {name: one.where for name, one in found.items()} == {
        "text.format": f"{path}, line 3",
        "text.max_chars": f"{path}, line 5",
        "trends.min_texts": f"{path}, line 6",
        "trends.announced": f"{path}, line 7",
    }
    assert found["text.format"].read_as(str) == "plain"
    assert faults == []


@pytest.mark.parametrize("content", ["", "# nothing yet\n", "---\n", "\ufeff"])
def test_a_file_without_a_section_gives_nothing(content: str, tmp_path: Path) -> None:
    assert from_file(written(tmp_path, content), []) == {}


def test_windows_line_ends_and_a_byte_order_mark_do_not_matter(tmp_path: Path) -> None:
    found = from_file(written(tmp_path, "\ufefftext:\r\n  format: plain\r\n"), [])
    assert found["text.format"].read_as(str) == "plain"


@pytest.mark.parametrize("content", ["trends:\n", "trends: ~\n", "trends: {}\n"])
def test_a_section_with_all_keys_commented_out_is_named_but_empty(content: str, tmp_path: Path) -> None:
    found = from_file(written(tmp_path, content), [])
    assert [(name, one.value) for name, one in found.items()] == [("trends", None)]


@pytest.mark.parametrize("content", ["trends: 5\n", "trends: [a]\n", "trends: [{a: 5}]\n", "trends: ''\n"])
def test_a_section_that_is_not_a_mapping_is_a_fault(content: str, tmp_path: Path) -> None:
    assert from_file(written(tmp_path, content), [])["trends"].value is not None


def test_a_key_and_a_section_given_twice_are_faults_with_both_lines(tmp_path: Path) -> None:
    content = "text:\n  format: json\n  format: plain\ntrends: {min_texts: 1}\ntrends: {announced: 2}\n"
    assert faults_of(tmp_path, content) == [
        "text.format: given twice (F, line 2 and line 3)",
        "trends: given twice (F, line 4 and line 5)",
    ]


def test_a_fault_of_a_misplaced_key_names_its_section(tmp_path: Path) -> None:
    fault = "trends.min_texts: must stand under its section, as trends: {min_texts: …} (F, line 1)"
    assert faults_of(tmp_path, "trends.min_texts: 5\n") == [fault]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- a\n- b\n", "must be a mapping of sections, for example {trends: {min_texts: 5}}"),
        ("just words\n", "must be a mapping of sections, for example {trends: {min_texts: 5}}"),
        (b"text:\n  format: \xb0\n", "line 2: not UTF-8 (byte 0xb0)"),
        (b"\xff\xfet\x00", "line 1: not UTF-8 (byte 0xff)"),
        ("text:\n  format: \x07\n", "line 2: not YAML: special characters are not allowed"),
        ("a: 1\n---\nb: 2\n", "line 2: not YAML: expected a single document in the stream, but found another document"),
        ("text:\n\tformat: plain\n", "line 2: not YAML: while scanning for the next token, found character '\\t' that"
                                     " cannot start any token"),
        ("a: &x [1]\nb: *x\n", "line 2: aliases (*…) are not read; write the value out"),
        ("a: 1\nb: " + "[" * 100_000, "line 2: nested too deeply; a section holds keys, a key a value or a list"),
        ("#" * (MOST_BYTES + 1), "larger than 256 KiB, no configuration is"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_a_configuration_is_refused(content: str | bytes, message: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, content) == message


@pytest.mark.parametrize("password", ["'secret", "secret: more", "*secret", "&secret &secret", "!secret!", "@secret"])
def test_a_syntax_error_does_not_quote_the_line(password: str, tmp_path: Path) -> None:
    assert "secret" not in refusal(tmp_path, f"kafka:\n  sasl_password: {password}\n")


def test_nested_aliases_are_refused_before_they_expand(tmp_path: Path) -> None:
    lines = ["a0: &a0 [lol]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]
    assert refusal(tmp_path, "\n".join(lines)) == "line 2: aliases (*…) are not read; write the value out"


def test_no_object_is_made_from_a_tag(tmp_path: Path) -> None:
    mark = tmp_path / "made"
    found = from_file(written(tmp_path, f"text: {{format: !!python/object/apply:os.mkdir ['{mark}']}}\n"), [])
    assert not mark.exists()
    assert list(found) == ["text.format"]


def test_a_path_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "none.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(UsageError) as caught:
            from_file(str(path), [])
        assert str(caught.value) == f"{path}: {reason}"
    with pytest.raises(UsageError, match="null byte"):
        from_file("a\0b", [])


def test_a_pipe_can_be_read_as_a_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"text: {format: plain}\n")
    os.close(writing)
    try:
        assert list(from_file(f"/dev/fd/{reading}", [])) == ["text.format"]
    finally:
        os.close(reading)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab:{}[],'\"&*!|>-# \n\t\0é", max_size=60) | st.binary(max_size=40))
def test_any_content_is_read_or_refused(tmp_path: Path, content: str | bytes) -> None:
    faults: list[str] = []
    try:
        found = from_file(written(tmp_path, content), faults)
    except UsageError as error:
        assert str(error)
    else:
        assert all("\n" not in line for line in (*faults, *found))
