"""Deny the user or role that signed a short-term key the use of such keys, until it has expired.

A short-term key cannot be switched off by itself ("Handle compromised long-term and short-term
Amazon Bedrock API keys" in the Amazon Bedrock user guide). `quarantine` attaches a policy that
somebody has made before, so that the guard never needs the right to write one. `revoke-sessions`
writes one, aimed at the session that signed, and is for those who grant that right.
"""

from __future__ import annotations

import json
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.iam import commands, policy_documents
from bedrock_key_guard.iam.principal import Principal, read_principal
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Order, Ready
from bedrock_key_guard.respond.ledger.records import PolicyAttached, PolicyPut
from bedrock_key_guard.verify.signer import signer_of

if TYPE_CHECKING:
    from bedrock_key_guard.model import ShortTermKey
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identity
    from bedrock_key_guard.respond.ledger.records import HolderKind, Record

_MADE_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
_SECOND = timedelta(seconds=1)


class SignerChange(Change):
    """Deny something to the user or role that signed a short-term key."""

    contains = True

    def __init__(self, order: Order) -> None:
        """Carry out `order`, whose evidence names the signer."""
        super().__init__(order)
        signer = signer_of(order.verdict.evidence)
        if signer is None or signer.holder is None:
            raise AssertionError("plan() lets nothing through without a signer")
        self.signer: Principal = signer.principal
        self.holder: Principal = signer.holder
        self.kind: HolderKind = "role" if signer.holder.kind == "role" else "user"
        self.key: ShortTermKey = order.incident.key  # type: ignore[assignment]  # by plan()

    @property
    def subject(self) -> str:
        """Name the user or role."""
        return f"{self.kind} {self.holder.name} of account {self.holder.account_id}"

    @property
    def until(self) -> datetime:
        """Return when the key expires."""
        return self.key.expires_at

    def by_hand(self) -> tuple[str, ...]:
        """Return the commands that deny the signer the use of keys."""
        return commands.to_quarantine(self.key, self.holder.arn)

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where IAM knows the user or role, and may be told to change it."""
        identity = access.identities.find(self.kind, self.holder.name)
        if identity is None:
            return Obstacle(f"IAM has no {self.kind} {self.holder.name}")
        if any(path in identity.arn for path in _MADE_BY_AWS):
            by_others = commands.to_deny_from_above(self.key, self.signer)
            return Obstacle(f"{self.kind} {identity.name} is one that AWS alone changes", by_others)
        return self.prepare_for(identity, access)

    @abstractmethod
    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready to change this user or role."""


class Quarantine(SignerChange):
    """Attach the managed policy that denies the use of keys on both planes."""

    deed = "attach the quarantine policy"

    def promise(self) -> str:
        """Say what would be done."""
        policy = self.order.policy.quarantine
        return f"would attach policy {policy} to {self.subject} until {_told(self.until)}"

    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the policy is there, denies what it must, and allows nothing."""
        policy = self.order.policy.quarantine_in(access.account)
        if policy.split(":")[4] not in (access.account.account_id, "aws"):
            return Obstacle(f"policy {policy} is not of account {access.account.account_id}")
        actions = self.key.family.deny_actions
        gap = access.quarantine_shortfall(policy, actions)
        if gap is not None:
            by_hand = commands.to_make_quarantine(self.key, policy, self.holder)
            return Obstacle(f"policy {policy} is not a quarantine policy: {gap}", by_hand)
        there = policy in access.identities.attached(self.kind, identity.name)
        record = PolicyAttached(
            kind=self.kind,
            name=identity.name,
            unique_id=identity.unique_id,
            policy=policy,
            until=self.until.isoformat(),
            was_attached=there,
        )
        return Ready(record, needed=not there)

    def write(self, access: AccountAccess, record: Record) -> None:
        """Attach it."""
        if not isinstance(record, PolicyAttached):
            raise TypeError(record)
        access.identities.attach(record.kind, record.name, record.policy)

    def done(self, record: Record) -> str:
        """Say what it is denied by, and until when that is needed."""
        if not isinstance(record, PolicyAttached):
            raise TypeError(record)
        before = " already" if record.was_attached else ""
        return (
            f"policy {record.policy} is attached{before} to {self.subject}, "
            f"and is needed until {_told(self.until)}"
        )


class RevokeSessions(SignerChange):
    """Write an inline policy that denies sessions begun before now the use of keys."""

    deed = "write the policy that revokes sessions"

    @property
    def _aim(self) -> str:
        session = f"session {self.signer.session}" if self.signer.session else "every session"
        return f"{session} of {self.subject} begun before now"

    def promise(self) -> str:
        """Say what would be done."""
        what = "everything" if self.order.policy.revoke_everything else "the use of Bedrock keys"
        return f"would deny {what} to {self._aim}, until {_told(self.until)}"

    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the sessions are not the guard's own."""
        own = read_principal(access.actor)
        if own is not None and own.holder == self.holder.holder and not self.order.policy.force:
            return Obstacle(f"the guard itself acts as {self.subject} (--force lets it go on)")
        fingerprint = self.order.incident.fingerprint
        policies = access.identities.inline(self.kind, identity.name)
        ours = [name for name in policies if policy_documents.is_policy_for(name, fingerprint)]
        if ours:
            there = access.identities.inline_document(self.kind, identity.name, ours[0])
            return Ready(self._record(identity, ours[0], there or {}), needed=False)
        name = policy_documents.policy_name(self.until, fingerprint)
        return Ready(self._record(identity, name, self._document(identity)))

    def write(self, access: AccountAccess, record: Record) -> None:
        """Write it."""
        if not isinstance(record, PolicyPut):
            raise TypeError(record)
        access.identities.put(record.kind, record.name, record.policy, record.document)

    def done(self, record: Record) -> str:
        """Say what revokes them, and until when that is needed."""
        if not isinstance(record, PolicyPut):
            raise TypeError(record)
        return f"inline policy {record.policy} revokes {self._aim}"

    @property
    def denies_everything(self) -> bool:
        """Tell whether that was asked for."""
        return self.order.policy.revoke_everything

    def _document(self, identity: Identity) -> policy_documents.Document:
        """Aim at the one session where its name is known, whose `aws:userid` then is too."""
        session = self.signer.session
        actions = ("*",) if self.order.policy.revoke_everything else self.key.family.deny_actions
        cutoff = max(self.order.verdict.evidence.clock.now, self.key.issued_at) + _SECOND
        user_id = f"{identity.unique_id}:{session}" if session else None
        return policy_documents.session_denial(actions, cutoff, user_id)

    def _record(
        self, identity: Identity, name: str, document: policy_documents.Document
    ) -> PolicyPut:
        return PolicyPut(
            kind=self.kind,
            name=identity.name,
            unique_id=identity.unique_id,
            policy=name,
            document=json.dumps(document, sort_keys=True),
            until=self.until.isoformat(),
        )


def _told(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
