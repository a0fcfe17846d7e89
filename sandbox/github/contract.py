"""Check exchanges with the embedded GitHub against GitHub's own OpenAPI description.

Both sides are held to it: what we ask, and what the server answers. The description allows any
further member in a request, so names that it does not know are looked for here. It does not list
every error that an operation may give; 401, 403, 429 and 5xx are held to its basic error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any
from urllib.parse import parse_qs

from jsonschema.exceptions import ValidationError
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from sandbox.github.http_messages import Answer, Exchange, Request
from sandbox.github.openapi.trim import TRIMMED

HOST = "https://api.github.com"
_BY_ID = re.compile(r"/repositories/[0-9]+")
UNLISTED = frozenset({401, 403, 429})
OUTSIDE = "The sandbox found this request outside GitHub's OpenAPI description"


def violations(exchanges: Iterable[Exchange]) -> list[str]:
    """Return one sentence for each breach, so that none means that both sides keep the contract.

    Answers that a test ordered (`injected`) are not GitHub's; the requests they answer count.
    GraphQL is described elsewhere.
    """
    return [
        f"{exchange.request.method} {exchange.request.path}: {breach}"
        for exchange in exchanges
        for breach in _breaches(exchange)
    ]


def request_breaches(request: Request) -> tuple[str, ...]:
    """Return what of a request GitHub's description does not allow; nothing of GraphQL's."""
    return () if _is_undescribed(request) else _request_breaches(_described(request))


def _is_undescribed(request: Request) -> bool:
    """Return whether a request is one of GraphQL, or to where GitHub redirects a former name."""
    return request.path == "/graphql" or bool(_BY_ID.fullmatch(request.path))


def _breaches(exchange: Exchange) -> Iterator[str]:
    request, answer = exchange.request, exchange.answer
    if _is_undescribed(request):
        return
    yield from (f"request: {breach}" for breach in request_breaches(request))
    if answer is not None and not exchange.injected:
        yield from _answer_breaches(_described(request), replace(answer, body=answer.text))


def _described(request: Request) -> Request:
    """Return a request without the headers of which the description says nothing."""
    kind = request.headers.get("content-type", "application/json")
    return replace(request, headers={"content-type": kind})


# To check takes milliseconds, and most of what is said has been said before.
@lru_cache(4096)
def _request_breaches(request: Request) -> tuple[str, ...]:
    try:
        _openapi().validate_request(_mock(request))
    except OpenAPIError as error:
        return (_causes(error),)
    return tuple(f"GitHub knows no {name!r} there" for name in sorted(_unknown_names(request)))


@lru_cache(4096)
def _answer_breaches(request: Request, answer: Answer) -> tuple[str, ...]:
    try:
        _check_answer(_mock(request), request, answer)
    except OpenAPIError as error:
        return (f"answer {answer.status}: {_causes(error)}",)
    return ()


def _check_answer(request: MockRequest, asked: Request, answer: Answer) -> None:
    if answer.status in UNLISTED and str(answer.status) not in _operation(asked)["responses"]:
        if not {"message", "documentation_url"} <= json.loads(answer.text).keys():
            raise OpenAPIError("not a basic error")
        return
    response = MockResponse(answer.text.encode(), answer.status, answer.headers)
    _openapi().validate_response(request, response)


def _mock(request: Request) -> MockRequest:
    query = {name: values[0] for name, values in parse_qs(request.query).items()}
    kind, body = request.headers["content-type"], request.body.encode()
    return MockRequest(HOST, request.method, request.path, args=query, data=body, content_type=kind)


def _unknown_names(request: Request) -> set[str]:
    operation = _operation(request)
    parameters = operation.get("parameters", [])
    known: set[str] = {_resolve(parameter)["name"] for parameter in parameters}
    asked = set(parse_qs(request.query))
    if not request.body:
        return asked - known
    content = operation["requestBody"]["content"]["application/json"]["schema"]
    for schema in content.get("oneOf", [content]):
        known |= schema["properties"].keys()
    return (asked | set(json.loads(request.body))) - known


def _operation(request: Request) -> dict[str, Any]:
    for template, operations in _description()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), request.path):
            found: dict[str, Any] = operations.get(request.method.lower(), {})
            return found | {"responses": found.get("responses", {})}
    return {"responses": {}}


def _resolve(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    name = parameter["$ref"].rpartition("/")[2]
    resolved: dict[str, Any] = _description()["components"]["parameters"][name]
    return resolved


def _causes(error: BaseException | None) -> str:
    """Say in short what broke: schema errors know where, and `str` of them is the whole value."""
    said = []
    while error is not None:
        wrong = [f"{schema.json_path}: {schema.message[:200]}" for schema in _schema_errors(error)]
        said.append("; ".join(wrong) or type(error).__name__)
        error = error.__cause__
    return " <- ".join(said)


def _schema_errors(error: BaseException) -> Iterable[ValidationError]:
    errors: Iterable[ValidationError] = getattr(error, "schema_errors", ())
    return errors


@cache
def _openapi() -> OpenAPI:
    return OpenAPI.from_file_path(str(TRIMMED))


@cache
def _description() -> dict[str, Any]:
    description: dict[str, Any] = json.loads(TRIMMED.read_text(encoding="utf-8"))
    return description
