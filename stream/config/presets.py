"""Presets: named settings for a kind of stream that ship with the package (`--preset NAME`).

A preset is a configuration file like any other, and sets only what cannot be derived from the stream. A user's own
file, the environment and the command line override it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from stream.config.raw_values import RawValue

PRESETS = ("hotlist", "posts", "chat", "news", "forum")


def from_preset(name: str, faults: list[str]) -> "dict[str, RawValue]":
    """Return {`section.key`: value} of a preset; the name must be one of `PRESETS`."""
    from importlib.resources import as_file  # every command lists the names; few read a file

    from stream.config.raw_values import RawValue
    from stream.config.yaml_file import from_file

    with as_file(_file(name)) as path:
        given = from_file(str(path), faults)
    return {key: RawValue(one.value, f"from --preset {name}") for key, one in given.items()}


def described() -> str:
    """Return the text of all presets, with the reasons in their comments."""
    return "\n".join(f"# --preset {name}\n{_file(name).read_text('utf-8')}" for name in PRESETS)


def _file(name: str) -> "Traversable":
    from importlib.resources import files

    return files("stream.config").joinpath("presets", f"{name}.yaml")
