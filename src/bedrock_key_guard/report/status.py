"""Decide the status of a key at the end of a run, and say it in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.model.actions import CHANGES
from bedrock_key_guard.model.evidence import VerdictState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.findings import Case

Status = Literal[VerdictState, "unconfirmed", "unchecked", "stopped", "malformed"]
Level = Literal["alarm", "warning", "success", "note"]


@dataclass(frozen=True, slots=True)
class Words:
    """Name a status in one or two words, explain it in a sentence, and say how urgent it is."""

    name: str
    sentence: str
    level: Level = "note"


# The worst comes first: this is also the order in which reports list the keys.
WORDS: dict[Status, Words] = {
    "live": Words("live", "Bedrock accepts this key: whoever has read it can use it.", "alarm"),
    "unconfirmed": Words(
        "not confirmed dead",
        "The guard changed the credential, but has not seen Bedrock refuse the key everywhere.",
        "alarm",
    ),
    "unverified": Words(
        "unverified",
        "The guard could not find out whether this key is live. Treat it as live.",
        "warning",
    ),
    "unchecked": Words("not checked", "This run did not ask whether this key is live.", "warning"),
    "contained": Words("contained", "This key is genuine, but a policy denies its use.", "warning"),
    "stopped": Words("dead now", "Bedrock refuses this key now.", "success"),
    "foreign": Words("foreign", "This key names an account that the guard may not ask about."),
    "rejected": Words(
        "rejected",
        "Bedrock refuses this key. The guard did not change the credential that it names.",
    ),
    "dead": Words("dead", "This key cannot be used."),
    "malformed": Words("malformed", "This starts like a key, but cannot be read whole."),
}


def status(case: Case) -> Status:
    """Return the status of a key after whatever the run did about it."""
    if case.incident.confidence == "malformed":
        return "malformed"
    if case.outcome is not None and case.outcome.confirmed_dead:
        return "stopped"
    if _changed(case.outcome):
        return "unconfirmed"
    return case.verdict.state if case.verdict else "unchecked"


def words(case: Case) -> Words:
    """Return the words for the status of a key."""
    return WORDS[status(case)]


def headline(cases: Sequence[Case]) -> str:
    """Return what some keys amount to, as a title that says what to do."""
    if not cases:
        return "No leaked keys"
    standings = [status(case) for case in cases]
    live = sum(each in ("live", "unconfirmed") for each in standings)
    unknown = sum(each in ("unverified", "unchecked") for each in standings)
    if live:
        return "Stop it: a leaked key works" if live == 1 else f"Stop it: {live:,} leaked keys work"
    if unknown:
        keys = "a leaked key" if unknown == 1 else f"{unknown:,} leaked keys"
        return f"Find out: {keys} may work"
    return "Incident report"


def responded(outcome: Outcome | None) -> bool:
    """Return whether the run changed a credential as it was meant to."""
    return outcome is not None and outcome.state == "done" and outcome.action in CHANGES


def worst_first(cases: Iterable[Case]) -> list[Case]:
    """Return the cases in the order in which people need to know them."""
    order = list(WORDS)
    return sorted(cases, key=lambda case: order.index(status(case)))


def _changed(outcome: Outcome | None) -> bool:
    """Return whether a credential may be different now: a change that failed late has an undo."""
    return responded(outcome) or (outcome is not None and outcome.undo is not None)
