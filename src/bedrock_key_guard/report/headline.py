"""Decide how a key stands at the end of a run, and say it in a few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.model.actions import CHANGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.response import Outcome

Standing = Literal[
    "live",
    "unconfirmed",
    "unverified",
    "found",
    "contained",
    "stopped",
    "foreign",
    "rejected",
    "dead",
    "malformed",
]


@dataclass(frozen=True, slots=True)
class Words:
    """Name a standing in one or two words, and explain it in a sentence."""

    name: str
    sentence: str
    icon: str


# The worst comes first: this is also the order in which people are told.
WORDS: dict[Standing, Words] = {
    "live": Words("live", "Bedrock accepts this key: whoever has read it can use it.", "🔴"),
    "unconfirmed": Words(
        "not confirmed dead",
        "The guard changed the credential, but has not seen all of Bedrock refuse the key.",
        "🔴",
    ),
    "unverified": Words(
        "unverified",
        "Whether this key is live could not be found out. Treat it as live.",
        "🟠",
    ),
    "found": Words("not checked", "Nobody has asked whether this key is live.", "🟠"),
    "contained": Words("contained", "This key is genuine, but a policy denies its use.", "🟡"),
    "stopped": Words("dead now", "Bedrock refuses this key now.", "🟢"),
    "foreign": Words(
        "foreign",
        "This key names an account that the guard may not ask about.",
        "🔵",
    ),
    "rejected": Words(
        "rejected",
        "Bedrock refuses this key. The credential that it names is untouched.",
        "⚪",
    ),
    "dead": Words("dead", "This key cannot be used.", "⚪"),
    "malformed": Words(
        "malformed",
        "This starts like a key, but cannot be read whole.",
        "⚪",
    ),
}


def standing(case: Case) -> Standing:
    """Return how a key stands after whatever the run did about it."""
    if case.incident.confidence == "malformed":
        return "malformed"
    if case.outcome is not None and case.outcome.confirmed_dead:
        return "stopped"
    if _changed(case.outcome):
        return "unconfirmed"
    return case.verdict.state if case.verdict else "found"


def responded(outcome: Outcome | None) -> bool:
    """Tell whether the run changed a credential as it was meant to."""
    return outcome is not None and outcome.state == "done" and outcome.action in CHANGES


def _changed(outcome: Outcome | None) -> bool:
    """Tell whether a credential may be different now: a change that failed late has an undo."""
    return responded(outcome) or (outcome is not None and outcome.undo is not None)


def worst_first(cases: Iterable[Case]) -> list[Case]:
    """Return the cases in the order in which people need to know them."""
    order = list(WORDS)
    return sorted(cases, key=lambda case: order.index(standing(case)))
