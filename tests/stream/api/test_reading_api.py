"""The reading API: its answers, page by page, and that an answer is computed once."""

from urllib.parse import quote

import pytest

from stream.verdicts.verdict import REFUSED, Verdict
from tests.stream.api.desks import desk
from tests.stream.web.served import ask


def test_words_come_with_their_figures_of_the_range_and_of_now() -> None:
    with desk() as (server, _, _):
        page = ask(server, "/api/words?limit=3").json
        assert [one["word"] for one in page["words"]] == ["癸", "壬", "辛"]
        assert (page["total"], page["live"], page["window_s"]) == (10, True, 60.0)
        found = ask(server, "/api/words?status=faded").json["words"]
        assert [(one["word"], one["count"], one["now"]) for one in found] == [("甲", 40, {"count": 3, "score": 2.5})]
        assert found[0]["curve"] == {"start": "2023-11-14T22:26:00.000Z", "step_s": 60.0, "texts": [1, 2, 3, 4]}


def test_pages_follow_one_another() -> None:
    with desk() as (server, _, _):
        words, after = [], ""
        while after is not None:
            page = ask(server, f"/api/words?limit=4&order=count{after and '&after=' + quote(after)}").json
            words += [one["word"] for one in page["words"]]
            after = page["next"]
        assert sorted(words) == sorted("甲乙丙丁戊己庚辛壬癸")
        assert words[0] == "甲"


def test_one_word_comes_with_its_life() -> None:
    with desk() as (server, _, _):
        found = ask(server, f"/api/words/{quote('甲')}").json
        assert [one["status"] for one in found["events"]] == ["faded", "rising", "emerged"]
        assert found["word"]["status"] == "faded"
        before = ask(server, f"/api/words/{quote('甲')}?until=2023-11-14T22:20:00Z").json
        assert before["word"]["status"] == "emerged"
        assert ask(server, f"/api/words/{quote('没有')}").json == {"error": "no such word was announced"}


def test_a_refused_word_is_found_only_if_asked_for() -> None:
    with desk() as (server, _, history):
        history.judge(Verdict("癸", REFUSED, 1.0, note="a phrase", by="mei"))
        assert ask(server, "/api/words?limit=1").json["words"][0]["word"] == "壬"
        (found,) = ask(server, "/api/words?verdict=refused").json["words"]
        said = {"word": "癸", "verdict": "refused", "part_of": None, "note": "a phrase", "by": "mei"}
        assert found["verdict"] == {**said, "at": "1970-01-01T00:00:01.000Z"}


def test_curves_of_several_words_have_one_axis() -> None:
    with desk() as (server, _, _):
        found = ask(server, f"/api/curves?word={quote('甲')}&word={quote('乙')}&word=x&bins=4").json
        assert found["start"] == "2023-11-14T22:26:00.000Z"
        assert [one["texts"] for one in found["curves"]] == [[1, 2, 3, 4], [0, 0, 9, 8], [0, 0, 0, 0]]
        assert ask(server, "/api/curves").json == {"start": None, "step_s": 1.0, "curves": []}


def test_timeline_stories_and_funnel() -> None:
    with desk() as (server, _, _):
        line = ask(server, "/api/timeline?bins=3").json
        assert (sum(line["words"]), line["first"], line["last"]) == (
            10, "2023-11-14T22:14:00.000Z", "2023-11-14T22:29:00.000Z")  # fmt: skip
        assert len(ask(server, "/api/stories?limit=2").json["stories"]) == 2
        funnel = ask(server, "/api/funnel").json
        assert (funnel["flow"], funnel["status"]) == ({"texts": 1000.0}, {"emerged": 9, "faded": 1})


def test_an_empty_store_has_empty_answers() -> None:
    with desk(fill=False) as (server, _, _):
        assert ask(server, "/api/words").json["words"] == []
        assert ask(server, "/api/timeline").json["words"] == []
        assert ask(server, "/api/stories").json == {"stories": []}
        assert ask(server, "/api/funnel").json["status"] == {}


def test_an_answer_is_made_once_until_something_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    from stream.api import reading_api

    real = reading_api.find_words
    monkeypatch.setattr(reading_api, "find_words", lambda *args, **more: asked.append(1) or real(*args, **more))
    with desk() as (server, _, history):
        first = ask(server, "/api/words")
        assert ask(server, "/api/words", If_None_Match=first.headers["etag"]).status == 304
        assert len(asked) == 1
        history.judge(Verdict("癸", REFUSED, 1.0))
        assert ask(server, "/api/words", If_None_Match=first.headers["etag"]).status == 200
        assert len(asked) == 2


@pytest.mark.parametrize("query", ["limit=0", "after=x", "since=soon", "status=gone", "colour=red"])
def test_what_cannot_be_asked_is_refused_with_the_reason(query: str) -> None:
    with desk(fill=False) as (server, _, _):
        answer = ask(server, f"/api/words?{query}")
        assert answer.status == 400
        assert query.split("=")[0] in answer.json["error"]
