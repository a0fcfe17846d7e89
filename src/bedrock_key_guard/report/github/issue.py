"""Write the issue about one key: the title, the text, and whether there should be one.

The text is the same for the same state: nothing in it says when, or in which run, it was written,
unless the run changed a credential, which happens once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.keys.key import ShortTermKey, short
from bedrock_key_guard.report.advice import advice
from bedrock_key_guard.report.details import masked, undoing, withheld
from bedrock_key_guard.report.github.case_markdown import (
    cut,
    known,
    listed,
    place_table,
    titled,
    used,
)
from bedrock_key_guard.report.github.remembering import timeline
from bedrock_key_guard.report.replacement import replacements
from bedrock_key_guard.report.report import may_name_places, may_name_users
from bedrock_key_guard.report.status import Level, responded, status, words, worst_first
from bedrock_key_guard.text.harmless import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.actions import Told
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.model.remembered import Memory
    from bedrock_key_guard.report.github.case_markdown import ScannedCode
    from bedrock_key_guard.report.report import Visibility

LONGEST_TEXT = 45_000
"""Bytes. GitHub takes 65,536 characters, and 20,000 are for what the issue remembers."""

MOST_PLACES = 200
REST_TITLE = "More leaked Amazon Bedrock API keys"
_REST_WHY = (
    "**There were more keys than a run opens issues for.** These have none of their own; the "
    "summary and the report of the run say more of each."
)
_REST_TASK = "- [ ] Look at each key, or raise `max-issues` to have an issue for each."
_WHERE = "### Where it is"

_BANNERS: dict[Level, str] = {
    "alarm": "CAUTION",
    "warning": "WARNING",
    "success": "IMPORTANT",
    "note": "NOTE",
}

IssuePolicy = Literal["auto", "always", "never"]


@dataclass(frozen=True, slots=True)
class IssueContext:
    """Say where the files are, which run this is, and who can read the issue.

    `visibility` is that of the repository that holds the issue; `source` is None where the
    files are in no repository. `masks` asks that strangers are not told whose a key is.
    """

    visibility: Visibility
    source: ScannedCode | None = None
    run_url: str | None = None
    masks: bool = False


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """Say whether a key is worth a new issue, and whether its issue, if any, should be open.

    `live` is set where the key still works as far as anyone knows: people cannot close that issue.
    `told` is what the text is about: a later run may know less, and leaves it as it is then.
    """

    create: bool
    open: bool
    live: bool
    told: Told


def wanted(case: Case, policy: IssuePolicy, *, code_is_own: bool = True) -> IssueDraft | None:
    """Return what should become of the issue of a key, None where it is to be left alone.

    A text of somebody who may not write to the repository opens one only where it proves something:
    anybody can forge a key. So does code that is not the repository's own.
    """
    now = status(case)
    # Nothing new is known of a key that may not be asked about: its issue stays as it is.
    if policy == "never" or (now in ("malformed", "foreign") and policy == "auto"):
        return None
    # As long as the second plane may still take it, nothing is opened or closed.
    if now == "dead" and not case.dead and policy == "auto":
        return None
    # A run that was killed between the response and the issue has left no issue.
    answered_before = case.outcome is not None and case.outcome.confirmed_dead
    return IssueDraft(
        create=(policy == "always" or not _settled(case) or answered_before)
        and (_is_genuine(case) or not case.incident.by_strangers_alone(code_is_own=code_is_own)),
        open=not _settled(case),
        live=now in ("live", "unconfirmed"),
        told=_told(case),
    )


def _is_genuine(case: Case) -> bool:
    return case.verdict is not None and case.verdict.state in ("live", "contained")


def _settled(case: Case) -> bool:
    verdict = case.verdict
    return verdict is not None and (verdict.proves_dead or verdict.state == "rejected")


def _told(case: Case) -> Told:
    """Return what the text is about: about a response only in the run that made it."""
    now = status(case)
    if _settled(case):
        return "aftermath"
    if now == "stopped" and responded(case.outcome):
        return "response"
    if now in ("stopped", "contained") and isinstance(case.incident.key, ShortTermKey):
        return "aftermath"
    return "doubt" if now in ("unverified", "unchecked") else "state"


def issue_title(case: Case) -> str:
    """Return the title, the same as long as the key is the same."""
    family = case.incident.key.family
    service = family.title.replace(f" {family.kind}", "")
    what = "Leaked" if case.incident.confidence == "exact" else "Malformed"
    return f"{what} {service} (fingerprint {short(case.incident.fingerprint)})"


def issue_text(case: Case, context: IssueContext) -> str:
    """Return the text in Markdown, but for where the key stands: first its state and what to do."""
    now, *later = advice(case)
    named = may_name_places(case, context.visibility)
    parts = (
        _banner(case),
        listed((now,), "- [ ]"),
        known(case, context.visibility),
        _run(case, context),
        used(case, context.visibility),
        titled(undoing(case)),
        f"### What is left to do\n\n{listed(later, '- [ ]')}" if later else "",
        titled(replacements(((case, named),))),
    )
    text = "\n\n".join(filter(None, parts))
    return masked(text, case) if context.masks and not may_name_users(context.visibility) else text


def where_it_is(case: Case, context: IssueContext, memory: Memory, taken: str) -> str:
    """Return the last part of the text: where the key was found, or why that is not said."""
    named = may_name_places(case, context.visibility)
    fingerprint = case.incident.fingerprint
    return _remembered(memory, fingerprint, context.source, taken, "" if named else withheld(case))


def where_it_was(memory: Memory, fingerprint: str, source: ScannedCode | None) -> str:
    """Return that part for owners, without the key: all that is remembered."""
    return _remembered(memory, fingerprint, source, "")


def _remembered(
    memory: Memory, fingerprint: str, source: ScannedCode | None, taken: str, where: str = ""
) -> str:
    """Return the places, unless it is said why they are not named, and what happened.

    With what is `taken` by the text before it has at most LONGEST_TEXT bytes; places are cut with a
    count.
    """
    after = (
        f"Fingerprint `{fingerprint}`. Bedrock Key Guard keeps this text up to date; "
        "the key itself is nowhere in it."
    )
    then = timeline(memory)
    left = LONGEST_TEXT - sum(len(part.encode()) + 2 for part in (taken, _WHERE, then, after))
    where = where or place_table(memory.places, source, MOST_PLACES, left)
    return "\n\n".join(filter(None, (_WHERE, where, then, after)))


def standing_banner(sentence: str, *, dead: bool) -> str:
    """Return the first words of an issue whose key was not met, but whose state is known."""
    return f"> [!{_BANNERS['success' if dead else 'alarm']}]\n> {sentence}"


def rest_text(cases: Sequence[Case]) -> str:
    """Return the text of the one issue that stands for all keys beyond the bound of a run."""
    listed = worst_first(cases)
    rows = (
        (words(case).name, case.incident.key.family.title, f"`{short(case.incident.fingerprint)}`")
        for case in listed
    )
    keys = cut(table(("Status", "Key", "Fingerprint"), rows), LONGEST_TEXT - 1_000, "key")
    return f"> [!{_BANNERS[words(listed[0]).level]}]\n> {_REST_WHY}\n\n{keys}\n\n{_REST_TASK}"


def _banner(case: Case) -> str:
    now, title = words(case), case.incident.key.family.title
    return f"> [!{_BANNERS[now.level]}]\n> **{title}, {now.name}.** {now.sentence}"


def _run(case: Case, context: IssueContext) -> str:
    """Name the run that changed the credential."""
    if not responded(case.outcome) or not context.run_url:
        return ""
    return f"The change was made in [this run]({context.run_url})."
