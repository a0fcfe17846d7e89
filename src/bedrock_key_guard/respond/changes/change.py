"""Define what a response is made of: the change that carries an action out, and its parts.

Each kind of change is one small class. What they have in common, the steps from the last probe to
the proof, is written once, in `apply`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from bedrock_key_guard.model.actions import Remediation
from bedrock_key_guard.verify.denials import OWN_POLICY, denies_bearer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bedrock_key_guard.model import BedrockAnswer, Evidence
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.confirm import Shows
    from bedrock_key_guard.respond.ledger.records import Record
    from bedrock_key_guard.respond.policy import Policy

ActionT_co = TypeVar("ActionT_co", bound=Remediation, covariant=True)


@dataclass(frozen=True, slots=True)
class Ready:
    """Hold a change that may begin: its record, how it is made, and what is true then.

    Not `needed`, AWS has it that way already. `follow` does what comes right after the write, and
    `finish` what must wait for the proof: each returns what was left undone, if anything was.
    """

    record: Record
    result: str
    write: Callable[[], None]
    needed: bool = True
    follow: Callable[[], str | None] = lambda: None
    finish: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Say why a change may not begin; `commands` are for a person, where others are needed."""

    reason: str
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change(ABC, Generic[ActionT_co]):
    """Change one thing in one account, so that one key is dead; what AWS refuses is raised."""

    deed: ClassVar[str]
    unfinished: ClassVar[str | None] = None
    """What is left undone where there is no confirmation to wait for."""

    action: ActionT_co
    evidence: Evidence
    policy: Policy

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
    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Find out whether the change may begin, and change nothing."""

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
        return self.action.contains and (by_denial or denies_bearer(answer))


AnyChange = Change[Remediation]
