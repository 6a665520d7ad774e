"""Questions are answered on the pipeline's thread, in a share of its time, and only while the client waits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.routing import Route

from stream.trends.explain import Explanation, explain
from stream.web import questions as module
from stream.web.questions import Questions
from stream.web.server import Server
from tests.stream.trends.made_finder import ALPHABET, model_of, new_words
from tests.stream.waiting import until
from tests.stream.web.served import ask, connected, serving


def why(word: str) -> Explanation:
    return explain(word, new_words()[0], model_of(["天气"]), ALPHABET)


class Desk:
    """Questions with a server in front; `now_s` is the clock of the flow."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.questions = Questions(lambda: self.now_s)
        self.explained: list[str] = []

    def why(self, word: str) -> Explanation:
        self.explained.append(word)
        self.now_s += 0.5  # so long it takes
        return why(word)


@pytest.fixture
def desk() -> Desk:
    why("天好")  # whatever is compiled, is compiled now
    return Desk()


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    with serving(Route("/why", desk.questions.explain)) as one:
        yield one


def waiting(desk: Desk, several: int) -> None:
    """Return when so many wait."""
    until(lambda: desk.questions._waiting.qsize() >= several)


@pytest.mark.parametrize("path", ["/why", "/why?word=", "/why?wort=a", "/why?word=" + "a" * 101])
def test_a_question_without_a_sensible_word_is_a_bad_request(server: Server, path: str) -> None:
    assert ask(server, path).status == 400


def test_the_flow_answers_and_the_answer_is_kept_for_a_while(desk: Desk, server: Server) -> None:
    with ThreadPoolExecutor(1) as pool:
        for later_s in (0.0, 20.0):
            desk.now_s += later_s
            asked = pool.submit(ask, server, "/why?word=%E5%A4%A9%E5%A5%BD")
            waiting(desk, 1)
            desk.questions.answer(desk.why)
            assert asked.result().json["stopped_by"] == "rare"
            assert ask(server, "/why?word=%E5%A4%A9%E5%A5%BD").body == asked.result().body, "without the flow"
    assert len(desk.explained) == 2


def test_questions_take_a_share_of_the_time_and_the_others_wait(desk: Desk, server: Server) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, server, f"/why?word={one}") for one in "abcd"]
        waiting(desk, 4)
        desk.questions.answer(desk.why)
        assert len(desk.explained) == 1, "half a second was more than was saved up"
        desk.questions.answer(desk.why)
        assert len(desk.explained) == 1
        for several in (2, 3, 4):
            desk.now_s += 0.5 / module.SHARE
            desk.questions.answer(desk.why)
            assert len(desk.explained) == several
        assert {one.result().status for one in asked} == {200}


def test_a_question_of_a_disconnected_client_is_dropped(desk: Desk, server: Server) -> None:
    gone = connected(server)
    gone.sendall(b"GET /why?word=a HTTP/1.1\r\nHost: a\r\n\r\n")
    waiting(desk, 1)
    gone.close()
    future = desk.questions._waiting.queue[0][1]
    until(future.cancelled)
    desk.questions.answer(desk.why)
    assert desk.explained == []


def test_a_standby_says_so_and_a_silent_process_is_not_waited_for(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(ask, server, "/why?word=a")
        waiting(desk, 1)
        desk.questions.answer(None)
        assert (asked.result().status, "stands by" in asked.result().text) == (503, True)
    monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    for _ in range(module.WAITING):
        assert "busy" in ask(server, "/why?word=a").text
    assert "too many" in ask(server, "/why?word=a").text
    desk.questions.answer(desk.why)  # those who asked have gone: no harm, and there is room again
    assert "busy" in ask(server, "/why?word=a").text
