"""Define what a response is made of: the change that carries an action out, and its parts.

What all changes have in common, the steps from the last probe to the proof, is written once, in
`apply`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.verify.answers import OWN_POLICY, denies_bearer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bedrock_key_guard.model.actions import Remediation
    from bedrock_key_guard.model.evidence import BedrockAnswer, Evidence
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.confirm import Shows
    from bedrock_key_guard.respond.ledger.records import Record


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


@dataclass(frozen=True, slots=True)
class Change:
    """Describe the change of one thing in one account, so that one key is dead.

    `subject` names the thing, for people and so that no two change it at once. `promise` says what
    would be done, `deed` what IAM is asked for, `unfinished` what stays undone where there is no
    confirmation. `prepare` finds out whether it may begin, and changes nothing; it raises what
    AWS's refusal raises. The change is needed `until` then, None for good. `denies_everything`
    means that the key's principal may do nothing any more, not just use no keys.
    """

    action: Remediation
    evidence: Evidence
    subject: str
    promise: str
    deed: str
    prepare: Callable[[AccountAccess], Ready | Obstacle]
    until: datetime | None = None
    denies_everything: bool = False
    unfinished: str | None = None

    def shows(self, answer: BedrockAnswer, before: BedrockAnswer | None) -> Shows:
        """Return what an answer shows: the change at work, the key at work, or nothing.

        `before` is what the plane said earlier, None where the change was at work then.
        """
        if self._at_work(answer, before):
            return "refused"
        return "accepted" if answer.state in ("accepted", "denied") else "nothing"

    def _at_work(self, answer: BedrockAnswer, before: BedrockAnswer | None) -> bool:
        """Return whether an answer shows the change at work.

        Where everything is denied Bedrock may name the operation instead of the use of keys: that
        shows something only if the operation was allowed before. A denial by another's policy, such
        as the organisation's, shows nothing of ours.
        """
        if answer.state in ("refused", "expired", "not-offered"):
            return True
        if answer.denied_by not in (None, OWN_POLICY):
            return False
        was_allowed = before is None or before.state == "accepted"
        by_denial = self.denies_everything and was_allowed and answer.state == "denied"
        return self.action.contains and (by_denial or denies_bearer(answer))
