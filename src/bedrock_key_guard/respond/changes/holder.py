"""Deny the user or role that signed a short-term key the use of such keys, until it has expired.

A short-term key cannot be switched off by itself ("Handle compromised long-term and short-term
Amazon Bedrock API keys" in the Amazon Bedrock user guide). `quarantine` attaches a policy that
somebody has made before, so that the guard never needs the right to write one. `revoke-sessions`
writes one, aimed at the session that signed, and is for those who grant that right.
"""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.iam import commands, policy_documents
from bedrock_key_guard.iam.principal import is_same
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.ledger.records import PolicyAttached, PolicyPut

if TYPE_CHECKING:
    from bedrock_key_guard.model import Evidence
    from bedrock_key_guard.model.actions import HolderAction, Quarantine, RevokeSessions
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identity
    from bedrock_key_guard.respond.policy import Policy

_MADE_BY_AWS = ("/aws-service-role/", "/aws-reserved/")
_SECOND = timedelta(seconds=1)


def quarantine(action: Quarantine, evidence: Evidence, policy: Policy) -> Change:
    """Attach the managed policy that denies the use of keys on both planes."""
    what, end = _named(action), action.key.expires_at
    promise = f"would attach policy {policy.quarantine} to {what} until {moment(end)}"
    prepare, deed = partial(_attachment, action, policy), "attach the quarantine policy"
    return Change(action, evidence, what, promise, deed, prepare, until=end)


def revoke_sessions(action: RevokeSessions, evidence: Evidence, policy: Policy) -> Change:
    """Write an inline policy that denies sessions begun before now the use of keys."""
    end, denied = action.key.expires_at, "the use of Bedrock keys"
    return Change(
        action,
        evidence,
        subject=_named(action),
        promise=f"would deny {'everything' if policy.revoke_everything else denied} "
        f"to {_aim(action)}, until {moment(end)}",
        deed="write the policy that revokes sessions",
        prepare=partial(_revocation, action, evidence, policy),
        until=end,
        denies_everything=policy.revoke_everything,
    )


def _attachment(action: Quarantine, policy: Policy, access: AccountAccess) -> Ready | Obstacle:
    """Be ready where the policy is there, denies what it must, and allows nothing."""
    who, arn, key = _found(action, access), policy.quarantine_in(access.account), action.key
    if isinstance(who, Obstacle):
        return who
    if arn.split(":")[4] not in (access.account.account_id, "aws"):
        return Obstacle(f"policy {arn} is not of account {access.account.account_id}")
    gap = access.quarantine_shortfall(arn, key.family.deny_actions)
    if gap is not None:
        by_hand = commands.to_make_quarantine(key, arn, action.holder)
        return Obstacle(f"policy {arn} is not a quarantine policy: {gap}", by_hand)
    there, until = arn in access.identities.attached(who.kind, who.name), key.expires_at
    return Ready(
        PolicyAttached(who.kind, who.name, who.unique_id, arn, until.isoformat(), there),
        f"policy {arn} is attached{' already' if there else ''} to {_named(action)}, "
        f"and is needed until {moment(until)}",
        partial(access.identities.attach, who.kind, who.name, arn),
        needed=not there,
    )


def _revocation(
    action: RevokeSessions, evidence: Evidence, policy: Policy, access: AccountAccess
) -> Ready | Obstacle:
    """Be ready where the sessions are not the guard's own."""
    who, key, there = _found(action, access), action.key, access.identities
    if isinstance(who, Obstacle):
        return who
    if is_same(access.actor, who.arn) and not policy.force:
        return Obstacle(f"the guard itself acts as {_named(action)} (--force lets it go on)")
    inline = there.inline(who.kind, who.name)
    named = {name: policy_documents.read_policy_name(name) for name in inline}
    ours = [name for name, read in named.items() if read and read[1] == key.fingerprint[:12]]
    if ours:
        name, document = ours[0], there.inline_document(who.kind, who.name, ours[0]) or {}
    else:
        name = policy_documents.policy_name(key.expires_at, key.fingerprint)
        document = _denial(action, who, evidence, everything=policy.revoke_everything)
    text, until = json.dumps(document, sort_keys=True), key.expires_at.isoformat()
    return Ready(
        PolicyPut(who.kind, who.name, who.unique_id, name, text, until),
        f"inline policy {name} revokes {_aim(action)}",
        partial(there.put, who.kind, who.name, name, text),
        needed=not ours,
    )


def _denial(
    action: RevokeSessions, who: Identity, evidence: Evidence, *, everything: bool
) -> policy_documents.Document:
    """Aim at the one session where its name is known, whose `aws:userid` then is too."""
    key, session = action.key, action.signer.session
    denied = ("*",) if everything else key.family.deny_actions
    cutoff = max(evidence.clock.now, key.issued_at) + _SECOND
    user_id = f"{who.unique_id}:{session}" if session else None
    return policy_documents.session_denial(denied, cutoff, user_id)


def _aim(action: RevokeSessions) -> str:
    name = action.signer.session
    session = f"session {name}" if name else "every session"
    return f"{session} of {_named(action)} begun before now"


def _named(action: HolderAction) -> str:
    holder = action.holder
    return f"{holder.kind} {holder.name} of account {holder.account.account_id}"


def _found(action: HolderAction, access: AccountAccess) -> Identity | Obstacle:
    """Return the user or role as IAM knows it, and may be told to change it."""
    kind, name = action.holder.kind, action.holder.name
    identity = access.identities.find(kind, name)
    if identity is None:
        return Obstacle(f"IAM has no {kind} {name}")
    if any(path in identity.arn for path in _MADE_BY_AWS):
        by_others = commands.to_deny_from_above(action.key, action.signer)
        return Obstacle(f"{kind} {identity.name} is one that AWS alone changes", by_others)
    return identity
