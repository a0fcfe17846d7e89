"""Bring the issues of keys that this run did not meet up to date, without those keys.

IAM is asked by the id of a key's credential, and for a short-term key the clock, as far as an
issue remembers them. Whoever may edit the issue can write that: it chooses what IAM is asked, words
of that issue, and whether it is open. Nothing is probed for it, changed in AWS or told elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GitHubError
from bedrock_key_guard.github.issue_changes import WantedIssue
from bedrock_key_guard.github.marker import memory_in, read_marker
from bedrock_key_guard.github.memory import read_memory
from bedrock_key_guard.github.visibility import repository_visibility
from bedrock_key_guard.model.remembered import Memory, Milestone
from bedrock_key_guard.report.github.issue import standing_banner, where_it_was
from bedrock_key_guard.report.report import may_name_users, plural

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bedrock_key_guard.github.client import GitHub
    from bedrock_key_guard.github.issue_changes import ExistingIssue
    from bedrock_key_guard.model.evidence import Clock
    from bedrock_key_guard.model.remembered import Standing
    from bedrock_key_guard.pipeline.announce import Announcement
    from bedrock_key_guard.report.report import Report

    Ask = Callable[[str, str], Standing | None]

SETTLING = timedelta(minutes=15)
"""For so long after a response IAM may still answer with what was before it."""

_DEAD: dict[Standing, str] = {
    "Inactive": "**Dead.** IAM calls the credential of this key Inactive.",
    "Expired": "**Dead.** IAM calls the credential of this key Expired.",
    "gone": "**Dead.** IAM lists the credential of this key no more.",
}
_EXPIRED = "**Dead.** This key has expired."
_AGAIN = (
    "**Switched on again.** IAM calls the credential of this key Active: whoever has read the key "
    "can use it, unless it was reset."
)


@dataclass(frozen=True, slots=True)
class News:
    """Say what has become of a key; `banner` is "" where the text of the issue is right."""

    dead: bool
    banner: str = ""


def news(memory: Memory, standing: Standing | None, clock: Clock) -> News | None:
    """Return what IAM and the clock tell of a key that is remembered, None for nothing."""
    if clock.expired:
        return News(dead=True, banner="" if memory.state == "dead" else _EXPIRED)
    if standing is None:
        return None
    if standing != "Active":
        return News(dead=True, banner="" if memory.state == "dead" else _DEAD[standing])
    if memory.state != "dead" or _is_settling(memory, clock.now):
        return None
    return News(dead=False, banner=_AGAIN)


def _is_settling(memory: Memory, now: datetime) -> bool:
    ago = (now - each.when for each in memory.milestones if each.what == "confirmed")
    return any(timedelta() <= each < SETTLING for each in ago)


def refresh(
    report: Report, client: GitHub, how: Announcement, ask: Ask, clock: Callable[..., Clock]
) -> Report:
    """Bring the issues up to date, and return the report with what could not be.

    Where strangers read, an issue remembers nothing that could be asked about.
    """
    if not may_name_users(repository_visibility(client, how.repository)):
        return report
    met = {case.incident.fingerprint for case in report.cases}
    unknown: list[int] = []

    def of(issue: ExistingIssue) -> WantedIssue | None:
        fingerprint = read_marker(issue.body)["fingerprint"]
        memory = read_memory(memory_in(issue.body))
        if fingerprint in met:
            return None
        standing = ask(memory.account, memory.credential) if memory.credential else None
        if memory.credential and standing is None:
            unknown.append(issue.number)
        found = news(memory, standing, clock(memory.expires_at))
        return (
            _wanted(fingerprint, found, how, clock().now.replace(microsecond=0)) if found else None
        )

    try:
        outcomes = how.keeper(client).refresh(of)
    except GitHubError as error:
        return report.warned(f"The issues could not be brought up to date: {error}")
    lost = [each for each in outcomes if each.state == "failed"]
    for each in lost[:1]:
        report = report.warned(f"An issue could not be brought up to date: {each.reason}")
    if unknown:
        why = f"IAM did not say what became of the key of {plural(len(unknown), 'issue')}."
        report = report.noted(why)
    return report


def _wanted(fingerprint: str, found: News, how: Announcement, now: datetime) -> WantedIssue:
    """Return what the issue is to be: closed once the list is done, or open again."""
    turned = (
        () if not found.banner else (Milestone(now, "confirmed" if found.dead else "restored"),)
    )
    return WantedIssue(
        fingerprint,
        title="",
        body="",
        open=not found.dead,
        create=False,
        live=not found.dead,
        told="aftermath" if found.dead else "state",
        seen=Memory(milestones=turned, state="dead" if found.dead else "working"),
        where=lambda memory: where_it_was(memory, fingerprint, how.source),
        remembers=True,
        banner=standing_banner(found.banner, dead=found.dead) if found.banner else "",
    )
