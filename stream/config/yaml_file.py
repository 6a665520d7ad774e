"""Read a YAML file into raw settings, each with the line it stands on.

Input: a path, and a list to which faults of single keys are added. Output: `section.key` -> `RawValue`; the values are
converted later, when the type is known. Only the node tree is read and no object is built from it. A key given twice is
a fault, and its first value is kept. Aliases (a few lines of them expand to gigabytes), deep nesting and whatever is
not YAML make the whole file unreadable: UsageError.
"""

import re
from pathlib import Path

import yaml

from stream.config.raw_values import RawValue, cut_short, scalar_of
from stream.errors import UsageError

MOST_BYTES = 1 << 18
MOST_DEPTH = 8
NULL = "tag:yaml.org,2002:null"
_NAMES = re.compile(r"""\s['"][^'"<]{3,}['"]""")  # quoted text in a parser message may be part of a password


def from_file(path: str, faults: list[str]) -> dict[str, RawValue]:
    """Map `section.key` to its raw value, and `section` to None if it is empty or to its value if it has no keys.

    Raises UsageError if the file cannot be read at all; faults of single keys are added to `faults`.
    """
    root = _composed(_decoded(path), path)
    if root is None or root.tag == NULL:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(f"{path}: must be a mapping of sections, for example {{trends: {{min_texts: 5}}}}")
    given: dict[str, RawValue] = {}
    begun: dict[str, RawValue] = {}
    for section, body in root.value:
        name, line = _name(section), _line(path, section)
        _add(begun, name, RawValue(None, line), faults)
        if isinstance(body, yaml.MappingNode) and body.value:
            for key, node in body.value:
                value = RawValue(scalar_of(node), _line(path, key), str(Path(path).parent))
                _add(given, f"{name}.{_name(key)}", value, faults)
        elif "." in name:
            within, _, key = name.partition(".")
            faults.append(f"{name}: must stand under its section, as {within}: {{{key}: …}} ({line})")
        else:
            empty = isinstance(body, yaml.MappingNode) or body.tag == NULL
            given[name] = RawValue(None if empty else scalar_of(body) or (), line)
    return given


def _add(given: dict[str, RawValue], name: str, value: RawValue, faults: list[str]) -> None:
    if name in given:
        faults.append(f"{name}: given twice ({given[name].where} and {value.where.rpartition(', ')[2]})")
    given.setdefault(name, value)


def _decoded(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    except ValueError as error:  # a path that contains a null byte
        raise UsageError(f"{path!r}: {error}") from error
    if len(content) > MOST_BYTES:
        raise UsageError(f"{path}: larger than {MOST_BYTES >> 10} KiB, no configuration is")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}, line {line}: not UTF-8 (byte 0x{content[error.start]:02x})") from error


def _composed(text: str, path: str) -> yaml.Node | None:
    try:
        _refuse_tricks(text, path)
        return yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else 1
        raise UsageError(f"{path}, line {line}: not YAML: {_NAMES.sub('', what)}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UsageError(f"{path}, line {line}: not YAML: {error.reason}") from error


def _refuse_tricks(text: str, path: str) -> None:
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise UsageError(f"{_line(path, event)}: aliases (*…) are not read; write the value out")
        if depth > MOST_DEPTH:
            raise UsageError(f"{_line(path, event)}: nested too deeply; a section holds keys, a key a value or a list")


def _name(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        return "(not a name)"
    return node.value if node.value.isidentifier() else cut_short(repr(node.value)[1:-1])


def _line(path: str, node: yaml.Node | yaml.Event) -> str:
    return f"{path}, line {node.start_mark.line + 1 if node.start_mark else 1}"
