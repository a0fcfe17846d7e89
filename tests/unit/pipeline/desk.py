"""Be a GitHub without a wire: the sandbox's own, asked in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from bedrock_key_guard.github.client import GitHub
from sandbox.github.http_messages import Request
from sandbox.github.representations import Writer
from sandbox.github.rest_api import Api
from sandbox.github.state import State, Token
from tests.unit.github.doubles import FakeTime

API = "https://api.github.example"


class Killed(BaseException):
    """Stop a run as a runner does: nothing after it is done, not even what ends a run well."""


@dataclass
class Desk:
    """Answer the requests of runs; of the next one the answer is `lost`, or it `kills` its run.

    Both count requests that change something: 1 is the next. What comes `between` is done before
    the next of these, as another run does that is under way at the same time.
    """

    state: State = field(default_factory=State)
    lost: int = 0
    kills: int = 0
    between: Callable[[], object] | None = None

    def __post_init__(self) -> None:
        self.api = Api(self.state, Writer(API, "https://github.example"))

    def token(self, login: str, *repositories: str) -> str:
        """Add the token of an application, and return it."""
        text = f"token-of-{login}"
        self.state.tokens[text] = Token(login, "application", "write", frozenset(repositories))
        return text

    def client(self, token: str) -> GitHub:
        """Return a client that asks here, and waits without any time passing."""
        return _Client(self, token)

    def send(self, request: Request) -> requests.Response | str:
        """Answer, unless the answer is lost on its way, or the run dies before it has it."""
        changes = request.method != "GET" and request.path != "/graphql"
        if changes and self.between is not None:
            other, self.between = self.between, None
            other()
        said = self.api.answer(request)
        if changes:
            self.lost, self.kills = self.lost - 1, self.kills - 1
            if self.kills == 0:
                raise Killed
            if self.lost == 0:
                return "ConnectionError"
        answer = requests.Response()
        answer.status_code, answer._content = said.status, said.text.encode()
        answer.headers.update(said.headers)
        answer.url = API + request.path
        return answer


class _Client(GitHub):
    def __init__(self, desk: Desk, token: str) -> None:
        super().__init__(token, api_url=API, pace=FakeTime().pace(most=1e9))
        self._desk, self._token = desk, token

    def _send(self, asked: Any) -> requests.Response | str:
        parts = urlsplit(asked.url)
        query = "&".join(filter(None, (parts.query, urlencode(asked.query or {}))))
        headers = {"authorization": f"Bearer {self._token}", "user-agent": "test"}
        body = json.dumps(asked.data) if asked.data is not None else ""
        return self._desk.send(Request(asked.method, parts.path, query, headers, body))
