"""Choices -> a YAML file for people: each key under its section, with its reason in a comment above it.

Guarantee: `--config` reads the file, and it sets exactly the choices.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from textwrap import wrap
from typing import Any

import yaml

from stream.suggestion.choices import Setting

WIDTH = 100


def yaml_of(head: Iterable[str], several: Sequence[Setting], tail: Iterable[str]) -> str:
    """Return the file. `head` and `tail` are paragraphs of comments.

    One that begins with a blank is kept on one line.
    """
    lines = [*commented(head), ""]
    for section, group in groupby(several, key=lambda one: one.section):
        lines.append(f"{section}:")
        for one in group:
            lines += commented([one.reason], "  ")
            lines.append(f"  {one.key}: {shown(one.value)}")
        lines.append("")
    return "\n".join([*lines, *commented(tail)]) + "\n"


def commented(paragraphs: Iterable[str], indent: str = "") -> list[str]:
    """Return comment lines of at most `WIDTH` characters."""
    lines = []
    for one in paragraphs:
        one = "".join(character if character.isprintable() else " " for character in one)
        wrapped = [one] if one.startswith(" ") else wrap(one.strip(), WIDTH - len(indent) - 2) or [""]
        lines += [f"{indent}# {line}".rstrip() for line in wrapped]
    return lines


def shown(value: Any) -> str:
    """Return a value as YAML in one line."""
    return (
        yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).removesuffix("...\n").strip()
    )
