"""The OpenAPI document is complete, and schemathesis finds the running server to agree with it."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from starlette.routing import Route

from stream.desk.site import Site
from stream.store.history import History
from stream.web.server import Server
from stream.web.settings import ServerSettings
from tests.stream.api.desks import desk
from tests.stream.web.served import ask

TOKEN = "0123456789abcdef"
TRIES = settings(max_examples=30, database=None, phases=[Phase.generate],
                 suppress_health_check=list(HealthCheck))  # fmt: skip
LASTING = "/api/events"
CHECKS = [openapi_checks.status_code_conformance, openapi_checks.content_type_conformance,
          openapi_checks.response_schema_conformance, openapi_checks.positive_data_acceptance,
          openapi_checks.negative_data_rejection]  # fmt: skip


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    with desk(token=TOKEN) as (server, _, _):
        yield server


@pytest.fixture(scope="module")
def operations(served: Server) -> list[Any]:
    schema = schemathesis.openapi.from_dict(ask(served, "/api/openapi.json").json)
    schema.config.update(base_url=f"http://127.0.0.1:{served.port}")
    return [one.ok() for one in schema.get_all_operations()]


def test_every_route_of_the_api_is_in_the_document(served: Server) -> None:
    document = ask(served, "/api/openapi.json").json
    site = Site(ServerSettings(), History(), 60.0)
    routes = {route.path for route in site.routes if isinstance(route, Route) and route.path != "/"}
    assert routes - {"/api/openapi.json"} == document["paths"].keys()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_the_service_does_what_the_document_says(
    operations: list[Any], mode: GenerationMode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is asked: an answer that the document has, of the shape it says; 503 is the only fault of the server."""
    monkeypatch.setattr("stream.web.questions.PATIENCE_S", 0.01)
    assert checks.not_a_server_error not in CHECKS, "503 is documented, and any other 5xx is not"
    for operation in operations:
        if operation.path == LASTING or (mode is GenerationMode.NEGATIVE and not operation.query):
            continue

        @TRIES
        @given(operation.as_strategy(generation_mode=mode))
        def hold(case: Any) -> None:
            response = case.call(headers={"Authorization": f"Bearer {TOKEN}"})
            if response.status_code != 414:
                case.validate_response(response, checks=CHECKS)

        hold()
