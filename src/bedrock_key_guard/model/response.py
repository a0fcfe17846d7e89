"""Define what became of an action."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.model.actions import ActionName, ChangeName, Undo

OutcomeState = Literal["done", "dry-run", "not-needed", "refused", "failed"]
Told = Literal["doubt", "state", "aftermath", "response"]
"""What the text of an issue is about; an aftermath is a state that an earlier response led to."""


@dataclass(frozen=True, slots=True, order=True)
class Proposal:
    """Say what would be changed for one key, until when there is a way back, and in which account.

    `promise` is the sentence that a dry run says of it.
    """

    fingerprint: str
    account_id: str
    action: ChangeName
    promise: str
    undo: Undo


@dataclass(frozen=True, slots=True)
class Outcome:
    """Say what became of an action.

    `refused_since` is when every plane that answered began to refuse the key for good, and
    `confirmed_at` when all had been seen to: None where one has not. `seconds_to_dead` runs from
    the first probe to `refused_since`; `undo` is the command that takes the change back, or None
    where nothing can. `left_out_by` is the bound of the run that kept the guard from acting.
    """

    action: ActionName
    state: OutcomeState
    reason: str
    refused_since: datetime | None = None
    confirmed_at: datetime | None = None
    seconds_to_dead: float | None = None
    undo: str | None = None
    commands: tuple[str, ...] = ()
    urgent: bool = False
    left_out_by: Literal["max-responses"] | None = None

    @property
    def confirmed_dead(self) -> bool:
        """Return whether Bedrock was seen to refuse the key for good."""
        return self.confirmed_at is not None
