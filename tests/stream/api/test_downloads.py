"""The selected words as a file for another program."""

import pytest

from stream.api.downloads import FILES
from stream.verdicts.verdict import ACCEPTED, Verdict
from tests.stream.api.desks import desk
from tests.stream.web.served import ask


@pytest.mark.parametrize(
    ("query", "kind", "name", "begins"),
    [
        ("", "text/csv", "new_words-csv.csv", "word,status,"),
        ("?format=jieba&status=faded", "text/plain", "new_words-jieba.txt", "甲\n"),
        ("?format=rime", "text/plain", "new_words.dict.yaml", "# Rime dictionary"),
        ("?format=hanlp&q=%E4%B9%99", "text/plain", "new_words-hanlp.txt", "乙 nz 9\n"),
    ],
)
def test_a_file_has_the_words_of_the_filters(query: str, kind: str, name: str, begins: str) -> None:
    with desk() as (server, _, _):
        answer = ask(server, f"/api/export{query}")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.text.startswith(begins)


def test_only_accepted_words_if_so_asked() -> None:
    with desk() as (server, _, history):
        history.judge(Verdict("乙", ACCEPTED, 1.0))
        assert ask(server, "/api/export?format=jieba&verdict=accepted").text == "乙\n"


@pytest.mark.parametrize("form", FILES)
def test_an_empty_answer_is_an_empty_file(form: str) -> None:
    with desk(fill=False) as (server, _, _):
        assert ask(server, f"/api/export?format={form}").status == 200
