"""Decide what to do about an incident: pure, and the only place that decides it.

Nothing is planned on what a key says of itself. A change needs a verdict that rests on proof of
possession, a target that AWS named (the credential by its exact alias, the signer by Bedrock, IAM
or CloudTrail), a trusted run, and a principal that is not protected. Everything else ends in the
commands for a person, or in nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from bedrock_key_guard.iam import commands
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model import actions
from bedrock_key_guard.model.actions import Action, Manual, Nothing
from bedrock_key_guard.respond.policy import Policy
from bedrock_key_guard.verify.signer import Signer, search_for_signer, signer_of

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import CredentialRecord, Verdict
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.principals import Principal

__all__ = ["Policy", "plan"]

_OF_CREDENTIAL: dict[str, type[actions.CredentialAction]] = {
    each.name: each for each in get_args(actions.CredentialAction)
}
_OF_HOLDER: dict[str, type[actions.HolderAction]] = {
    each.name: each for each in get_args(actions.HolderAction)
}


def plan(incident: Incident, verdict: Verdict, policy: Policy) -> Action:
    """Return the action for an incident with this verdict under this policy."""
    key, policy = incident.key, replace(policy, untrusted=policy.distrust(incident))
    if verdict.state in ("dead", "rejected", "foreign"):
        return Nothing(verdict.reason)
    if verdict.state == "unverified":
        return Manual(verdict.reason, commands.to_find_out(key))
    if isinstance(key, ShortTermKey):
        return _for_short_term(key, verdict, policy)
    if isinstance(key, LongTermKey):
        return _for_long_term(key, verdict, policy)
    return Nothing("a malformed key cannot be used")


# ── long-term keys ──────────────────────────────────────────────────────────────────────────────


def _for_long_term(key: LongTermKey, verdict: Verdict, policy: Policy) -> Action:
    credential = verdict.evidence.credential
    by_hand = commands.to_disable(key, credential)
    if credential is None:
        unknown = f"which credential it is could not be found out: {_said_by_iam(verdict)}"
        return Manual(unknown, by_hand)
    obstacle = _obstacle(credential, policy)
    if obstacle is not None:
        return Manual(obstacle, by_hand)
    reason = f"{verdict.state}: {verdict.reason}"
    if policy.response == "off":
        return Manual("responses are off", by_hand)
    return _OF_CREDENTIAL[policy.response](credential, reason)


def _obstacle(credential: CredentialRecord, policy: Policy) -> str | None:
    """Return why the guard may not change the credential, or None where it may."""
    if credential.status != "Active":
        return f"Bedrock still accepts it, although IAM calls its credential {credential.status}"
    if policy.protects(credential.user_name):
        return f"user {credential.user_name} is protected (--protect)"
    return policy.untrusted


def _said_by_iam(verdict: Verdict) -> str:
    iam = verdict.evidence.iam
    return (iam.detail or f"IAM calls it {iam.state}") if iam else "IAM was not asked"


# ── short-term keys ─────────────────────────────────────────────────────────────────────────────


def _for_short_term(key: ShortTermKey, verdict: Verdict, policy: Policy) -> Action:
    if verdict.state == "contained":
        return Nothing(f"{verdict.reason}; the key expires by itself")
    signer = signer_of(verdict.evidence)
    if signer is None or signer.holder is None:
        by_hand = commands.to_quarantine(key, signer.principal.arn if signer else None)
        return Manual(_unknown(signer, verdict), by_hand)
    by_hand = commands.to_quarantine(key, signer.holder.arn)
    obstacle, holder = _signer_obstacle(key, signer.holder, policy), signer.holder.as_holder
    if obstacle is not None or holder is None:
        return Manual(obstacle or _unknown(signer, verdict), by_hand)
    reason = f"{verdict.state}: {verdict.reason}"
    if policy.short_term == "off":
        why = "a short-term key cannot be switched off alone: who signed it has to be denied"
        return Manual(f"{why} (--short-term)", by_hand)
    return _OF_HOLDER[policy.short_term](holder, signer.principal, key, reason)


def _unknown(signer: Signer | None, verdict: Verdict) -> str:
    tried = search_for_signer(verdict.evidence)
    who = f"federated user {signer.principal.name} of somebody" if signer else "nobody"
    return f"who signed it could not be found out, {who} was named ({tried})"


def _signer_obstacle(key: ShortTermKey, holder: Principal, policy: Policy) -> str | None:
    """Return why the guard may not change who signed the key, or None where it may."""
    if holder.fixed:
        return holder.fixed
    if policy.protects(holder.name):
        return f"{holder.kind} {holder.name} is protected (--protect)"
    if policy.untrusted is not None and policy.short_term != "off":
        return policy.untrusted
    if policy.short_term == "revoke-sessions" and not key.has_session_token:
        return "it was signed with an access key, not in a session: only a quarantine stops it"
    return None
