"""Take off, at the end of a run, what the guard denied and no living key needs any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.report.report import may_name_users, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import Report, Visibility

_TAKEN, _LEFT = ("done", "dry-run"), ("refused", "failed")


@dataclass(frozen=True, slots=True)
class Lifting:
    """Say where and by whom something is lifted, and when that is."""

    accounts: tuple[str, ...]
    role: RoleToAssume | None
    ledger: Path
    now: datetime
    dry_run: bool

    @classmethod
    def of(cls, inputs: Inputs, ledger: Path, now: datetime) -> Lifting:
        """Return what the inputs of a run ask for."""
        accounts = sorted(each for each in inputs.allowed_account_ids if each.isdigit())
        dry_run = inputs.respond == "dry-run"
        return cls(tuple(accounts), inputs.role_to_assume, ledger, now, dry_run)


def lifted(
    report: Report, lifting: Lifting, around: Surroundings, visibility: Visibility
) -> Report:
    """Lift in each account, and say what was taken off and what could not be.

    Strangers are told how many, and not whom.
    """
    try:
        outcomes = _lift(lifting, around)
    except GuardError as error:
        lost = f"Nothing was lifted: {error} {error.remedy}"
        return report.warned(lost)
    taken = _told([each for each in outcomes if each[1].state in _TAKEN], "lifted", visibility)
    left = _told([each for each in outcomes if each[1].state in _LEFT], "not lifted", visibility)
    return report.noted(*taken).warned(*left)


def _told(
    outcomes: Sequence[tuple[str, Outcome]], what: str, visibility: Visibility
) -> tuple[str, ...]:
    if outcomes and not may_name_users(visibility):
        return (f"{plural(len(outcomes), 'denial')} of the guard {what}.",)
    return tuple(f"{title}, {each.state}: {each.reason}." for title, each in outcomes)


def _lift(lifting: Lifting, around: Surroundings) -> list[tuple[str, Outcome]]:
    around.provide()
    from bedrock_key_guard.respond.undo import UndoScope, lift_all

    return lift_all(
        lifting.ledger,
        around.environment,
        lifting.now,
        UndoScope(lifting.role, (), lifting.accounts),
        search=False,
        dry_run=lifting.dry_run,
    )
