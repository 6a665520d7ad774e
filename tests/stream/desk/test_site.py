"""The site: explanations, access rules, and that a private site shows only the empty page."""

import threading

from stream.web.questions import Questions
from tests.stream.api.desks import desk
from tests.stream.web.served import ask
from tests.stream.web.test_questions import why

TOKEN = "0123456789abcdef"


def test_the_flow_answers_why() -> None:
    why("天好")  # whatever is compiled, is compiled now
    with desk() as (server, site, _):
        stop = threading.Event()

        def flow() -> None:
            while not stop.wait(0.01):
                site.answer(why)

        thread = threading.Thread(target=flow)
        thread.start()
        answer = ask(server, "/api/explain?word=%E5%A4%A9%E5%A5%BD")
        stop.set()
        thread.join()
    assert answer.json["stopped_by"] == "rare"
    assert isinstance(site._questions, Questions)


def test_a_visitor_learns_whether_it_may_write() -> None:
    with desk(token=TOKEN) as (server, _, _):
        assert ask(server, "/api/visitor").json == {"name": "", "writes": False, "writable": True}
        assert ask(server, "/api/visitor", Authorization=f"Bearer {TOKEN}").json["writes"] is True
    with desk() as (server, _, _):
        assert ask(server, "/api/visitor").json["writable"] is False


def test_a_private_site_shows_the_bare_page_only() -> None:
    with desk(token=TOKEN, private=True) as (server, site, _):
        assert ask(server, "/").status == 200
        for route in site.routes:
            if route.path.startswith("/api"):  # type: ignore[attr-defined]
                assert ask(server, route.path.replace("{word}", "a")).status == 401  # type: ignore[attr-defined]
        assert ask(server, "/api/words", Authorization=f"Bearer {TOKEN}").status == 200
