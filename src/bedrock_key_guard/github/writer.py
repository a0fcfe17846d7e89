"""Open, edit and close issues; each method makes one change and says what is missing of it.

Sources: https://docs.github.com/en/rest/issues/issues, /comments and /labels.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bedrock_key_guard.github.errors import (
    INVALID,
    NOT_FOUND,
    GitHubError,
    RefusedError,
    UnansweredError,
)
from bedrock_key_guard.github.listing import read_issue
from bedrock_key_guard.github.reconcile import ExistingIssue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.reconcile import CloseDuplicate, Create, Edit

LABEL = {"color": "b60205", "description": "A credential was found where it must not be"}


@dataclass(frozen=True, slots=True)
class Written:
    """Hold an issue as it is after a change, and the error of a lesser thing that was not done."""

    issue: ExistingIssue
    missing: str = ""
    error: GitHubError | None = None


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

    def create(self, change: Create) -> Written:
        """Open an issue, if need be without assignees and labels that GitHub refuses (422)."""
        missing, refused = "", None
        for names in self._names():
            made = self._open({"title": change.title, "body": change.body, **names})
            if isinstance(made, ExistingIssue):
                return Written(made, missing, refused)
            missing, refused = f"GitHub refused assignees or labels: {made.reason}", made
        raise refused or AssertionError

    def edit(self, change: Edit) -> Written:
        """Change title, body and state in one request, then comment."""
        fields = {"title": change.title, "body": change.body, "state": change.state}
        data = {name: value for name, value in fields.items() if value is not None}
        if change.state == "closed":
            data["state_reason"] = "completed"
        return self._patch(change.number, data, change.comment)

    def close_duplicate(self, change: CloseDuplicate) -> Written:
        """Close an issue in favour of another one.

        Not as `duplicate`: GHES takes that state reason only in its later releases.
        """
        data = {"state": "closed", "state_reason": "not_planned"}
        return self._patch(change.number, data, change.comment)

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
                    self._client.post(f"{self._path}/labels", {"name": name, **LABEL})

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

    def _patch(self, number: int, data: dict[str, str], comment: str | None) -> Written:
        path = f"{self._path}/issues/{number}"
        # The change comes first: when it is cut short, a comment that is missing does no harm.
        issue = read_issue(self._client.patch(path, data))
        try:
            if comment:
                self._client.post(f"{path}/comments", {"body": comment})
        except GitHubError as error:
            return Written(issue, f"The comment may be missing: {error}", error)
        return Written(issue)
