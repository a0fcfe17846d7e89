"""Gather what a run found, in the shape that every renderer takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bedrock_key_guard.model.case import Case
    from bedrock_key_guard.model.findings import Scan

Visibility = Literal["public", "private", "internal", "unknown"]
"""Say who can read what is written, in GitHub's words for a repository."""


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the cases that people are shown, the scan behind them, and what else went unsaid.

    `notes` are sentences about the run as a whole, and `warnings` those that people are shown
    beside it too: what was lost. `incomplete` says why a run that read everything could still not
    conclude. `hides_unproven` tells that a key which is not shown to people, such as an
    allow-listed one, is not proven dead.
    """

    scan: Scan
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    hides_unproven: bool = False

    @property
    def complete(self) -> bool:
        """Tell whether everything that had to be read and asked was."""
        return self.scan.complete and not self.incomplete

    @property
    def leads_to_dead_keys_alone(self) -> bool:
        """Return whether what it names shows nobody a key that may work."""
        return not self.hides_unproven and all(case.dead for case in self.cases)


def may_tell_who(visibility: Visibility | None) -> bool:
    """Tell whether a text that `visibility` describes may say who used a key, and what they have.

    Addresses, names and policies help an attacker whether or not the key still works.
    """
    return visibility in (None, "private", "internal")


def may_tell_where(what: Case | Report, visibility: Visibility | None) -> bool:
    """Return whether a text that `visibility` describes may name files, objects and commits.

    They are those where a key stands, or those of a whole run, such as what was not scanned. None
    is a text for the person who asked for it, such as a terminal's. Where anyone may read, and
    where nobody knows who may, nothing is named that leads to a key that is not proven dead.
    """
    return visibility in (None, "private", "internal") or what.leads_to_dead_keys_alone


def why_not_where(what: Case | Report) -> str:
    """Return why places are kept from strangers, as the end of a sentence."""
    if isinstance(what, Report):
        return "a key of this run is not proven dead"
    if what.dead:
        return "a key in the same files or commits is not proven dead"
    if what.outcome is not None and what.outcome.confirmed_dead:
        return "the key is denied, which can be lifted, and not proven dead"
    return "the key is not proven dead"
