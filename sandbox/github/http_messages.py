"""Carry requests and answers of the embedded GitHub, and say what it refuses and why."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

JSON = Any

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request; `path` is without the prefix of the server, header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(hash=False)
    body: str

    def parameter(self, name: str, default: str = "") -> str:
        """Return a query parameter."""
        return parse_qs(self.query).get(name, [default])[0]

    def number(self, name: str, default: int, most: int) -> int:
        """Return a query parameter that counts, held between 1 and `most`."""
        text = self.parameter(name)
        return max(1, min(int(text), most)) if text.isdecimal() else default

    def json(self) -> dict[str, JSON]:
        """Return the body, an object as the description wants it."""
        value: dict[str, JSON] = json.loads(self.body or "{}")
        return value


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one answer; `body` is sent as JSON unless it is text already."""

    status: int
    body: JSON = None
    headers: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """Return the body as it is sent."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Hold one request, without its token, and its answer; no answer if it was cut off."""

    request: Request
    answer: Answer | None
    injected: bool


class Refusal(Exception):  # noqa: N818 - it is an answer on its way out, not an error of ours
    """Leave the handling of a request with an error answer."""

    def __init__(self, status: int, message: str, **extra: JSON) -> None:
        """Say what GitHub says: a message, its documentation, and `errors` for a 422."""
        super().__init__(message)
        body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
        self.answer = Answer(status, {**body, **extra})


def invalid(field_name: str, code: str, message: str = "", *, resource: str = "Issue") -> Refusal:
    """Refuse a field with the 422 whose `errors` name it."""
    error = {"resource": resource, "field": field_name, "code": code, "message": message}
    return Refusal(422, "Validation Failed", errors=[error])


def page(request: Request, items: list[JSON], url: str) -> Answer:
    """Answer with one page of a list and the Link header that leads to the others.

    Source: https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
    """
    size = request.number("per_page", 30, 100)
    number = request.number("page", 1, 10**6)
    last = max(1, -(-len(items) // size))
    wanted = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number >= last:
        del wanted["next"], wanted["last"]
    if number == 1:
        del wanted["prev"], wanted["first"]
    links = ", ".join(
        f'<{url}?{_with_page(request.query, target)}>; rel="{name}"'
        for name, target in wanted.items()
    )
    shown = items[(number - 1) * size : number * size]
    return Answer(200, shown, {"link": links} if links else {})


def _with_page(query: str, number: int) -> str:
    parameters = {name: values[0] for name, values in parse_qs(query).items()}
    return urlencode({**parameters, "page": str(number)})
