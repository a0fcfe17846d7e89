"""Stand in for whoever writes and keeps, and make the verdicts that a response rests on."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from bedrock_key_guard.aws import cloudtrail
from bedrock_key_guard.iam.policy_documents import Document, denial
from bedrock_key_guard.keys.key import LongTermKey, Secret, ShortTermKey
from bedrock_key_guard.model.evidence import (
    CredentialRecord,
    IamAnswer,
    TrailAnswer,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.model.principals import Account, HolderKind
from bedrock_key_guard.respond.identities import (
    CredentialWriter,
    Identities,
    Identity,
    Status,
)
from bedrock_key_guard.respond.ledger.records import Record, StatusChange
from bedrock_key_guard.respond.secret_stores import Store, StoreError
from bedrock_key_guard.verify.verdict import verdict_from
from tests import keysmith
from tests.unit.investigate.records import iam
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    SHOWN,
    USER,
    both,
    credential,
    found,
    long_term,
    offline,
    short_term,
)

NEW_KEY = keysmith.long_term("BedrockAPIKey-ex4m", ACCOUNT, seed="after the reset")
# What a ledger is told of a change.
RECORD = StatusChange(
    user_name=USER,
    credential_id="ACCAQNZGKIQYEXAMPLE22",
    alias=f"{USER}-at-{ACCOUNT}",
    status_before="Active",
    status_after="Inactive",
)


class What(TypedDict):
    action: str
    actor: str
    account: Account
    fingerprint: str
    record: Record


WHAT: What = {
    "action": "disable",
    "actor": f"arn:aws:iam::{ACCOUNT}:user/bedrock-key-guard",
    "account": Account(ACCOUNT),
    "fingerprint": "0" * 64,
    "record": RECORD,
}


def live(
    key: LongTermKey | ShortTermKey | None = None,
    iam: IamAnswer | None = None,
    *,
    principal: str | None = None,
) -> Verdict:
    """Return the verdict on a key that both planes accept, of an Active credential by default."""
    key = key or long_term()
    if iam is None and isinstance(key, LongTermKey):
        iam = found(credential(user=key.user_name_candidates[0], alias=key.alias))
    verdict = verdict_from(replace(offline(key), bedrock=both("accepted"), iam=iam))
    assert verdict.state == "live"
    return replace(verdict, principal=principal)


def signed_by(
    arn: str | None, *, by: str = "Bedrock", issuer: str | None = None, **more: object
) -> Verdict:
    """Return the verdict on a live short-term key whose signer one witness names."""
    key = short_term(**more)  # type: ignore[arg-type]
    evidence = replace(offline(key), bedrock=both("accepted"))
    if by == "Bedrock":
        evidence = replace(evidence, bedrock=both("denied", principal=arn))
    elif by == "IAM":
        name = (arn or "").rpartition("/")[2]
        evidence = replace(evidence, iam=IamAnswer("found", NOW, Account(ACCOUNT), user_name=name))
    elif arn is not None:
        trail = TrailAnswer("found", key.region, NOW, arn, issuer or arn)
        evidence = replace(evidence, trail=trail)
    verdict = verdict_from(evidence)
    assert verdict.state == "live"
    return verdict


def contained(key: LongTermKey | ShortTermKey | None = None) -> Verdict:
    key = key or long_term()
    iam = found() if isinstance(key, LongTermKey) else None
    evidence = replace(offline(key), bedrock=both("denied bearer"), iam=iam, policies=SHOWN)
    verdict = verdict_from(evidence)
    assert verdict.state == "contained"
    return verdict


def other(state: VerdictState, key: LongTermKey | ShortTermKey | None = None) -> Verdict:
    """Return a verdict that permits nothing."""
    return replace(live(key), state=state, reason=f"it is {state}")


@dataclass
class Diary:
    """Write down in which order things are done, and fail where it is told to."""

    done: list[str] = field(default_factory=list)
    fails: dict[str, Exception] = field(default_factory=dict)

    def note(self, what: str) -> None:
        self.done.append(what)
        if what in self.fails:
            raise self.fails[what]


@dataclass
class FakeWriter(CredentialWriter):
    """Change nothing but the diary."""

    diary: Diary
    secrets: Iterator[str] = field(default_factory=lambda: itertools.repeat(NEW_KEY))

    def set_status(self, credential: CredentialRecord, status: Status) -> None:
        self.diary.note(f"set {status}")

    def reset(self, credential: CredentialRecord) -> Secret:
        self.diary.note("reset")
        return Secret(next(self.secrets))

    def delete(self, credential: CredentialRecord) -> None:
        self.diary.note("delete")


@dataclass
class FakeStore(Store):
    """Keep the key that it was given; it fails as the diary tells it to."""

    diary: Diary
    kept: list[Secret] = field(default_factory=list)
    taken: bool = False

    def check(self) -> None:
        self._note("check store")

    def claim(self) -> bool:
        was_free, self.taken = not self.taken, True
        return was_free

    def write(self, secret: Secret) -> None:
        self._note("write store")
        self.kept.append(secret)

    def _note(self, what: str) -> None:
        try:
            self.diary.note(what)
        except OSError as error:
            raise StoreError(str(error)) from None


@dataclass
class FakeIdentities(Identities):
    """Hold the users and roles of one account in memory, and write down what is changed."""

    diary: Diary
    known: dict[tuple[HolderKind, str], Identity] = field(default_factory=dict)
    managed: dict[str, Document] = field(default_factory=dict)
    attachments: dict[tuple[HolderKind, str], list[str]] = field(default_factory=dict)
    inlines: dict[tuple[HolderKind, str], dict[str, str]] = field(default_factory=dict)
    member_of: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def add(
        self,
        kind: HolderKind,
        name: str,
        *policies: str,
        path: str = "/",
        unique_id: str = "",
        created: datetime = NOW,
    ) -> None:
        arn = f"arn:aws:iam::{ACCOUNT}:{kind}{path}{name}"
        unique_id = unique_id or f"A{name.upper()}"
        self.known[kind, name] = Identity(kind, name, arn, unique_id, created)
        self.attachments[kind, name] = list(policies)

    def find(self, kind: HolderKind, name: str) -> Identity | None:
        return self.known.get((kind, name))

    def names(self, kind: HolderKind) -> tuple[str, ...]:
        return tuple(name for known, name in self.known if known == kind)

    def attached(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        return tuple(self.attachments.get((kind, name), ()))

    def inline(self, kind: HolderKind, name: str) -> tuple[str, ...]:
        return tuple(self.inlines.get((kind, name), ()))

    def inline_document(self, kind: HolderKind, name: str, policy: str) -> Document | None:
        text = self.inlines.get((kind, name), {}).get(policy)
        return json.loads(text) if text else None

    def managed_document(self, arn: str) -> Document | None:
        self.diary.note(f"read {arn.rpartition('/')[2]}")
        return self.managed.get(arn)

    def active_beside(self, user_name: str, credential_id: str) -> tuple[str, ...]:
        return self.others

    def groups(self, user_name: str) -> tuple[str, ...]:
        return self.member_of

    def attach(self, kind: HolderKind, name: str, policy: str) -> None:
        self.diary.note(f"attach {policy.rpartition('/')[2]} to {kind} {name}")
        self.attachments[kind, name].append(policy)

    def detach(self, kind: HolderKind, name: str, policy: str) -> None:
        self.diary.note(f"detach {policy.rpartition('/')[2]} from {kind} {name}")
        self.attachments[kind, name].remove(policy)

    def put(self, kind: HolderKind, name: str, policy: str, document: str) -> None:
        self.diary.note(f"put {policy} to {kind} {name}")
        self.inlines.setdefault((kind, name), {})[policy] = document

    def delete(self, kind: HolderKind, name: str, policy: str) -> None:
        self.diary.note(f"delete {policy} of {kind} {name}")
        del self.inlines[kind, name][policy]


def changed(
    name: str,
    target: str,
    *,
    by: str,
    agent: str,
    of: tuple[HolderKind, str] = ("user", USER),
    status: str | None = None,
    time: datetime = NOW,
    failed: bool = False,
) -> cloudtrail.Record:
    """Return the event of a change to a credential, or to a policy of a user or role."""
    kind, holder = of
    what = "policyArn" if target.startswith("arn:") else "policyName"
    if "Credential" in name:
        what = "serviceSpecificCredentialId"
    request = {f"{kind}Name": holder, what: target, **({"status": status} if status else {})}
    body = iam(name, userAgent=agent, userIdentity={"arn": by}, requestParameters=request)
    return cloudtrail.Record(time, body | ({"errorCode": "AccessDenied"} if failed else {}))


QUARANTINE = f"arn:aws:iam::{ACCOUNT}:policy/BedrockKeyGuardQuarantine"
DENIES_KEYS = denial(("bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"))
