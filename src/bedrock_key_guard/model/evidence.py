"""Define what a verdict rests on: everything that was asked, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeGuard

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.principals import Account

Plane = Literal["bedrock", "bedrock-mantle"]
BedrockState = Literal["accepted", "denied", "refused", "expired", "unknown", "not-offered"]


SecondPlane = Literal["asked", "unasked", "not-offered"]

# Clocks differ; a key is called expired only when any sane clock would agree, and by a clock that
# no server has confirmed only when it would be so anywhere on Earth.
CLOCK_TOLERANCE = timedelta(minutes=5)
UNCONFIRMED_TOLERANCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Clock:
    """Hold the time of a run beside a key's nominal expiry (None for a long-term key).

    `ahead` is how far our own clock was before the `Date` of the servers that were asked, None
    where none was. Beyond the tolerance the servers are right, and `now` is theirs.
    """

    now: datetime
    expires_at: datetime | None = None
    ahead: timedelta | None = None

    @property
    def expired(self) -> bool:
        """Return whether the key has expired by its own date."""
        tolerance = UNCONFIRMED_TOLERANCE if self.ahead is None else CLOCK_TOLERANCE
        return self.expires_at is not None and self.now > self.expires_at + tolerance

    @property
    def is_wrong(self) -> bool:
        """Return whether our own clock differs from the servers' by more than the tolerance."""
        return self.ahead is not None and abs(self.ahead) > CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class BedrockAnswer:
    """Record what one plane of Bedrock said to the key.

    `denied` names the `principal` and the `denied_action`; it means that the key is authentic. AWS
    also says which kind of policy denies it, such as `service control policy`: `denied_by`, None
    where it does not, and `explicit` for a denial in that policy, not for want of permission there.
    `refusals` counts how often in a row it was `refused`, or called `expired`. `unknown` is any
    answer that proves nothing.
    """

    plane: Plane
    region: str
    state: BedrockState
    asked_at: datetime
    detail: str = ""
    status: int | None = None
    principal: str | None = None
    denied_action: str | None = None
    denied_by: str | None = None
    explicit: bool = False
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class CredentialRecord:
    """Hold what IAM tells of a service-specific credential: everything but the secret."""

    credential_id: str
    user_name: str
    alias: str
    service_name: str
    status: Literal["Active", "Inactive", "Expired"]
    created_at: datetime
    expires_at: datetime | None = None


IamState = Literal["found", "absent", "inactive", "unknown"]


@dataclass(frozen=True, slots=True)
class IamAnswer:
    """Record what IAM of `account` said.

    For a long-term key: `found` with its `credential`, or `absent` after a completed listing. For
    the access key that signed a short-term key: `found` (it may still sign), `inactive` or
    `absent`. `unknown` with the reason is anything that could not be found out.
    """

    state: IamState
    asked_at: datetime
    account: Account | None = None
    credential: CredentialRecord | None = None
    user_name: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TrailAnswer:
    """Record whom CloudTrail knows by the access key that signed a short-term key.

    `found` names the `principal` that acted and the `issuer`, the user or role whose session it
    was (the principal itself where there was no session); both are ARNs. `absent` after a completed
    look-up, `unknown` with the reason where it could not be found out.
    """

    state: Literal["found", "absent", "unknown"]
    region: str
    asked_at: datetime
    principal: str | None = None
    issuer: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PolicyAnswer:
    """Record whether IAM shows policies that deny the key's principal the use of keys anywhere.

    `found` names them in `policies`. `absent` after all of `holder`'s own were read, `unknown` with
    the reason where one that may deny it could not be read.
    """

    state: Literal["found", "absent", "unknown"]
    asked_at: datetime
    holder: str
    policies: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AllowedAccounts:
    """Record whether the key's account is one that the guard may touch.

    `accounts` is the allow-list, None where it is unknown. `account_id` is the key's account:
    `decoded` from the key, `named` by STS, or None where STS knows none (`not-found`) or could not
    be asked (`failed`).
    """

    account_id: str | None
    accounts: frozenset[str] | None
    lookup: Literal["decoded", "named", "not-found", "failed"] = "decoded"
    detail: str = ""

    def permits(self, account_id: str | None) -> TypeGuard[str]:
        """Return whether the guard may touch an account: none where either is unknown."""
        return account_id is not None and self.accounts is not None and account_id in self.accounts


@dataclass(frozen=True, slots=True)
class Evidence:
    """Gather everything a verdict rests on: what was asked, what was answered, and when.

    `bedrock` begins with both planes of the region where the key belongs; other regions follow.
    `arrived_at` is when the event came that brought the key, None where none did. `left_out_by` is
    the bound of the run that kept the key from being asked about.
    """

    key: WholeKey
    clock: Clock
    allowed: AllowedAccounts
    bedrock: tuple[BedrockAnswer, ...] = ()
    iam: IamAnswer | None = None
    trail: TrailAnswer | None = None
    policies: PolicyAnswer | None = None
    notes: tuple[str, ...] = ()
    arrived_at: datetime | None = None
    left_out_by: Literal["max-probes"] | None = None

    @property
    def credential(self) -> CredentialRecord | None:
        """Return the credential that IAM has under the key's exact alias, None for none."""
        return self.iam.credential if self.iam else None


VerdictState = Literal["live", "contained", "rejected", "unverified", "dead", "foreign"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """State what became of a key, with the reason and the evidence for it.

    `second_plane` says whether the second plane has answered too; `unasked` also means that it
    kept silent.
    """

    state: VerdictState
    reason: str
    evidence: Evidence
    principal: str | None = None
    second_plane: SecondPlane = "unasked"

    @property
    def proves_dead(self) -> bool:
        """Return whether nobody can use the key: by its date, or by the word of every plane."""
        every_plane = self.evidence.clock.expired or self.second_plane != "unasked"
        return self.state == "dead" and every_plane
