"""Define what a response is made of: an order, and the change that carries it out.

Each kind of change is one small class. What they have in common, the steps from the last probe to
the proof, is written once, in `apply`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bedrock_key_guard.verify.denials import OWN_POLICY, denies_bearer

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.model import Action, BedrockAnswer, Incident, Verdict
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.confirm import Shows
    from bedrock_key_guard.respond.ledger.records import Record
    from bedrock_key_guard.respond.policy import Policy


@dataclass(frozen=True, slots=True)
class Order:
    """Hold what is to be done about one incident, and what it rests on."""

    incident: Incident
    verdict: Verdict
    action: Action
    policy: Policy


@dataclass(frozen=True, slots=True)
class Ready:
    """Hold the record of a change that may begin; not `needed`, AWS has it that way already."""

    record: Record
    needed: bool = True


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Say why a change may not begin; `commands` are for a person, where others are needed."""

    reason: str
    commands: tuple[str, ...] = ()


class Change(ABC):
    """Change one thing in one account, so that one key is dead; what AWS refuses is raised."""

    deed: ClassVar[str]
    contains: ClassVar[bool] = False
    unfinished: ClassVar[str | None] = None
    """What is left undone where there is no confirmation to wait for."""

    def __init__(self, order: Order) -> None:
        """Carry out `order`."""
        self.order = order

    @property
    @abstractmethod
    def subject(self) -> str:
        """Name what is changed, for people and so that no two change it at once."""

    @property
    def until(self) -> datetime | None:
        """Return until when the change is needed, None where it is for good."""
        return None

    @property
    def denies_everything(self) -> bool:
        """Tell whether the key's principal may do nothing any more, not just use no keys."""
        return False

    @abstractmethod
    def promise(self) -> str:
        """Say what would be done, and whether it could be undone."""

    @abstractmethod
    def by_hand(self) -> tuple[str, ...]:
        """Return the commands with which a person can do it."""

    @abstractmethod
    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Find out whether the change may begin, and change nothing."""

    @abstractmethod
    def write(self, access: AccountAccess, record: Record) -> None:
        """Make the key dead."""

    def follow(self, access: AccountAccess) -> str | None:  # noqa: ARG002  # for those that do more
        """Do what comes right after the write; return what was left undone, if anything was."""
        return None

    def finish(self, access: AccountAccess) -> str | None:  # noqa: ARG002  # for those that do more
        """Do what must wait for the proof; return what was left undone, if anything was."""
        return None

    @abstractmethod
    def done(self, record: Record) -> str:
        """Say what has been done."""

    def can_be_undone(self, *, finished: bool) -> bool:  # noqa: ARG002  # for those that end it
        """Tell whether there is a way back, from before or after what waits for the proof."""
        return True

    def shows(self, answer: BedrockAnswer, before: BedrockAnswer | None) -> Shows:
        """Return what an answer shows: the change at work, the key at work, or nothing.

        `before` is what the plane said earlier, None where the change was at work then.
        """
        if self._at_work(answer, before):
            return "refused"
        return "accepted" if answer.state in ("accepted", "denied") else "nothing"

    def _at_work(self, answer: BedrockAnswer, before: BedrockAnswer | None) -> bool:
        """Tell whether an answer shows the change at work.

        Where everything is denied Bedrock may name the operation instead of the use of keys: that
        shows something only if the operation was allowed before. A denial by another's policy, such
        as the organisation's, shows nothing of ours.
        """
        if answer.state in ("refused", "not-offered"):
            return True
        if answer.denied_by not in (None, OWN_POLICY):
            return False
        was_allowed = before is None or before.state == "accepted"
        by_denial = self.denies_everything and was_allowed and answer.state == "denied"
        return self.contains and (by_denial or denies_bearer(answer))
