"""Embed GitHub: a server on loopback with tokens, repositories, labels, issues and comments.

    with GitHubServer() as github:
        github.add_repository("acme/app", visibility="public")
        token = github.add_actions_token("acme/app")
        run_with(GITHUB_API_URL=github.api_url, GITHUB_TOKEN=token)
        print(github.issues("acme/app"))

A request that GitHub's OpenAPI description does not allow is answered with 500 and says why; the
answers are held to the description by `sandbox.github.contract`.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from sandbox.base.loopback import LoopbackServer
from sandbox.github.git_http import is_git, serve
from sandbox.github.github_faults import Fault, Faults
from sandbox.github.http_messages import Answer, Exchange, Request
from sandbox.github.representations import JSON, Writer
from sandbox.github.rest_api import Api
from sandbox.github.state import Access, Repository, State, Token, Visibility
from sandbox.github.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

ACTIONS_LOGIN = "github-actions[bot]"
"""The login that issues opened with the `GITHUB_TOKEN` of Actions bear."""


class GitHubServer:
    """Run the server from `with` to the end of the block; `prefix` is `/api/v3` on GHES."""

    def __init__(self, *, prefix: str = "", port: int = 0) -> None:
        """Bind a port of 127.0.0.1, a free one unless one is named."""
        self._server = _Server(("127.0.0.1", port), _Handler)
        self.server_url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.api_url = self.server_url + prefix
        self.faults = self._server.faults
        self.exchanges = self._server.exchanges
        self.fetches = self._server.fetches
        self.state = self._server.state
        self._server.prefix = prefix
        self._server.api = Api(self.state, Writer(self.api_url, self.server_url))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Self:
        """Start to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and give the port back."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add_repository(
        self,
        full_name: str,
        *,
        visibility: Visibility = "private",
        has_issues: bool = True,
        archived: bool = False,
        pushers: tuple[str, ...] = (),
        readers: tuple[str, ...] = (),
    ) -> Repository:
        """Add a repository; its owner may push, and so may `pushers`."""
        repository = Repository(
            self.state.new_id(),
            full_name,
            visibility,
            has_issues=has_issues,
            archived=archived,
            pushers=set(pushers),
            readers=set(readers),
        )
        self.state.repositories[full_name] = repository
        return repository

    def add_organization(self, login: str, *members: str) -> None:
        """Make an account an organisation with these members."""
        self.state.organizations[login] = frozenset(members)

    def rename(self, full_name: str, new_name: str) -> None:
        """Give a repository another name; its former one leads there."""
        repository = self.state.repositories.pop(full_name)
        repository.full_name = new_name
        self.state.repositories[new_name] = repository
        self.state.renamed[full_name] = new_name

    def add_text(self, full_name: str, address: str, **fields: str) -> dict[str, str]:
        """Add a text at a path below the repository's, or a node of GraphQL, and return it."""
        return self.state.repositories[full_name].texts.setdefault(address, dict(fields))

    def add_token(self, login: str, *, issues: Access = "write") -> str:
        """Add a personal access token and return it."""
        return self._add(Token(login, "user", issues))

    def add_actions_token(self, *repositories: str, issues: Access = "write") -> str:
        """Add a `GITHUB_TOKEN` as a workflow in these repositories has it, and return it."""
        return self._add(Token(ACTIONS_LOGIN, "application", issues, frozenset(repositories)))

    def enforce_limits(self, clock: Callable[[], float], requests: int = 1000) -> Throttle:
        """Refuse what is more than GitHub takes, by this clock, and return what counts."""
        self._server.throttle = Throttle(clock, requests)
        return self._server.throttle

    def _add(self, token: Token) -> str:
        text = f"sandbox_{secrets.token_hex(18)}"
        self.state.tokens[text] = token
        return text

    def issues(self, full_name: str) -> list[JSON]:
        """Return the repository's issues, each with its comments, as the API writes them."""
        repository = self.state.repositories[full_name]
        write = Writer(self.api_url, self.server_url)
        return [
            {
                **write.issue(repository, issue),
                "comments": [write.comment(repository, issue, said) for said in issue.comments],
            }
            for issue in repository.issues.values()
        ]

    def requests(self, method: str = "", path: str = "") -> list[Request]:
        """Return the requests so far of this method and with this in their path."""
        requests = [exchange.request for exchange in self.exchanges]
        return [r for r in requests if method in {"", r.method} and path in r.path]


class _Server(LoopbackServer):
    daemon_threads = True
    block_on_close = False
    api: Api
    prefix: str

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.faults = Faults()
        self.exchanges: list[Exchange] = []
        self.fetches: list[str] = []
        self.state = State()
        self.used = 0
        self.throttle: Throttle | None = None
        self._lock = threading.Lock()

    def exchange(self, request: Request) -> Answer | None:
        """Answer a request, unless a fault was ordered for it."""
        fault = self.faults.take(request)
        if fault is None and self.throttle and (refusal := self.throttle.refusal(request)):
            fault = Fault(refusal)
        self.faults.hold_up(fault)
        replaced = fault is not None and (fault.drop or fault.answer is not None)
        with self._lock:
            self.used += 1
            answer = None
            if not replaced or (fault and fault.carried_out):
                answer = _refusal(request) or self.api.answer(request)
            if fault and replaced:
                answer = fault.answer
            self.exchanges.append(Exchange(_without_token(request), answer, replaced))
        return answer

    def rate_limit(self) -> dict[str, str]:
        """Return the headers that every answer of GitHub's REST API has."""
        return {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": str(max(0, 5000 - self.used)),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-resource": "core",
            "x-ratelimit-reset": str(int(time.time()) + 3600),
        }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    # One packet for each answer: unbuffered writes wait for the client's delayed acknowledgement.
    wbufsize: ClassVar[int] = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        if is_git(self.path.partition("?")[0]):
            self._serve_git()
            return
        answer = self.server.exchange(self._request())
        if answer is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        body = answer.text.encode()
        kind = "text/html" if isinstance(answer.body, str) else "application/json; charset=utf-8"
        self.send_response(answer.status)
        headers = {"content-type": kind, "content-length": str(len(body))}
        for name, value in {**headers, **self.server.rate_limit(), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server's names

    def _serve_git(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.fetches.append(f"{self.command} {self.path}")
        status, given, content = serve(self.server.state, self.command, self.path, headers, body)
        self.send_response(status)
        for name, value in {**given, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _request(self) -> Request:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = _below(self.server.prefix, parts.path)
        return Request(self.command, path, parts.query, headers, body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keep quiet: stderr is for people."""


def _refusal(request: Request) -> Answer | None:
    """Answer what GitHub's description does not allow with an error that is plainly not its own."""
    # What reads the description takes half a second to import, and many never ask GitHub.
    from sandbox.github.contract import OUTSIDE, request_breaches

    breaches = request_breaches(request)
    return Answer(500, {"message": f"{OUTSIDE}: {'; '.join(breaches)}"}) if breaches else None


def _without_token(request: Request) -> Request:
    kept = {name: value for name, value in request.headers.items() if name != "authorization"}
    return replace(request, headers=kept)


def _below(prefix: str, path: str) -> str:
    # On GHES, REST is below /api/v3 and GraphQL is /api/graphql.
    if prefix and path == "/api/graphql":
        return "/graphql"
    return path.removeprefix(prefix) if path.startswith(prefix) else f"/nowhere{path}"
