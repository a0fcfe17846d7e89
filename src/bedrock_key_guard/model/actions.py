"""Define what can be done about a key, one class for each action, and what became of it.

An action carries its target. What it needs in AWS, and whether it can be taken back, is data of its
class: templates, docs and refusals follow from that. The permissions are those of the service
authorization reference; what every run asks to reach a verdict is not among them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal, get_args

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.key import ShortTermKey
    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.principals import Holder, Principal

ChangeName = Literal[
    "disable", "reset", "delete", "strip-policies", "quarantine", "revoke-sessions"
]
Undo = Literal["always", "until-finished", "never"]
ActionName = Literal[ChangeName, "restore", "lift", "manual", "nothing"]
Permissions = tuple[str, ...]


def _of_each(*operations: str) -> Permissions:
    """Return the permissions for operations on a role and on a user."""
    return tuple(f"iam:{each.format(kind)}" for each in operations for kind in ("Role", "User"))


_TRAIL, _UPDATE = "cloudtrail:LookupEvents", "iam:UpdateServiceSpecificCredential"
_LIST = "iam:ListServiceSpecificCredentials"
SEARCH = _of_each("List{}s", "List{}Policies")
"""What it takes to look for the guard's inline policies at every user and role."""


@dataclass(frozen=True, slots=True)
class _Remediation:
    """Say what holds for every action of a class.

    `undo` is until when there is a way back; `contains` tells that the key stays what it is, and
    its principal is denied the use of it.
    """

    name: ClassVar[ChangeName]
    permissions: ClassVar[Permissions]
    to_undo: ClassVar[Permissions]
    undo: ClassVar[Undo] = "always"
    contains: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class _OfCredential(_Remediation):
    credential: CredentialRecord
    reason: str


@dataclass(frozen=True, slots=True)
class _OfHolder(_Remediation):
    """Act on the holder of a key's permissions until it expires; `signer` may be its session."""

    holder: Holder
    signer: Principal
    key: ShortTermKey
    reason: str


@dataclass(frozen=True, slots=True)
class Disable(_OfCredential):
    """Set the credential Inactive."""

    name = "disable"
    permissions = (_UPDATE,)
    to_undo = (_UPDATE, _LIST, _TRAIL)
    contains = False


@dataclass(frozen=True, slots=True)
class Reset(_OfCredential):
    """Set the credential Inactive, and give its owner a new key, kept in a store."""

    name = "reset"
    permissions = (
        *(_UPDATE, "iam:ResetServiceSpecificCredential", "ssm:PutParameter"),
        *("secretsmanager:CreateSecret", "secretsmanager:PutSecretValue"),
    )
    undo, to_undo = "never", ()
    contains = False


@dataclass(frozen=True, slots=True)
class Delete(_OfCredential):
    """Set the credential Inactive, and delete it once Bedrock is confirmed to refuse the key."""

    name = "delete"
    permissions = (_UPDATE, "iam:DeleteServiceSpecificCredential")
    undo, to_undo = "until-finished", Disable.to_undo
    contains = False


@dataclass(frozen=True, slots=True)
class StripPolicies(_OfCredential):
    """Detach every policy from the user that the console made for the key."""

    name = "strip-policies"
    permissions = (
        *("iam:GetUser", "iam:GetLoginProfile", "iam:ListAccessKeys", "iam:ListSSHPublicKeys"),
        *("iam:ListSigningCertificates", "iam:ListAttachedUserPolicies", "iam:ListUserPolicies"),
        *("iam:ListGroupsForUser", "iam:DetachUserPolicy", _LIST),
    )
    to_undo = ("iam:GetUser", "iam:ListAttachedUserPolicies", "iam:AttachUserPolicy", _TRAIL)


@dataclass(frozen=True, slots=True)
class Quarantine(_OfHolder):
    """Attach the managed policy that denies the use of keys on both planes."""

    name = "quarantine"
    permissions = (
        *_of_each("Get{}", "ListAttached{}Policies", "Attach{}Policy"),
        *("iam:GetPolicy", "iam:GetPolicyVersion"),
    )
    to_undo = (*_of_each("Get{}", "ListAttached{}Policies", "Detach{}Policy"), _TRAIL)


@dataclass(frozen=True, slots=True)
class RevokeSessions(_OfHolder):
    """Write an inline policy that denies sessions begun before now the use of keys."""

    name = "revoke-sessions"
    permissions = _of_each("Get{}", "List{}Policies", "Get{}Policy", "Put{}Policy")
    to_undo = (*_of_each("Get{}", "Get{}Policy", "Delete{}Policy"), *SEARCH, _TRAIL)


@dataclass(frozen=True, slots=True)
class Manual:
    """Leave it to a person, who has to look at it now; `commands` are shell-quoted, one a line."""

    name: ClassVar[ActionName] = "manual"
    reason: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Leave everything as it is."""

    name: ClassVar[ActionName] = "nothing"
    reason: str


CredentialAction = Disable | Reset | Delete | StripPolicies
HolderAction = Quarantine | RevokeSessions
Remediation = CredentialAction | HolderAction
Action = Remediation | Manual | Nothing
CHANGES: dict[str, type[Remediation]] = {each.name: each for each in get_args(Remediation)}
KILLS = frozenset(name for name, each in CHANGES.items() if not each.contains)
"""End a key; the others deny its principal the use of it, until somebody lifts that."""


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
