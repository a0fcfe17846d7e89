"""Stand in for Bedrock, IAM and time, and make the evidence that a verdict rests on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.keys.key import Key, LongTermKey, ShortTermKey, WholeKey
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Clock,
    CredentialRecord,
    Evidence,
    IamAnswer,
    Plane,
    PolicyAnswer,
    TrailAnswer,
)
from bedrock_key_guard.model.findings import Incident
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.verify.accounts import Accounts
from bedrock_key_guard.verify.bedrock import PLANES
from bedrock_key_guard.verify.iam_directory import CredentialDirectory
from bedrock_key_guard.verify.schedule import Result, Steps
from bedrock_key_guard.verify.signer import Signer
from bedrock_key_guard.verify.witnesses import Witnesses
from tests import keysmith

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=timezone.utc)
ACCOUNT, STRANGER = "111122223333", "210987654321"
USER = "BedrockAPIKey-ex4m"
OWN = f"arn:aws:iam::{ACCOUNT}:user/{USER}"
SIGNER = f"arn:aws:sts::{ACCOUNT}:assumed-role/ml-pipeline/run-7"

# What a plane may say, by a name that a table can read: state, principal, denied action, refusals.
_SAID: dict[str, tuple[str, str | None, str | None, int]] = {
    "accepted": ("accepted", None, None, 0),
    "refused": ("refused", None, None, 1),
    "refused twice": ("refused", None, None, 2),
    "expired": ("expired", None, None, 1),
    "expired twice": ("expired", None, None, 2),
    "unknown": ("unknown", None, None, 0),
    "not offered": ("not-offered", None, None, 0),
    "denied": ("denied", OWN, "{plane}:ListFoundationModels", 0),
    "denied bearer": ("denied", OWN, "{plane}:CallWithBearerToken", 0),
    "denied explicitly": ("denied", OWN, "{plane}:ListFoundationModels", 0),
    "denied bearer from above": ("denied", OWN, "{plane}:CallWithBearerToken", 0),
}
# And by which kind of policy, where AWS says it; always explicitly.
_BY = {
    "denied explicitly": "identity-based policy",
    "denied bearer from above": "service control policy",
}


def answer(
    plane: Plane,
    said: str,
    *,
    region: str = "us-east-1",
    at: datetime = NOW,
    principal: str | None = None,
) -> BedrockAnswer:
    """Make the answer that `said` names; `principal` takes the place of the key's own."""
    state, named, action, refusals = _SAID[said]
    return BedrockAnswer(
        plane=plane,
        region=region,
        state=state,  # type: ignore[arg-type]  # the table holds nothing else
        asked_at=at,
        detail=f"{plane} said {said}",
        principal=named and (principal or named),
        denied_action=action and action.format(plane=plane),
        denied_by=_BY.get(said),
        explicit=said in _BY,
        refusals=refusals,
    )


def key_of(text: str) -> Key:
    (match,) = matches(text.encode())
    return match.key


def long_term(user: str = USER, account: str = ACCOUNT, **more: object) -> LongTermKey:
    key = key_of(keysmith.long_term(user, account, **more))  # type: ignore[arg-type]
    assert isinstance(key, LongTermKey)
    return key


def short_term(account: str = ACCOUNT, **more: object) -> ShortTermKey:
    """Make a key that was issued an hour before NOW, for twelve hours."""
    more.setdefault("issued_at", NOW - timedelta(hours=1))
    key = key_of(keysmith.short_term(account, **more))  # type: ignore[arg-type]
    assert isinstance(key, ShortTermKey)
    return key


def old_generation(key: ShortTermKey) -> ShortTermKey:
    """Give a key an access key id that does not hold its account."""
    return replace(key, access_key_id="ASIAIOSFODNN7EXAMPLE", account_id=None)


def incident(key: Key) -> Incident:
    return Incident(key.fingerprint, key, "exact", ())


def credential(
    status: str = "Active",
    *,
    user: str = USER,
    alias: str = f"{USER}-at-{ACCOUNT}",
    created_at: datetime = NOW - timedelta(days=90),
) -> CredentialRecord:
    return CredentialRecord(
        credential_id="ACCAQNZGKIQYEXAMPLE22",
        user_name=user,
        alias=alias,
        service_name="bedrock.amazonaws.com",
        status=status,  # type: ignore[arg-type]  # the tables hold nothing else
        created_at=created_at,
    )


def found(record: CredentialRecord | None = None, account: str = ACCOUNT) -> IamAnswer:
    record = record or credential()
    return IamAnswer("found", NOW, Account(account), record, record.user_name)


@dataclass
class FakeTime:
    """Tell a time that only sleeping moves."""

    started: datetime = NOW
    slept: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> datetime:
        return self.started + timedelta(seconds=sum(self.slept))

    def clock(self) -> float:
        return sum(self.slept)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)

    @property
    def waits(self) -> list[float]:
        return [seconds for seconds in self.slept if seconds]


def done(steps: Steps[Result], time: FakeTime) -> Result:
    """Take the steps one after the other, and pass the time that lies between them."""
    while True:
        try:
            pause = next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # the result of the steps
        if pause:
            time.sleep(pause)


@dataclass
class ScriptedBedrock:
    """Answer each plane from its script, whatever the region, the last line for ever after."""

    time: FakeTime
    first: Sequence[str]
    second: Sequence[str]
    principal: str | None = None
    asked: list[tuple[Plane, str, str]] = field(default_factory=list)
    fresh: list[tuple[str, bool]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(
        self,
        plane: Plane,
        key: LongTermKey | ShortTermKey,
        region: str,
        *,
        fresh: bool = False,
    ) -> BedrockAnswer:
        script = self.first if plane == "bedrock" else self.second
        with self._lock:
            before = sum(one[:2] == (plane, key.fingerprint) for one in self.asked)
            self.asked.append((plane, key.fingerprint, region))
            self.fresh.append((region, fresh))
        said = script[min(before, len(script) - 1)]
        return answer(plane, said, region=region, at=self.time.now(), principal=self.principal)


SHOWN = PolicyAnswer("found", NOW, f"user {USER}", ("Deny-keys",))
NOT_SHOWN = PolicyAnswer("absent", NOW, f"user {USER}")
UNREAD = PolicyAnswer("unknown", NOW, f"user {USER}", detail="IAM would not list its policies")
NO_TRAIL = TrailAnswer("absent", "us-east-1", NOW, detail="it has no event")


@dataclass
class ScriptedDirectory:
    """Know what IAM is to say, about any key."""

    says: IamAnswer
    account: Account = field(default_factory=lambda: Account(ACCOUNT))
    asked: list[str] = field(default_factory=list)
    trail: TrailAnswer = NO_TRAIL
    policies: PolicyAnswer = SHOWN

    def find_credential(self, key: LongTermKey) -> IamAnswer:
        self.asked.append("credential")
        return self.says

    def find_signer(self, key: ShortTermKey) -> IamAnswer:
        self.asked.append("signer")
        return self.says

    def trace_signer(self, key: ShortTermKey) -> TrailAnswer:
        self.asked.append("trail")
        return self.trail

    def find_denial(self, key: WholeKey, signer: Signer) -> PolicyAnswer:
        self.asked.append("policies")
        return self.policies


def offline(key: LongTermKey | ShortTermKey) -> Evidence:
    """Return the evidence on a key of an allowed account that nobody was asked about yet."""
    expires_at = key.expires_at if isinstance(key, ShortTermKey) else None
    clock = Clock(NOW, expires_at, timedelta())
    return Evidence(key, clock, AllowedAccounts(key.account_id, frozenset((ACCOUNT,))))


def heard(own: Callable[[], datetime], ahead: timedelta = timedelta()) -> ServerDates:
    """Return what has heard a server whose clock ours is `ahead` of."""
    dates = ServerDates(own)
    dates.hear(format_datetime(own() - ahead))
    return dates


def witnesses(
    bedrock: ScriptedBedrock,
    directory: ScriptedDirectory | None,
    executor: Executor,
    *,
    accounts: Iterable[str] = (ACCOUNT,),
    arrived_at: datetime | None = None,
) -> Witnesses:
    def directory_of(account_id: str | None) -> CredentialDirectory | NoSession:
        if directory is None or directory.account.account_id != account_id:
            return NoSession(f"there are no credentials for account {account_id}")
        return directory

    return Witnesses(
        prober=bedrock,
        directory_of=directory_of,
        partition=directory.account.partition if directory else "aws",
        accounts=Accounts(tuple(accounts), NoSession("there are no AWS credentials")),
        dates=heard(bedrock.time.now),
        clock=bedrock.time.clock,
        executor=executor,
        arrived_at=arrived_at,
    )


def both(said: str, **more: object) -> tuple[BedrockAnswer, ...]:
    return tuple(answer(plane, said, **more) for plane in PLANES)  # type: ignore[arg-type]
