"""List what people wrote beside the code of a repository on GitHub: issues, comments, discussions.

Sources: https://docs.github.com/en/rest/issues/issues#list-repository-issues (pull requests are
issues), /issues/comments, /pulls/comments, /commits/comments, /releases/releases, and
https://docs.github.com/en/graphql/guides/using-the-graphql-api-for-discussions. Reviews of pull
requests can be listed for one pull request at a time alone, and are not.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.errors import GitHubError, RefusedError
from bedrock_key_guard.github.visibility import repository_path
from bedrock_key_guard.model.findings import NotScanned, Scanned
from bedrock_key_guard.scan.source import Passed, Source
from bedrock_key_guard.scan.sources.event_text import EventFile, texts_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.scan.source import Inputs

JSON = Any

_LISTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "issues": ("issue", {"state": "all"}),
    "issues/comments": ("comment", {}),
    "pulls/comments": ("comment", {}),
    "comments": ("comment", {}),
    "releases": ("release", {}),
}
_DISCUSSIONS = """\
query($owner: String!, $name: String!, $after: String) {
  repository(owner: $owner, name: $name) { discussions(first: 50, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { title body html_url: url author_association: authorAssociation
      comments(first: 50) { pageInfo { hasNextPage }
        nodes { body html_url: url author_association: authorAssociation
          replies(first: 50) { pageInfo { hasNextPage }
            nodes { body html_url: url author_association: authorAssociation } } } } } } }
}"""
# "Issues are disabled for this repo"; a 404 may be for what the token is not shown, so it counts.
_SWITCHED_OFF = HTTPStatus.GONE


def texts(client: GitHub, repository: str, server: str) -> Generator[Source, None, None]:
    """Yield the texts of a repository as one source; a list that failed is missing."""
    yield Source(Scanned(("texts",)), _inputs(client, repository, f"{server}/{repository}"))


def _inputs(client: GitHub, repository: str, home: str) -> Inputs:
    for path, (kind, parameters) in _LISTS.items():
        listed = client.pages(f"{repository_path(repository)}/{path}", parameters)
        yield from _read(path, listed, kind, home)
    yield from _read("discussions", _discussions(client, repository), "discussion", home)


def _read(what: str, listed: Iterator[JSON], kind: str, home: str) -> Inputs:
    """Yield the texts of a list as far as GitHub gives it."""
    try:
        for each in listed:
            yield Passed(objects=1)
            payload = {"repository": {"html_url": home}, kind: each}
            yield from texts_of(payload, EventFile(Path(), by_strangers=True))
            if _goes_on(each):
                yield NotScanned(what, "missing", "one has more than fifty comments on one level")
    except GitHubError as error:
        if not (isinstance(error, RefusedError) and error.status == _SWITCHED_OFF):
            yield NotScanned(what, "missing", f"GitHub did not list them: {error}")


def _discussions(client: GitHub, repository: str) -> Iterator[JSON]:
    owner, _, name = repository.partition("/")
    after = None
    while True:
        names = {"owner": owner, "name": name, "after": after}
        found = (client.query(_DISCUSSIONS, names).get("repository") or {}).get("discussions") or {}
        yield from found.get("nodes") or ()
        page = found.get("pageInfo") or {}
        if not page.get("hasNextPage"):
            return
        after = page.get("endCursor")


def _goes_on(value: JSON) -> bool:
    """Return whether a discussion has more comments or replies than were listed."""
    if isinstance(value, list):
        return any(map(_goes_on, value))
    if not isinstance(value, dict):
        return False
    return value.get("hasNextPage") is True or any(map(_goes_on, value.values()))
