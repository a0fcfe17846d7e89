"""Ask GitHub's REST API, with care for its limits and for our token.

Sources: https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api
(headers) and https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from bedrock_key_guard import __version__
from bedrock_key_guard.errors import (
    CredentialsError,
    RateLimitError,
    UnansweredError,
    UsageError,
)
from bedrock_key_guard.github import PUBLIC_API
from bedrock_key_guard.github.exchange import Asked, accepted, json_of, message_of
from bedrock_key_guard.github.rate_limits import LIMITING, Pace, limited_for
from bedrock_key_guard.https import Bearer, HttpsSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from typing_extensions import Self

JSON = Any

TIMEOUTS = (10, 30)
"""Seconds to connect, and between two bytes of an answer."""
RETRIES = 3
HEADERS = {
    "Accept": "application/vnd.github+json",
    "User-Agent": f"bedrock-key-guard/{__version__}",
    "X-GitHub-Api-Version": "2022-11-28",
}


class GitHub:
    """Ask one GitHub, public or GHES, with one token.

    Redirects are not followed. Reads and repeatable writes are tried again when no answer comes;
    a POST never is, because it may have been carried out: look before you try it again.

    Every method raises `UnansweredError`, `RateLimitError`, `RefusedError` or `DeniedError`.
    """

    def __init__(
        self,
        token: str,
        *,
        api_url: str = PUBLIC_API,
        pace: Pace | None = None,
        hear: Callable[[str | None], object] = lambda _date: None,
    ) -> None:
        """Take `api_url` as GITHUB_API_URL has it; `hear` gets the `Date` of each answer.

        Raises UsageError for one that is no address, CredentialsError for a broken token.
        """
        self._api_url = _address(api_url)
        self._pace = pace or Pace()
        self._hear = hear
        self._session = open_session(token, self._api_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str) -> JSON:
        """Return the JSON at `path`."""
        return json_of(self._request(Asked("GET", self._api_url + path)))

    def pages(self, path: str, parameters: Mapping[str, str]) -> Iterator[JSON]:
        """Return the members of a list, page after page."""
        asked = Asked("GET", self._api_url + path, query={**parameters, "per_page": "100"})
        while True:
            response = self._request(asked)
            members = json_of(response)
            if not isinstance(members, list):
                raise UnansweredError(f"{asked} did not answer with a list.")
            yield from members
            url = response.links.get("next", {}).get("url")
            if not url:
                return
            if urlsplit(url)[:2] != urlsplit(self._api_url)[:2]:
                raise UnansweredError(f"{asked} goes on at another host, which is not asked.")
            asked = Asked("GET", url)

    def post(self, path: str, data: Mapping[str, JSON], *, notifies: bool = True) -> JSON:
        """Create something, once; most of it notifies people."""
        url = self._api_url + path
        asked = Asked("POST", url, data=data, write=True, repeatable=False, notifies=notifies)
        return json_of(self._request(asked))

    def patch(self, path: str, data: Mapping[str, JSON]) -> JSON:
        """Change something to what `data` says, however often that is sent."""
        return json_of(self._request(Asked("PATCH", self._api_url + path, data=data, write=True)))

    def put(self, path: str, data: Mapping[str, JSON]) -> JSON:
        """Change something as `patch` does, where GitHub wants it so."""
        return json_of(self._request(Asked("PUT", self._api_url + path, data=data, write=True)))

    def query(
        self, graphql: str, variables: Mapping[str, JSON] | None = None, *, write: bool = False
    ) -> dict[str, JSON]:
        """Return the data of a GraphQL query, which on GHES is at `/api/graphql`.

        One that writes is sent again as a query is: it says what shall be, as `patch` does.
        """
        ghes = self._api_url.endswith("/api/v3")
        base = self._api_url.removesuffix("/v3") if ghes else self._api_url
        data = {"query": graphql, **({"variables": variables} if variables else {})}
        asked = Asked("POST", f"{base}/graphql", data=data, write=write)
        answer = json_of(self._request(asked))
        found = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(found, dict) or answer.get("errors"):
            raise UnansweredError(f"{asked} answered without data.")
        return found

    @property
    def waited(self) -> float:
        """Return for how many seconds the run has waited for GitHub's sake."""
        return self._pace.waited

    def pause(self, seconds: float) -> bool:
        """Wait, and return whether that much waiting was left to this run."""
        return self._pace.wait(seconds)

    def _request(self, asked: Asked) -> requests.Response:
        attempt = 0
        while True:
            if asked.write:
                self._pace.before_write(notifies=asked.notifies)
            answer = self._send(asked)
            limited = self._limited(answer, attempt)
            if limited is None and not self._tries_again(asked, answer, attempt):
                return accepted(asked, answer)
            if limited is not None and not self._pace.wait(limited):
                raise RateLimitError(f"{asked} was refused: wait for {limited:.0f} seconds.")
            attempt += 1

    def _send(self, asked: Asked) -> requests.Response | str:
        """Return the answer, or the kind of the error for which there is none."""
        # The error becomes a value here: an exception of requests drags the token's header along.
        try:
            answer = self._session.request(
                asked.method,
                asked.url,
                params=asked.query,
                json=asked.data,
                timeout=TIMEOUTS,
                allow_redirects=False,
            )
        except OSError as error:  # RequestException is one, and so is a CA bundle that is no file
            return type(error).__name__
        self._hear(answer.headers.get("Date"))
        return answer

    def _limited(self, answer: requests.Response | str, attempt: int) -> float | None:
        if isinstance(answer, str) or answer.status_code not in LIMITING:
            return None
        now, message = self._pace.clock(), message_of(answer)
        return limited_for(answer.status_code, answer.headers, message, now=now, attempt=attempt)

    def _tries_again(self, asked: Asked, answer: requests.Response | str, attempt: int) -> bool:
        transient = isinstance(answer, str) or answer.status_code >= requests.codes.server_error
        return asked.repeatable and transient and attempt < RETRIES and self.pause(2.0**attempt)


def open_session(token: str, api_url: str) -> requests.Session:
    """Return a session for one GitHub; raises CredentialsError for a token that cannot be one."""
    token = token.strip()
    # Here, because the error that requests raises for such a header quotes it.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise CredentialsError(
            "The GitHub token is empty, or holds characters that no token has.",
            remedy="Pass the token as it was issued, for example `${{ github.token }}`.",
        )
    session = HttpsSession(os.environ)
    session.proxies = dict(get_environ_proxies(api_url, no_proxy=None))
    session.auth = Bearer(lambda: token)
    session.headers.update(HEADERS)
    return session


def _address(api_url: str) -> str:
    try:
        parts = urlsplit(api_url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if valid:
        return api_url.rstrip("/")
    raise UsageError(
        f"{api_url!r} is no address of GitHub's API.",
        remedy=f"Set GITHUB_API_URL, for example to {PUBLIC_API}.",
    )
