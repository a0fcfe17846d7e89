"""Find, open, edit and close issues; each method makes one change and says what is missing of it.

Issues are found by the list endpoint, which is up to date where the search index lags behind.
Sources: https://docs.github.com/en/rest/issues/issues, /comments and /labels.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from bedrock_key_guard.errors import DeniedError, GitHubError, RefusedError, UnansweredError
from bedrock_key_guard.github.issue_changes import ExistingIssue
from bedrock_key_guard.github.reconcile import SETTLED_BY_PEOPLE, own_issues

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.issue_changes import CloseDuplicate, Create, Edit

FORBIDDEN, NOT_FOUND, INVALID = 403, 404, 422
VIEWER = "query { viewer { login } }"
LABEL = {"color": "b60205", "description": "A credential was found where it must not be"}
MOST_OF_ONE_AUTHOR = 1_000

IssueState = Literal[
    "created", "updated", "reopened", "closed", "unchanged", "none", "left-out", "failed"
]


@dataclass(frozen=True, slots=True)
class IssueOutcome:
    """Say what became of one wanted issue.

    `none` means that there is no issue and none was worth opening, `left-out` that the bound was
    met. `reason` says why something `failed`, or what is missing of something that was done, such
    as assignees that GitHub refused; `error` is the error behind it, with its exit code and remedy.
    """

    fingerprint: str
    state: IssueState
    number: int | None = None
    url: str | None = None
    reason: str = ""
    error: GitHubError | None = None


def own_login(client: GitHub) -> str:
    """Return the login that issues opened with our token bear; raises GitHubError.

    A GITHUB_TOKEN, as any token of an application, may not ask `GET /user` (403, "Resource not
    accessible by integration"); GraphQL's viewer answers it. An application's login ends in
    `[bot]` in REST: https://github.com/fullsend-ai/fullsend/pull/1953 shows both.
    """
    try:
        return _login(client.get("/user"))
    except DeniedError as error:
        if error.status != FORBIDDEN:
            raise
    login = _login(client.query(VIEWER).get("viewer"))
    return login if login.endswith("[bot]") else f"{login}[bot]"


def _login(user: object) -> str:
    login = user.get("login") if isinstance(user, dict) else None
    if not isinstance(login, str) or not login:
        raise UnansweredError("GitHub did not say whose token this is.")
    return login


def find_issues(
    client: GitHub,
    path: str,
    label: str,
    authors: Sequence[str],
    fingerprints: Collection[str] = (),
) -> list[ExistingIssue]:
    """Return the issues with the label, and others of our own if a fingerprint has none there.

    An issue can be without its label: GitHub drops the labels of authors who may not push, and
    people take labels off. The last thousand issues and pull requests of each author are looked
    through then, so that no second issue is opened. One that was closed as a duplicate is none: the
    one that was kept may have lost its label. Raises GitHubError.
    """
    found = list(_issues(_list(client, path, {"labels": label})))
    own = own_issues(found, authors)
    if {key for key, issues in own.items() if any(map(_is_kept, issues))}.issuperset(fingerprints):
        return found
    more = chain.from_iterable(_of(author, client, path) for author in authors)
    return list({issue.number: issue for issue in [*found, *more]}.values())


def _is_kept(issue: ExistingIssue) -> bool:
    return issue.open or issue.state_reason not in SETTLED_BY_PEOPLE


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


class IssueWriter:
    """Change the issues of one repository; every method raises GitHubError."""

    def __init__(
        self, client: GitHub, path: str, labels: Sequence[str], assignees: Sequence[str]
    ) -> None:
        """Put `labels`, of which the first is the management label, on new issues."""
        self._client = client
        self._path = path
        self._labels = list(dict.fromkeys(labels))
        self._assignees = list(assignees)
        self._label_is_ensured = False

    def create(self, change: Create) -> IssueOutcome:
        """Open an issue, if need be without assignees and labels that GitHub refuses (422)."""
        missing, refused = "", None
        for names in self._names():
            made = self._open({"title": change.title, "body": change.body, **names})
            if isinstance(made, ExistingIssue):
                number, url = made.number, made.url
                return IssueOutcome(change.fingerprint, "created", number, url, missing, refused)
            missing, refused = f"GitHub refused assignees or labels: {made.reason}", made
        raise refused or AssertionError

    def edit(self, change: Edit) -> IssueOutcome:
        """Change body and state in one request, then comment."""
        fields = {"body": change.body, "state": change.state}
        data = {name: value for name, value in fields.items() if value is not None}
        if change.state == "closed":
            data["state_reason"] = "completed"
        became: dict[str | None, IssueState] = {"closed": "closed", "open": "reopened"}
        return self._patch(change, data, became.get(change.state, "updated"))

    def close_duplicate(self, change: CloseDuplicate) -> IssueOutcome:
        """Close an issue in favour of another one.

        Not as `duplicate`: GHES takes that state reason only in its later releases.
        """
        data = {"state": "closed", "state_reason": "not_planned"}
        return self._patch(change, data, "closed")

    def ensure_label(self) -> None:
        """Make the management label once, so that it has a colour and says what it is for.

        Opening an issue makes it too, only plainer, so that no refusal matters here; another run
        that makes it at the same time is one (422).
        """
        if self._label_is_ensured:
            return
        self._label_is_ensured = True
        name = self._labels[0]
        with suppress(RefusedError, UnansweredError):
            try:
                self._client.get(f"{self._path}/labels/{quote(name, safe='')}")
            except RefusedError as error:
                if error.status == NOT_FOUND:
                    self._client.post(
                        f"{self._path}/labels", {"name": name, **LABEL}, notifies=False
                    )

    def _open(self, data: dict[str, Any]) -> ExistingIssue | RefusedError:
        try:
            return read_issue(self._client.post(f"{self._path}/issues", data))
        except RefusedError as error:
            if error.status != INVALID:
                raise
            return error

    def _names(self) -> list[dict[str, list[str]]]:
        """Return what to put on a new issue, from all that was asked for down to what we need."""
        bare = {"labels": self._labels[:1]}
        labelled = {"labels": self._labels}
        full = {**labelled, "assignees": self._assignees} if self._assignees else labelled
        return [names for names in (full, labelled) if names != bare] + [bare]

    def _patch(
        self, change: Edit | CloseDuplicate, data: dict[str, str], state: IssueState
    ) -> IssueOutcome:
        path = f"{self._path}/issues/{change.number}"
        # The change comes first: when it is cut short, a comment that is missing does no harm.
        issue = read_issue(self._client.patch(path, data))
        done = IssueOutcome(change.fingerprint, state, issue.number, issue.url)
        try:
            if change.comment:
                self._client.post(f"{path}/comments", {"body": change.comment})
        except GitHubError as error:
            return replace(done, reason=f"The comment may be missing: {error}", error=error)
        return done
