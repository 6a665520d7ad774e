"""One operation of the API: path, parameters and answers, from which both the route and its documentation are made."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stream.api.parameters import Parameter, Schema, UnfitError, fit, read
from stream.web.answers import fault

Given = Mapping[str, Any]
Handler = Callable[[Request, Given], Awaitable[Response]]
FAULTS = {400: "a parameter that cannot be taken", 401: "a private server, and no token",
          403: "writing without the token", 404: "nothing of this name", 409: "a word cannot be part of itself",
          413: "a body that is too large",
          414: "an address that is too long", 415: "a body that is no JSON",
          421: "a name that server.hosts does not list", 431: "a request that is too large",
          503: "busy, or standing by; ask again"}  # fmt: skip
ALWAYS = (400, 401, 414, 421, 431, 503)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `answers` is {media type: schema} of status 200.

    `body` is the schema of the request body, if any.
    """

    path: str
    name: str
    sentence: str
    handler: Handler
    answers: Mapping[str, Schema]
    parameters: Sequence[Parameter] = ()
    method: str = "GET"
    body: Schema | None = None
    faults: Sequence[int] = field(default=())

    def route(self) -> Route:
        """Return the Starlette route."""

        async def answer(request: Request) -> Response:
            try:
                given = read(self.parameters, request.query_params)
                for one in self.parameters:
                    if one.place == "path":
                        given[one.name] = fit(one.schema, request.path_params[one.name], one.name)
            except UnfitError as error:
                return fault(400, str(error))
            try:
                return await self.handler(request, given)
            except TimeoutError:
                return fault(503, "this takes too long: ask for less, or again")

        return Route(self.path, answer, methods=[self.method])

    def document(self) -> Schema:
        """Return the OpenAPI operation object."""
        parameters = [one.document() for one in self.parameters]
        said: Schema = {"operationId": self.name, "summary": self.sentence, "responses": self._responses()}
        if parameters:
            said["parameters"] = parameters
        if self.method != "GET":
            said["security"] = [{"token": []}]
        if self.body:
            said["requestBody"] = {"required": True, "content": {"application/json": {"schema": self.body}}}
        return said

    def _responses(self) -> Schema:
        content = {kind: {"schema": schema} for kind, schema in self.answers.items()}
        answers: Schema = {"200": {"description": "as asked", "content": content}}
        if self.method == "GET":
            answers["304"] = {"description": "as in If-None-Match"}
        for status in sorted({*ALWAYS, *self.faults}):
            schema = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
            answers[str(status)] = {"description": FAULTS[status], "content": schema}
        return answers
