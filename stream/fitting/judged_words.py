"""People's judgements of words -> {folded word: accepted or not}, from JSON lines, CSV, or the verdicts of the desk.

    {"word": "元宇宙", "accepted": true}            (JSON lines)
    word,accepted                                   (CSV with this header, or without one)
    元宇宙,true

True, yes, 1, accept and accepted mean accepted; false, no, 0, refuse, refused and part_of mean not accepted. Of a word
that was judged twice, the last judgement counts.
"""

import csv
from collections.abc import Iterable

import orjson

from stream.errors import SourceError
from stream.sources.files import open_lines
from stream.text.runs import fold_word
from stream.verdicts.verdict import ACCEPTED, Verdict

YES = {"true", "yes", "1", "accept", ACCEPTED}
NO = {"false", "no", "0", "refuse", "refused", "part_of", "part-of"}
HEADER = "accepted"


def of_file(path: str) -> dict[str, bool]:
    """Read a file. Raises SourceError that names the line which cannot be understood."""
    found: dict[str, bool] = {}
    for number, line in enumerate(open_lines([path]), 1):
        if not line.strip():
            continue
        try:
            judged = _of_json(line) if line.lstrip().startswith(b"{") else _of_csv(line.decode("utf-8-sig"))
        except ValueError as fault:
            raise SourceError(f"{path}: line {number} is no judged word: {fault}") from fault
        if judged:
            found[judged[0]] = judged[1]
    return found


def of_verdicts(verdicts: Iterable[Verdict]) -> dict[str, bool]:
    """Return the current verdicts."""
    return {one.key: one.verdict == ACCEPTED for one in verdicts}


def _of_json(line: bytes) -> tuple[str, bool]:
    fields = orjson.loads(line)
    word, accepted = fields.get("word"), fields.get("accepted", fields.get("verdict"))
    if not isinstance(word, str) or not word.strip():
        raise ValueError('it has no "word"')
    return fold_word(word.strip()), _truth(accepted)


def _of_csv(line: str) -> tuple[str, bool] | None:
    row = next(csv.reader([line]))
    if len(row) < 2:
        raise ValueError("a row is word,accepted")
    if row[1].strip().lower() == HEADER:
        return None
    return fold_word(row[0].strip()), _truth(row[1])


def _truth(value: object) -> bool:
    said = str(value).strip().lower()
    if said not in YES | NO:
        raise ValueError(f"accepted must be true or false, not {said!r}")
    return said in YES
