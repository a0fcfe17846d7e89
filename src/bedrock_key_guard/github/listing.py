"""Find the guard's own issues among a repository's, by the list endpoint.

The list is up to date where the search index lags behind.
Source: https://docs.github.com/en/rest/issues/issues#list-repository-issues
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.github.errors import INVALID, RefusedError, UnansweredError
from bedrock_key_guard.github.reconcile import ExistingIssue, own_issues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from bedrock_key_guard.github.client import GitHub

MOST_OF_ONE_AUTHOR = 1_000


def find_issues(
    client: GitHub, path: str, label: str, author: str, fingerprints: Collection[str]
) -> list[ExistingIssue]:
    """Return the issues with the label, and others by the author if a fingerprint has none there.

    An issue can be without its label: GitHub drops the labels of authors who may not push, and
    people take labels off. The author's last thousand issues and pull requests are looked through
    then, so that no second issue is opened. Raises GitHubError.
    """
    found = list(_issues(_list(client, path, {"labels": label})))
    if own_issues(found, author).keys() >= set(fingerprints):
        return found
    return list({issue.number: issue for issue in [*found, *_of(author, client, path)]}.values())


def _of(author: str, client: GitHub, path: str) -> list[ExistingIssue]:
    """Return the author's last issues, where GitHub lists them."""
    try:
        listed = _list(client, path, {"creator": author, "sort": "updated"})
        return list(_issues(islice(listed, MOST_OF_ONE_AUTHOR)))
    except RefusedError as error:
        # Without this list at most a label is missed; without the issue, people are told nothing.
        if error.status != INVALID:
            raise
        return []


def _list(client: GitHub, path: str, parameters: dict[str, str]) -> Iterator[Any]:
    return client.pages(f"{path}/issues", {"state": "all", **parameters})


def _issues(listed: Iterable[Any]) -> Iterator[ExistingIssue]:
    """Yield the issues of a list, which has pull requests too."""
    for data in listed:
        if isinstance(data, dict) and "pull_request" not in data:
            yield read_issue(data)


def read_issue(data: Any) -> ExistingIssue:
    """Take from the JSON of an issue what we need; raises UnansweredError if that is not there."""
    try:
        return ExistingIssue(
            number=int(data["number"]),
            title=str(data["title"]),
            body=str(data["body"] or ""),
            open=data["state"] == "open",
            state_reason=data.get("state_reason"),
            author=str((data["user"] or {}).get("login", "")),
            url=str(data["html_url"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        raise UnansweredError("GitHub answered with something that is no issue.") from None
