"""Change what the user or role may do that a key is of: deny it, or take its policies away.

A short-term key cannot be switched off by itself ("Handle compromised long-term and short-term
Amazon Bedrock API keys" in the Amazon Bedrock user guide). `quarantine` attaches a policy that
somebody has made before, so that the guard never needs the right to write one. `revoke-sessions`
writes one, aimed at the session that signed, and is for those who grant that right.

`strip-policies` is for a long-term key: the console of Amazon Bedrock makes a user
`BedrockAPIKey-…` for each key and attaches one managed policy to it ("Generate an Amazon Bedrock
API key" in its user guide), without which the key is good for nothing. Attached policies alone are
taken: CloudTrail shows by ARN that the guard has detached them, so that nothing else is ever given
back. An inline policy could only be given back on the word of a ledger, which anyone might have
written, and a group's policies are not the user's own: a user who has either is not as the console
made it, and is left alone. So is one who can sign in with anything else, for that would stop too.
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
from bedrock_key_guard.respond.ledger.records import PoliciesDetached, PolicyAttached, PolicyPut

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model.actions import (
        HolderAction,
        Quarantine,
        RevokeSessions,
        StripPolicies,
    )
    from bedrock_key_guard.model.evidence import CredentialRecord, Evidence
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identities, Identity
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


def strip_policies(action: StripPolicies, evidence: Evidence, policy: Policy) -> Change:
    """Detach every policy from the user that the console made for the key: it may do nothing."""
    what = f"user {action.credential.user_name}"
    prepare = partial(_stripping, action.credential, evidence.key.family, policy)
    promise, deed = f"would detach every policy of {what}", "detach its policies"
    return Change(action, evidence, what, promise, deed, prepare, denies_everything=True)


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
    """Return the user or role as IAM knows it, where IAM can change it."""
    kind, name = action.holder.kind, action.holder.name
    identity = access.identities.find(kind, name)
    if identity is None:
        return Obstacle(f"IAM has no {kind} {name}")
    if any(path in identity.arn for path in _MADE_BY_AWS):
        by_others = commands.to_deny_from_above(action.key, action.signer)
        return Obstacle(f"{kind} {identity.name} is one that AWS alone changes", by_others)
    return identity


def _stripping(
    credential: CredentialRecord, family: Family, policy: Policy, access: AccountAccess
) -> Ready | Obstacle:
    """Be ready where the user is as the console made it, and nobody's but the key's."""
    name, there = credential.user_name, access.identities
    if not family.console_user or not name.startswith(family.console_user):
        return Obstacle(f"user {name} was not made by the console for this key")
    user = there.find("user", name)
    if user is None:
        return Obstacle(f"IAM has no user {name} any more")
    others = _others(credential, access)
    if others is not None:
        return Obstacle(f"user {name} has {others}")
    denies = policy.quarantine_in(access.account)
    taken = tuple(each for each in there.attached("user", name) if each != denies)
    lost = ", ".join(each.rpartition("/")[2] for each in taken)
    result = f"user {name} has {f'lost {lost}' if taken else 'no policy left'}"
    record = PoliciesDetached(name, user.unique_id, credential.alias, taken)
    return Ready(record, result, partial(_detach, name, taken, there), needed=bool(taken))


def _detach(user_name: str, policies: Iterable[str], identities: Identities) -> None:
    for policy in policies:
        identities.detach("user", user_name, policy)


def _others(credential: CredentialRecord, access: AccountAccess) -> str | None:
    """Return what the user has that would stop too, or that could not be given back."""
    name = credential.user_name
    others = access.identities.active_beside(name, credential.credential_id)
    if others:
        return f"more than this key, and it would stop too: {', '.join(others)}"
    for what, found in (
        ("inline policies", access.identities.inline("user", name)),
        ("groups", access.identities.groups(name)),
    ):
        if found:
            return f"{what}, which could not be given back: {len(found)}"
    return None
