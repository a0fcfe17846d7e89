"""Gather what a run found, in the shape that every renderer takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bedrock_key_guard.investigate.usage import Usage
    from bedrock_key_guard.model import Incident, Outcome, Scan, Verdict

Visibility = Literal["public", "private", "internal", "unknown"]
"""Say who can read what is written, in GitHub's words for a repository."""


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one incident with all that became of it, as far as the run went.

    `beside_unproven` tells that some place of it leads to a key that is not proven harmless.
    """

    incident: Incident
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    issue_url: str | None = None
    usage: Usage | None = None
    beside_unproven: bool = False

    @property
    def proven_harmless(self) -> bool:
        """Tell whether the key is proven dead or contained, before or by the run's response."""
        if self.outcome is not None and self.outcome.confirmed_dead:
            return True
        return self.verdict is not None and self.verdict.state in ("dead", "contained")


@dataclass(frozen=True, slots=True)
class Report:
    """Hold the cases that people are shown, the scan behind them, and what else went unsaid.

    `notes` are sentences about the run as a whole, and `warnings` those that people are shown
    beside it too: what was lost. `incomplete` says why a run that read everything could still not
    conclude.
    """

    scan: Scan
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Tell whether everything that had to be read and asked was."""
        return self.scan.complete and not self.incomplete


def may_tell_who(visibility: Visibility | None) -> bool:
    """Tell whether a text that `visibility` describes may say who used a key, and what they have.

    Addresses, names and policies help an attacker whether or not the key still works.
    """
    return visibility in (None, "private", "internal")


def may_tell_where(case: Case, visibility: Visibility | None) -> bool:
    """Tell whether a text that `visibility` describes may say where a key stands.

    None is a text for the person who asked for it, such as a terminal's. Where anyone may read,
    and where nobody knows who may, only a key that is proven harmless is located, and only if that
    leads to no other key.
    """
    few = visibility in (None, "private", "internal")
    return few or (case.proven_harmless and not case.beside_unproven)


def why_not_where(case: Case) -> str:
    """Return why the places of a key are kept from strangers, as the end of a sentence."""
    if case.proven_harmless:
        return "a key in the same files or commits is not proven dead"
    return "the key is not proven dead"
