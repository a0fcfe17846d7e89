"""Bring a repository's issues to what is wanted, so that a run cut short anywhere can be repeated.

Whether an issue exists is asked right before it is opened, and again after: two runs at the same
time may both open one, and then both see, and close, the later.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GitHubError, RateLimitError, UnansweredError
from bedrock_key_guard.github.issue_api import IssueOutcome, IssueWriter, find_issues, own_login
from bedrock_key_guard.github.issue_changes import (
    CloseDuplicate,
    Create,
    Edit,
    ExistingIssue,
    IssueChange,
    WantedIssue,
)
from bedrock_key_guard.github.reconcile import issues_of_others, own_issues, reconcile, within
from bedrock_key_guard.github.visibility import repository_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bedrock_key_guard.github.client import GitHub

MANAGEMENT_LABEL = "leaked-credential"
CREATE_TRIES = 3

Outcomes = dict[str, IssueOutcome]


class Issues:
    """Keep the guard's issues in one repository."""

    def __init__(
        self,
        client: GitHub,
        repository: str,
        *,
        labels: Sequence[str] = (),
        assignees: Sequence[str] = (),
        authors: Sequence[str] = (),
        management_label: str = MANAGEMENT_LABEL,
    ) -> None:
        """Put `labels` and `assignees` on new issues; raises UsageError for a bad `repository`.

        Issues of our own and of `authors`, who opened them for the guard before, are kept.
        """
        self._client = client
        self._others = tuple(authors)
        self._path = repository_path(repository)
        self._label = management_label
        self._writer = IssueWriter(client, self._path, [management_label, *labels], assignees)

    def settle(
        self, wanted: Sequence[WantedIssue], most: int | None = None
    ) -> tuple[IssueOutcome, ...]:
        """Make the issues what is wanted and return an outcome for each fingerprint, in order.

        Of those that are worth one only the first `most` get a new issue; see `within`.

        GitHub's refusals and silences are outcomes, never exceptions.
        """
        unique = list({one.fingerprint: one for one in wanted}.values())
        if not unique:
            return ()
        try:
            authors = self._authors()
            outcomes = self._round(unique, authors, most)
        except GitHubError as error:
            return tuple(_failed(IssueOutcome(one.fingerprint, "none"), error) for one in unique)
        created = [one for one in unique if outcomes[one.fingerprint].state == "created"]
        if created:
            outcomes = self._look_again(created, outcomes, authors)
        return tuple(outcomes.values())

    def refresh(
        self, what: Callable[[ExistingIssue], WantedIssue | None]
    ) -> tuple[IssueOutcome, ...]:
        """Bring the issues that are there up to date, and return what became of each that changed.

        `what` says what is wanted of an issue, None for nothing; nothing is opened for it. Raises
        GitHubError where nobody knows what is there.
        """
        authors = self._authors()
        existing = find_issues(self._client, self._path, self._label, authors)
        own = own_issues(existing, authors)
        wanted = [one for issues in own.values() if (one := what(issues[0])) is not None]
        before = {one.fingerprint: _as_it_is(one.fingerprint, own) for one in wanted}
        changes = reconcile(wanted, existing, authors)
        return tuple(self._carried_out(changes, before, authors).values())

    def _authors(self) -> tuple[str, ...]:
        """Return whose issues are ours: first our own login."""
        return tuple(dict.fromkeys((own_login(self._client), *self._others)))

    def _round(
        self, wanted: Sequence[WantedIssue], authors: Sequence[str], most: int | None = None
    ) -> Outcomes:
        existing = self._find([one.fingerprint for one in wanted], authors)
        own = own_issues(existing, authors)
        outcomes = {key: _as_it_is(key, own) for key in (one.fingerprint for one in wanted)}
        changes, beyond = within(most, wanted, reconcile(wanted, existing, authors))
        outcomes |= {key: IssueOutcome(key, "left-out") for key in beyond}
        outcomes |= self._carried_out(changes, outcomes, authors)
        others = issues_of_others(existing, authors)
        return {key: _beside(each, others.get(key, ())) for key, each in outcomes.items()}

    def _carried_out(
        self,
        changes: Sequence[IssueChange],
        before: Mapping[str, IssueOutcome],
        authors: Sequence[str],
    ) -> Outcomes:
        """Make the changes, one after the other, until GitHub is silent or wants to be left."""
        outcomes: Outcomes = {}
        stopped: GitHubError | None = None
        for change in changes:
            key = change.fingerprint
            was = outcomes.get(key) or before[key]
            outcomes[key] = _failed(was, stopped) if stopped else self._apply(change, was, authors)
            stopped = _stops(outcomes[key])
        return outcomes

    def _look_again(
        self, created: Sequence[WantedIssue], outcomes: Outcomes, authors: Sequence[str]
    ) -> Outcomes:
        """Close what another run opened as well, and what is to be there but closed."""
        try:
            # Never a second creation, whatever the list may not show yet.
            again = self._round([replace(one, create=False) for one in created], authors)
        except GitHubError as error:
            reason = f"Whether another run opened the same issue is not known: {error}"
            again = {
                one.fingerprint: IssueOutcome(one.fingerprint, "none", reason=reason, error=error)
                for one in created
            }
        return outcomes | {key: _later(outcomes[key], again[key]) for key in again}

    def _find(self, fingerprints: Sequence[str], authors: Sequence[str]) -> list[ExistingIssue]:
        return find_issues(self._client, self._path, self._label, authors, fingerprints)

    def _apply(
        self, change: IssueChange, before: IssueOutcome, authors: Sequence[str]
    ) -> IssueOutcome:
        try:
            match change:
                case Create():
                    return self._create(change, authors)
                case Edit():
                    return self._writer.edit(change)
                case CloseDuplicate():
                    closed = self._writer.close_duplicate(change)
                    reason, error = closed.reason or before.reason, closed.error or before.error
                    return replace(before, reason=reason, error=error)
        except GitHubError as error:
            return _failed(before, error)

    def _create(self, change: Create, authors: Sequence[str]) -> IssueOutcome:
        """Open an issue; where no answer came it may be there all the same, so look before."""
        self._writer.ensure_label()
        tries = 0
        while True:
            tries += 1
            try:
                return self._writer.create(change)
            except UnansweredError:
                self._client.pause(2.0**tries)
                found = own_issues(self._find([change.fingerprint], authors), authors)
                if issues := found.get(change.fingerprint):
                    number, url = issues[0].number, issues[0].url
                    return IssueOutcome(change.fingerprint, "created", number, url)
                if tries == CREATE_TRIES:
                    raise


def _as_it_is(fingerprint: str, own: dict[str, list[ExistingIssue]]) -> IssueOutcome:
    if fingerprint not in own:
        return IssueOutcome(fingerprint, "none")
    kept = own[fingerprint][0]
    return IssueOutcome(fingerprint, "unchanged", kept.number, kept.url)


def _beside(outcome: IssueOutcome, others: Sequence[ExistingIssue]) -> IssueOutcome:
    """Say whose issues look like ours and are left alone."""
    if not others or outcome.reason:
        return outcome
    named = ", ".join(f"#{issue.number} of {issue.author or 'nobody'}" for issue in others[:3])
    reason = f"left alone, for `issue-authors` does not name who opened it: {named}"
    return replace(outcome, reason=reason)


def _failed(before: IssueOutcome, error: GitHubError) -> IssueOutcome:
    return replace(before, state="failed", reason=str(error), error=error)


def _stops(outcome: IssueOutcome) -> GitHubError | None:
    """Return the error after which nothing more is to be asked.

    Going on while GitHub asks to be left alone can get an integration banned.
    """
    silent = outcome.state == "failed" and isinstance(outcome.error, UnansweredError)
    return outcome.error if silent or isinstance(outcome.error, RateLimitError) else None


def _later(first: IssueOutcome, second: IssueOutcome) -> IssueOutcome:
    """Return what was created, unless the second look found or changed something else."""
    if second.state in {"none", "unchanged"} and second.number in {None, first.number}:
        reason, error = first.reason or second.reason, first.error or second.error
        return replace(first, reason=reason, error=error)
    return second
