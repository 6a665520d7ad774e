"""Presets: settings for a kind of stream, by name, that ship with the package. `--preset NAME`.

A preset is a configuration file like any other, and sets only what auto cannot know. Your own file, the environment and
the command line win over it.
"""

from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

from stream.config.raw_values import RawValue
from stream.config.yaml_file import from_file

PRESETS = ("hotlist", "posts", "chat", "news", "forum")


def from_preset(name: str, faults: list[str]) -> dict[str, RawValue]:
    """`section.key` -> what the preset sets. The name must be one of `PRESETS`."""
    with as_file(_file(name)) as path:
        given = from_file(str(path), faults)
    return {key: RawValue(one.value, f"from --preset {name}") for key, one in given.items()}


def described() -> str:
    """All presets as they are written, each with its reasons."""
    return "\n".join(f"# --preset {name}\n{_file(name).read_text('utf-8')}" for name in PRESETS)


def _file(name: str) -> Traversable:
    return files("stream.config").joinpath("presets", f"{name}.yaml")
