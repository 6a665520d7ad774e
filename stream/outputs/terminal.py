"""Make text safe to print in a terminal.

A text may contain escape sequences that colour, clear or rename the terminal, and bidi controls that reverse a line.
Each is replaced by its number; all visible characters stay as they are.
"""

import unicodedata

JOINER = "\u200d"  # within emoji; harmless
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    r"""Replace controls and line breaks by `\u` and four digits: a line stays one line, and JSON stays the same JSON.

    >>> visible("\x1b[31m红\u202e字\n")
    '\\u001b[31m红\\u202e字\\u000a'
    """
    if text.isprintable():
        return text
    return "".join(_escaped(one) if _hidden(one) else one for one in text)


def _hidden(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN and character != JOINER


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
