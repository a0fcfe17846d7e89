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
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.iam import commands, policy_documents
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.model.actions import HolderAction
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.ledger.records import PolicyAttached, PolicyPut

if TYPE_CHECKING:
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identity

_MADE_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
_SECOND = timedelta(seconds=1)


class Containing(Change[HolderAction]):
    """Deny something to the user or role that signed a short-term key."""

    @property
    def subject(self) -> str:
        """Name the user or role."""
        holder = self.action.holder
        return f"{holder.kind} {holder.name} of account {holder.account.account_id}"

    @property
    def until(self) -> datetime:
        """Return when the key expires."""
        return self.action.key.expires_at

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where IAM knows the user or role, and may be told to change it."""
        kind, name = self.action.holder.kind, self.action.holder.name
        identity = access.identities.find(kind, name)
        if identity is None:
            return Obstacle(f"IAM has no {kind} {name}")
        if any(path in identity.arn for path in _MADE_BY_AWS):
            by_others = commands.to_deny_from_above(self.action.key, self.action.signer)
            return Obstacle(f"{kind} {identity.name} is one that AWS alone changes", by_others)
        return self.prepare_for(identity, access)

    @abstractmethod
    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready to change this user or role."""


class Quarantining(Containing):
    """Attach the managed policy that denies the use of keys on both planes."""

    deed = "attach the quarantine policy"

    def promise(self) -> str:
        """Say what would be done."""
        policy = self.policy.quarantine
        return f"would attach policy {policy} to {self.subject} until {_told(self.until)}"

    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the policy is there, denies what it must, and allows nothing."""
        policy, key = self.policy.quarantine_in(access.account), self.action.key
        if policy.split(":")[4] not in (access.account.account_id, "aws"):
            return Obstacle(f"policy {policy} is not of account {access.account.account_id}")
        gap = access.quarantine_shortfall(policy, key.family.deny_actions)
        if gap is not None:
            by_hand = commands.to_make_quarantine(key, policy, self.action.holder)
            return Obstacle(f"policy {policy} is not a quarantine policy: {gap}", by_hand)
        kind, name = identity.kind, identity.name
        there = policy in access.identities.attached(kind, name)
        until = self.until.isoformat()
        return Ready(
            PolicyAttached(kind, name, identity.unique_id, policy, until, was_attached=there),
            f"policy {policy} is attached{' already' if there else ''} to {self.subject}, "
            f"and is needed until {_told(self.until)}",
            partial(access.identities.attach, kind, name, policy),
            needed=not there,
        )


class Revoking(Containing):
    """Write an inline policy that denies sessions begun before now the use of keys."""

    deed = "write the policy that revokes sessions"

    @property
    def _aim(self) -> str:
        name = self.action.signer.session
        session = f"session {name}" if name else "every session"
        return f"{session} of {self.subject} begun before now"

    def promise(self) -> str:
        """Say what would be done."""
        what = "everything" if self.denies_everything else "the use of Bedrock keys"
        return f"would deny {what} to {self._aim}, until {_told(self.until)}"

    def prepare_for(self, identity: Identity, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the sessions are not the guard's own."""
        own, its = read_principal(access.actor), read_principal(identity.arn)
        if own and its and own.identity == its.identity and not self.policy.force:
            return Obstacle(f"the guard itself acts as {self.subject} (--force lets it go on)")
        kind, fingerprint, there = identity.kind, self.action.key.fingerprint, access.identities
        for policy in there.inline(kind, identity.name):
            if policy_documents.is_policy_for(policy, fingerprint):
                document = there.inline_document(kind, identity.name, policy) or {}
                return self._ready(identity, access, policy, document, needed=False)
        policy = policy_documents.policy_name(self.until, fingerprint)
        return self._ready(identity, access, policy, self._document(identity))

    @property
    def denies_everything(self) -> bool:
        """Tell whether that was asked for."""
        return self.policy.revoke_everything

    def _document(self, identity: Identity) -> policy_documents.Document:
        """Aim at the one session where its name is known, whose `aws:userid` then is too."""
        key, session = self.action.key, self.action.signer.session
        actions = ("*",) if self.denies_everything else key.family.deny_actions
        cutoff = max(self.evidence.clock.now, key.issued_at) + _SECOND
        user_id = f"{identity.unique_id}:{session}" if session else None
        return policy_documents.session_denial(actions, cutoff, user_id)

    def _ready(
        self,
        identity: Identity,
        access: AccountAccess,
        policy: str,
        document: policy_documents.Document,
        *,
        needed: bool = True,
    ) -> Ready:
        kind, name, text = identity.kind, identity.name, json.dumps(document, sort_keys=True)
        until = self.until.isoformat()
        return Ready(
            PolicyPut(kind, name, identity.unique_id, policy, text, until),
            f"inline policy {policy} revokes {self._aim}",
            partial(access.identities.put, kind, name, policy, text),
            needed=needed,
        )


def _told(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
