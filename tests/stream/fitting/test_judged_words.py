"""Judged words are read from JSON lines, CSV and verdicts; an invalid line is refused with its number."""

from pathlib import Path

import pytest

from stream.errors import SourceError
from stream.fitting.judged_words import of_file, of_verdicts
from stream.verdicts.verdict import ACCEPTED, PART_OF, REFUSED, Verdict

WORDS = {"元宇宙": True, "三天三夜不": False, "zig": True}


@pytest.mark.parametrize("content", [
    '{"word":"元宇宙","accepted":true}\n\n{"word":"三天三夜不","accepted":false}\n{"word":"Zig","accepted":true}\n',
    "word,accepted\n元宇宙,true\n三天三夜不,no\nZig,1\n",
    "\ufeff元宇宙,accept\n三天三夜不,refused\nzig,yes\n",
    '{"word":"元宇宙","verdict":"accepted"}\n{"word":"三天三夜不","verdict":"part_of"}\n{"word":"zig","verdict":"accept"}',
])  # fmt: skip
def test_all_forms_say_the_same(tmp_path: Path, content: str) -> None:
    path = tmp_path / "judged"
    path.write_text(content, "utf-8")
    assert of_file(str(path)) == WORDS


def test_the_last_judgement_of_a_word_holds(tmp_path: Path) -> None:
    path = tmp_path / "judged.csv"
    path.write_text("元宇宙,false\n元宇宙,true\n", "utf-8")
    assert of_file(str(path)) == {"元宇宙": True}


@pytest.mark.parametrize("line", ["{}", "元宇宙", "元宇宙,perhaps", '{"word":"a"}', '{"word":7,"accepted":true}', "{"])
def test_a_line_that_is_none_is_refused_with_its_number(tmp_path: Path, line: str) -> None:
    path = tmp_path / "judged"
    path.write_text(f"元宇宙,true\n{line}\n", "utf-8")
    with pytest.raises(SourceError, match="line 2 is no judged word"):
        of_file(str(path))


def test_verdicts_of_the_desk() -> None:
    verdicts = [Verdict("元宇宙", ACCEPTED, 0.0), Verdict("三天三夜不", PART_OF, 0.0, "三天三夜"),
                Verdict("据德国", REFUSED, 0.0)]  # fmt: skip
    assert of_verdicts(verdicts) == {"元宇宙": True, "三天三夜不": False, "据德国": False}
