"""Decide what has to change in a repository's issues; nothing here asks GitHub.

One issue stands for one fingerprint. It is known by the marker that begins its body *and* by its
author: anyone can paste a marker into an issue of their own, and other workflows write under our
name what strangers send them.

The guard closes an issue once its key is dead and every box is ticked, and reopens it with its key,
but people have the last word. A run sees a part of what there is: it adds to the places that an
issue remembers, and takes none away. What else has to be remembered for that is in the marker:

    closed=1        the guard itself closed this issue; if it is open, a person reopened it
    reopened=1      the guard overrode a person's close, which it does once
    told=doubt      the text says that nothing could be found out
    told=response   the text says what the guard did, and how long it took
    withheld=1      the text says nothing that strangers may not read
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.github.issue_changes import CloseDuplicate, Create, Edit
from bedrock_key_guard.github.marker import (
    WHERE,
    before_where,
    is_done,
    memory_in,
    plain,
    read_marker,
    text_of,
    with_banner,
    with_ticks,
    write_body,
    write_title,
)
from bedrock_key_guard.github.memory import memory_of, write_memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from bedrock_key_guard.github.issue_changes import (
        ExistingIssue,
        IssueChange,
        State,
        WantedIssue,
    )
    from bedrock_key_guard.model.actions import Told

Turn = Literal["stay", "close", "reopen", "override"]

STATES: dict[Turn, State] = {"close": "closed", "reopen": "open", "override": "open"}
COMMENTS: dict[Turn, str] = {
    "close": (
        "Closing this: the leaked credential is not accepted any more, and everything on the list "
        "is done. The text above says why."
    ),
    "reopen": (
        "Reopening this: the leaked credential needs attention again. The text above says why."
    ),
    "override": (
        "Reopening this: the leaked credential still needs attention, as the text above says. "
        "If you close it once more, it stays closed."
    ),
}
DUPLICATE = "Closing this as a duplicate of #{number}: both are about the same credential."

ABOUT_THE_TEXT = frozenset({"told", "withheld"})
REMEMBERED: frozenset[Told] = frozenset({"doubt", "response"})
STRONGER: dict[Told, frozenset[str]] = {
    "doubt": frozenset({"state", "response"}),
    "aftermath": frozenset({"response"}),
}
"""Texts that stay: one that found something out before doubt, one of a response before its end."""

SETTLED_BY_PEOPLE = frozenset({"not_planned", "duplicate"})
"""State reasons that say "this needs no work", as `completed` does not."""


def reconcile(
    wanted: Sequence[WantedIssue], existing: Sequence[ExistingIssue], authors: Collection[str]
) -> list[IssueChange]:
    """Return what must change so that `existing` becomes what is `wanted`; nothing if it is so.

    An issue that nothing is wanted of stays as it is, and so does every issue of others. Changes
    come in the order of what is wanted.
    """
    own = own_issues(existing, authors)
    changes: list[IssueChange] = []
    for one in {issue.fingerprint: issue for issue in wanted}.values():
        issues = own.get(one.fingerprint, [])
        if issues:
            edit = _edit(one, issues)
            changes += [edit] if edit else []
            changes += _duplicates(issues)
        elif one.create:
            body = _body(one, _telling(one, {"fingerprint": one.fingerprint}), one.body)
            changes.append(Create(one.fingerprint, write_title(one.title), body))
    return changes


def within(
    most: int | None, wanted: Sequence[WantedIssue], changes: Sequence[IssueChange]
) -> tuple[list[IssueChange], frozenset[str]]:
    """Return the changes without the new issues beyond a bound, and whose fingerprints get none.

    The first `most` that are wanted may have one, whether it is new or not, so that no next run
    opens more. Where more are wanted, one of them is left for all the others.
    """
    worth = [one.fingerprint for one in wanted if one.create]
    room = len(worth) if most is None or len(worth) <= most else max(most - 1, 0)
    new = {change.fingerprint for change in changes if isinstance(change, Create)}
    beyond = new.intersection(worth[room:])
    return [each for each in changes if each.fingerprint not in beyond], frozenset(beyond)


def own_issues(
    existing: Iterable[ExistingIssue], authors: Collection[str]
) -> dict[str, list[ExistingIssue]]:
    """Return the authors' own issues by fingerprint, lowest number first: that one is kept."""
    return _by_fingerprint(issue for issue in existing if issue.author in authors)


def issues_of_others(
    existing: Iterable[ExistingIssue], authors: Collection[str]
) -> dict[str, list[ExistingIssue]]:
    """Return the issues that bear a mark of ours and are by somebody else, by fingerprint."""
    return _by_fingerprint(issue for issue in existing if issue.author not in authors)


def _by_fingerprint(issues: Iterable[ExistingIssue]) -> dict[str, list[ExistingIssue]]:
    found: dict[str, list[ExistingIssue]] = {}
    for issue in sorted(issues, key=lambda issue: issue.number):
        fingerprint = read_marker(issue.body).get("fingerprint")
        if fingerprint:
            found.setdefault(fingerprint, []).append(issue)
    return found


def _duplicates(issues: Sequence[ExistingIssue]) -> list[IssueChange]:
    comment = DUPLICATE.format(number=issues[0].number)
    return [
        CloseDuplicate(read_marker(issue.body)["fingerprint"], issue.number, comment)
        for issue in issues[1:]
        if issue.open
    ]


def _edit(wanted: WantedIssue, issues: Sequence[ExistingIssue]) -> Edit | None:
    """Return the edit of the first issue, which takes over what the later ones remember."""
    issue, marker = issues[0], read_marker(issues[0].body)
    kept = _is_kept(wanted, marker) or wanted.banner == ""
    text = _text(wanted, issue, kept=kept)
    turn = _turn(wanted, issue, marker, done=is_done(text))
    remembered = _remembered(wanted, marker, turn)
    told = remembered if kept else _telling(wanted, remembered)
    body = _body(wanted, told, text, issues)
    new_body = None if body == plain(issue.body) else body
    if turn == "stay" and new_body is None:
        return None
    return Edit(wanted.fingerprint, issue.number, new_body, STATES.get(turn), COMMENTS.get(turn))


def _text(wanted: WantedIssue, issue: ExistingIssue, *, kept: bool) -> str:
    if kept:
        return before_where(text_of(issue.body))
    if wanted.banner is None:
        return with_ticks(wanted.body, issue.body)
    return with_banner(before_where(text_of(issue.body)), wanted.banner)


def _body(
    wanted: WantedIssue, marker: dict[str, str], text: str, issues: Sequence[ExistingIssue] = ()
) -> str:
    """Return the body with what it says of the places, of those that `issues` remember too."""
    if wanted.where is None:
        return write_body(marker, text)
    memory = memory_of((memory_in(issue.body) for issue in issues), wanted.seen)
    if not wanted.remembers:
        memory = replace(memory.outline, places=wanted.seen.places)
    kept = write_memory(memory if wanted.remembers else memory.outline)
    return write_body(marker, f"{plain(text)}\n\n{WHERE}\n\n{wanted.where(memory)}", kept)


def _turn(wanted: WantedIssue, issue: ExistingIssue, marker: dict[str, str], *, done: bool) -> Turn:
    """Return what becomes of the state of an issue; `done` tells that all its boxes are ticked."""
    closed_by_guard = "closed" in marker
    if wanted.open == issue.open:
        return "stay"
    if issue.open:
        return "stay" if closed_by_guard or not done else "close"
    if closed_by_guard:
        return "stay" if wanted.told == "doubt" else "reopen"
    settled = issue.state_reason in SETTLED_BY_PEOPLE and not wanted.live
    return "stay" if settled or "reopened" in marker else "override"


def _remembered(wanted: WantedIssue, marker: dict[str, str], turn: Turn) -> dict[str, str]:
    """Return the marker after a turn; fields that this version does not know are kept."""
    kept = dict(marker)
    if turn == "close":
        kept.pop("reopened", None)
        kept["closed"] = "1"
    elif wanted.open and wanted.told != "doubt":
        kept.pop("closed", None)
    if turn == "override":
        kept["reopened"] = "1"
    return kept


def _is_kept(wanted: WantedIssue, marker: dict[str, str]) -> bool:
    """Return whether an issue has the better text, which everybody may still read."""
    stronger = marker.get("told", "state") in STRONGER.get(wanted.told, ())
    return stronger and ("withheld" in marker or not wanted.withheld)


def _telling(wanted: WantedIssue, marker: dict[str, str]) -> dict[str, str]:
    """Return the marker of the wanted text, with what has to be remembered of it."""
    said: dict[str, str] = {"told": wanted.told} if wanted.told in REMEMBERED else {}
    said |= {"withheld": "1"} if wanted.withheld else {}
    others = {name: marker[name] for name in marker if name in said or name not in ABOUT_THE_TEXT}
    return {**others, **said}
