"""Say what a run may change, and whose."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.principals import Account

Response = Literal["off", "disable", "reset", "delete", "strip-policies"]
ShortTerm = Literal["off", "quarantine", "revoke-sessions"]
QUARANTINE = "BedrockKeyGuardQuarantine"

_POLICY = re.compile(
    r"(?:arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/(?:[!-~]+/)?)?[\w+=,.@-]{1,128}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Say what a run may do.

    `untrusted` is why the run may change nothing (a pull request from a fork), None where it may;
    `foreign_code` is why it may not for a key that only the code says that was read.
    `protect` holds names and ARNs of users and roles that are never changed. `quarantine` is the
    managed policy that denies, by name or ARN. `revoke_everything` denies revoked sessions all
    actions, not the use of keys alone; `force` lets them be those of the guard's own role.

    Raises UsageError for a quarantine policy that has no policy's name.
    """

    response: Response = "disable"
    dry_run: bool = False
    reactivate: bool = False
    untrusted: str | None = None
    foreign_code: str | None = None
    protect: frozenset[str] = frozenset()
    max_responses: int = 20
    short_term: ShortTerm = "off"
    quarantine: str = QUARANTINE
    revoke_everything: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        """Refuse what names no policy."""
        if not _POLICY.fullmatch(self.quarantine):
            raise UsageError(
                f"{self.quarantine!r} names no managed policy.",
                remedy="Give the policy's name, or its ARN.",
            )

    def distrust(self, incident: Incident) -> str | None:
        """Return why nothing may be changed for a key, None where it may.

        What the event that started a run says itself needs no checkout.
        """
        return self.untrusted or (None if incident.in_event else self.foreign_code)

    def protects(self, name: str) -> bool:
        """Return whether a user or role is never changed; names in IAM ignore case."""
        names = {entry.rpartition("/")[2].casefold() for entry in self.protect}
        return name.casefold() in names

    def quarantine_in(self, account: Account) -> str:
        """Return the ARN of the quarantine policy of an account."""
        if self.quarantine.startswith("arn:"):
            return self.quarantine
        return f"arn:{account.partition}:iam::{account.account_id}:policy/{self.quarantine}"
