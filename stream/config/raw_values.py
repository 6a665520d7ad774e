"""Raw settings: each value as it was written, with its place, until the type of its setting is known.

Reads them from the environment (`NEWWORDS_SECTION__KEY`) and from `--set`, takes those of YAML nodes for `yaml_file`,
and converts each to the type of its setting (`read_as`; raises UnfitError). The text is kept as written: a password
0123 on the command line stays that text, and 010 for a number is ten, whatever YAML would make of them. In a file types
are not guessed: a number is not accepted as text, nor a text as a list, except where a setting takes one or several. In
the environment and with `--set` any value can be a text, and a list is written `a,b`, or `[a, b]` as in a file.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

import yaml

PREFIX = "NEWWORDS_"
AUTO = "auto"  # this value lets the program choose
SHOWN = 60  # characters of a value that an error message repeats

TEXT, NUMBER, QUOTED, OUTSIDE = "text", "number", "quoted", "outside"
"""How a scalar was written: unquoted text, unquoted anything else, in quotes, or outside of a file."""


class UnfitError(ValueError):
    """The value has the wrong type; the message says which one is needed."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One written value; `form` is one of the four above."""

    text: str
    form: str

    def __str__(self) -> str:
        if self.form == NUMBER:
            return cut_short(self.text) or "nothing"
        return cut_short(repr(self.text))


@dataclass(frozen=True, slots=True)
class RawValue:
    """A setting as written: a scalar, a list of scalars, or None for a nested structure. `where` is file and line,
    `folder` the folder of that file, which paths are relative to.
    """

    value: Scalar | tuple[Scalar, ...] | None
    where: str
    folder: str = ""

    def __str__(self) -> str:
        if isinstance(self.value, Scalar):
            return str(self.value)
        return "a mapping" if self.value is None else cut_short(f"[{', '.join(map(str, self.value))}]")

    def read_as(self, kind: Any) -> Any:
        """Convert to int, float, either of them or None (for auto), bool, str, tuple[str, ...] or `Paths` (one or
        several texts). Raises UnfitError.
        """
        value = self.value
        if get_origin(kind) is Annotated:
            kind, *_ = get_args(kind)
            if isinstance(value, Scalar) and value.form != OUTSIDE:
                value = (value,)
        if isinstance(value, Scalar) and value.form == OUTSIDE and kind not in _READERS:
            value = _list_of(value.text)
        if kind in _READERS:
            reason, read = _READERS[kind]
            if not isinstance(value, Scalar):
                raise UnfitError(reason)
            return read(value)
        if not isinstance(value, tuple):
            raise UnfitError("must be a list of texts")
        return tuple(_text(item) for item in value)


def from_environment(environ: Mapping[str, str], faults: list[str]) -> dict[str, RawValue]:
    """Read the variables named `NEWWORDS_SECTION__KEY`, in upper or lower case."""
    given: dict[str, RawValue] = {}
    for variable, text in sorted(environ.items()):
        if not variable.upper().startswith(PREFIX):
            continue
        section, sign, key = variable[len(PREFIX) :].lower().partition("__")
        name = f"{section}.{key}"
        if not (section and sign and key and variable.isidentifier()):
            shown = cut_short(repr(variable)[1:-1])
            faults.append(f"{shown}: unknown variable; settings are {PREFIX}SECTION__KEY")
        elif name in given:
            faults.append(f"{name}: given twice ({given[name].where} and {variable})")
        else:
            given[name] = RawValue(Scalar(text, OUTSIDE), f"from {variable}")
    return given


def from_overrides(overrides: Sequence[str], faults: list[str]) -> dict[str, RawValue]:
    """Read `--set section.key=value`; the last one for a key wins."""
    given = {}
    for override in overrides:
        name, sign, text = override.partition("=")
        if sign and re.fullmatch(r"\w+\.\w+", name.strip()):
            given[name.strip()] = RawValue(Scalar(text, OUTSIDE), "from --set")
            continue
        begin = re.match(r"[\w.]*", override)  # the rest is not shown: it may be a secret
        faults.append(f"--set {cut_short(begin[0]) if begin else ''}: must be section.key=value")
    return given


def scalar_of(node: yaml.Node) -> Scalar | tuple[Scalar, ...] | None:
    """Convert a YAML node to a scalar or a list of scalars; None for anything else."""
    if isinstance(node, yaml.ScalarNode):
        bare = TEXT if node.tag == "tag:yaml.org,2002:str" else NUMBER
        return Scalar(node.value, bare if node.style is None else QUOTED)
    if isinstance(node, yaml.SequenceNode):
        items = [scalar_of(item) for item in node.value]
        if all(isinstance(item, Scalar) for item in items):
            return tuple(item for item in items if isinstance(item, Scalar))
    return None


def cut_short(text: str) -> str:
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _list_of(text: str) -> Scalar | tuple[Scalar, ...] | None:
    if not text.lstrip().startswith("["):
        return tuple(Scalar(part.strip(), OUTSIDE) for part in text.split(",") if part.strip())
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    return None if node is None else scalar_of(node)


def _text(value: Scalar) -> str:
    if value.form == NUMBER:
        raise UnfitError("must be a text: put it in quotes")
    if not value.text.isprintable():
        raise UnfitError("must be one line of printable characters")
    return value.text


def _whole(value: Scalar) -> int:
    try:
        if value.form != QUOTED:
            return int(value.text)
    except ValueError:
        pass
    raise UnfitError("must be a whole number")


def _whole_or_auto(value: Scalar) -> int | None:
    if value.text == AUTO and value.form != QUOTED:
        return None
    try:
        return _whole(value)
    except UnfitError:
        raise UnfitError(f"must be a whole number or {AUTO}") from None


def _number(value: Scalar) -> float:
    try:
        number = float(value.text)
    except ValueError:
        number = None
    if number is None or value.form == QUOTED:
        raise UnfitError("must be a number")
    if not math.isfinite(number):
        raise UnfitError("must be a finite number")
    return number


def _number_or_auto(value: Scalar) -> float | None:
    if value.text == AUTO and value.form != QUOTED:
        return None
    try:
        return _number(value)
    except UnfitError as fault:
        raise UnfitError(f"{fault} or {AUTO}") from None


def _truth(value: Scalar) -> bool:
    if value.form == QUOTED or value.text.lower() not in ("true", "false"):
        raise UnfitError("must be true or false")
    return value.text.lower() == "true"


_READERS: dict[Any, tuple[str, Any]] = {
    int: ("must be a whole number", _whole),
    int | None: (f"must be a whole number or {AUTO}", _whole_or_auto),
    float: ("must be a number", _number),
    float | None: (f"must be a number or {AUTO}", _number_or_auto),
    bool: ("must be true or false", _truth),
    str: ("must be a text", _text),
}
