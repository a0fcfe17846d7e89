"""Ask GitHub who can see a repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from bedrock_key_guard.errors import GitHubError, UsageError

if TYPE_CHECKING:
    from bedrock_key_guard.github.client import GitHub

JSON = Any
Visibility = Literal["public", "private", "internal", "unknown"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]+")


def is_repository(text: str) -> bool:
    """Return whether a text can be the `owner/name` of a repository."""
    return bool(_NAME.fullmatch(text)) and not text.endswith(("/.", "/.."))


def repository_path(repository: str) -> str:
    """Return the REST path of `owner/name`; raises UsageError for any other text."""
    if not is_repository(repository):
        raise UsageError(
            f"{repository!r} is no repository of GitHub.", remedy="Write it as owner/name."
        )
    return f"/repos/{repository}"


def repository_visibility(client: GitHub, repository: str) -> Visibility:
    """Return who can see a repository; `unknown`, which is to be taken for public, on any error."""
    try:
        found = client.get(repository_path(repository))
    except GitHubError:
        return "unknown"
    return visibility_in(found)


def visibility_in(repository: JSON) -> Visibility:
    """Return what a repository object of GitHub's, in an answer or an event, says of itself."""
    if not isinstance(repository, dict):
        return "unknown"
    if repository.get("visibility") in get_args(Visibility):
        said: Visibility = repository["visibility"]
        return said
    if repository.get("private") is True:
        return "private"
    return "public" if repository.get("private") is False else "unknown"
