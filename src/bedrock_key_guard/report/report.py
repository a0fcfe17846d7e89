"""Gather what a run found, in the shape that every output takes, and decide what it may name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.keys.key import short

if TYPE_CHECKING:
    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.findings import Scan

Visibility = Literal["public", "private", "internal", "unknown"]
"""Say who can read what is written, in GitHub's words for a repository."""

USERS_NOT_NAMED = (
    "Who used it is not shown, because others may read this. "
    "Run `bedrock-key-guard timeline` in a clone to see it."
)


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the cases that people are shown, the scan behind them, and remarks about the run.

    `notes` are sentences about the run as a whole. `warnings` say what was lost, and people see
    them beside the run too. `incomplete` says why a run that read everything could still not
    conclude. `hides_unproven` is set where a key that is not shown to people, such as an
    allow-listed one, is not proven dead. `hidden_parts` counts the parts of keys that nobody asked
    to see.
    """

    scan: Scan
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hides_unproven: bool = False
    hidden_parts: int = 0

    @property
    def complete(self) -> bool:
        """Return whether everything that had to be read and asked was."""
        return self.scan.complete and not self.incomplete

    @property
    def leads_to_dead_keys_alone(self) -> bool:
        """Return whether what it names shows nobody a key that may work."""
        return not self.hides_unproven and all(case.dead for case in self.cases)

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Return what is to be said about the run as a whole, each with what kind it is of."""
        kinds = {"Incomplete": self.incomplete, "Warning": self.warnings, "Note": self.notes}
        return tuple((kind, text) for kind, texts in kinds.items() for text in texts)


def may_name_users(visibility: Visibility | None) -> bool:
    """Return whether a text that `visibility` describes may say who used a key, and what they have.

    Addresses, names and policies help an attacker whether or not the key still works. None is a
    text for the person who asked for it, such as a terminal's.
    """
    return visibility in (None, "private", "internal")


def may_name_places(what: Case | Report, visibility: Visibility | None) -> bool:
    """Return whether a text that `visibility` describes may name files, objects and commits.

    They are those of a key, or those of a whole run, such as what was not scanned. Where anyone may
    read, and where nobody knows who may, nothing is named that leads to a key that is not proven
    dead.
    """
    return may_name_users(visibility) or what.leads_to_dead_keys_alone


def places_not_named(what: Case | Report, number: str) -> str:
    """Return that so many places are not named, why, and how the owners see them."""
    text = (
        f"{number}, not named here: others may read this, and {_why_not(what)}. "
        "To see what and where, run `bedrock-key-guard scan` in a clone"
    )
    if isinstance(what, Report):
        return f"{text}."
    return f"{text}, and look for fingerprint `{short(what.incident.fingerprint)}`."


def _why_not(what: Case | Report) -> str:
    if isinstance(what, Report):
        return "a key of this run is not proven dead"
    if what.dead:
        return "a key in the same files or commits is not proven dead"
    if what.outcome is not None and what.outcome.confirmed_dead:
        return "the key is denied, which can be lifted, and not proven dead"
    return "the key is not proven dead"
