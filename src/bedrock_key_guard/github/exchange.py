"""Say what is asked of GitHub, and what its answers mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from bedrock_key_guard.errors import DeniedError, RefusedError, UnansweredError

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = Any

DENIALS = frozenset({401, 403, 404})
"""404 is a denial too: GitHub answers it where a token may not know that a repository exists.

Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""
MOVED = "The repository, or GITHUB_API_URL, has moved: use the new name or address."


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold a request; one that is not repeatable does more when it is sent again."""

    method: str
    url: str
    query: Mapping[str, str] | None = None
    data: Mapping[str, JSON] | None = None
    write: bool = False
    repeatable: bool = True
    notifies: bool = False

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{self.method} {parts.scheme}://{host}{parts.path}"


def accepted(asked: Asked, answer: requests.Response | str) -> requests.Response:
    """Return a success; raise what anything else means."""
    if isinstance(answer, str):
        raise UnansweredError(f"{asked} got no answer ({answer}).")
    status = answer.status_code
    if status >= requests.codes.server_error:
        raise UnansweredError(f"{asked} was answered with {status}.")
    if requests.codes.ok <= status < requests.codes.multiple_choices:
        return answer
    reason = message_of(answer)
    kind = DeniedError if status in DENIALS else RefusedError
    remedy = MOVED if status < requests.codes.bad_request else None
    said = f"{asked} was refused: {status} {reason}"
    raise kind(said, status=status, reason=reason, remedy=remedy)


def json_of(response: requests.Response) -> JSON:
    """Return what an answer says. Raises UnansweredError for what is not JSON."""
    try:
        return response.json()
    except requests.JSONDecodeError:
        raise UnansweredError(f"GitHub answered {response.url} with what is not JSON.") from None


def message_of(response: requests.Response) -> str:
    """Return GitHub's own words for an error, with the fields they are about, on one short line."""
    try:
        data = response.json()
        words = [data["message"], *map(_field, data.get("errors", []))]
    except (AttributeError, KeyError, TypeError, requests.JSONDecodeError):
        words = [response.reason]
    return " ".join(", ".join(map(str, words)).split())[:200]


def _field(error: Mapping[str, JSON]) -> str:
    return f"{error.get('field')} {error.get('message') or error.get('code')}"
