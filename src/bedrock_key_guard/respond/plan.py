"""Decide what to do about an incident: pure, and the only place that decides it.

Nothing is planned on what a key says of itself. A change needs a verdict that rests on proof of
possession, a target that AWS named (the credential by its exact alias, the signer by Bedrock, IAM
or CloudTrail), a trusted run, and a principal that is not protected. Everything else ends in the
commands for a person, or in nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.iam import commands
from bedrock_key_guard.model import Action, LongTermKey, ShortTermKey
from bedrock_key_guard.respond.policy import Policy
from bedrock_key_guard.verify.signer import search_for_signer, signer_of

if TYPE_CHECKING:
    from bedrock_key_guard.model import CredentialRecord, Incident, Verdict
    from bedrock_key_guard.verify.signer import Signer

__all__ = ["Policy", "plan"]


def plan(incident: Incident, verdict: Verdict, policy: Policy) -> Action:
    """Return the action for an incident with this verdict under this policy."""
    key = incident.key
    if verdict.state in ("dead", "rejected", "foreign"):
        return Action("nothing", verdict.reason)
    if verdict.state == "unverified":
        return Action("manual", verdict.reason, commands.to_find_out(key), urgent=True)
    if isinstance(key, ShortTermKey):
        return _for_short_term(key, verdict, policy)
    if isinstance(key, LongTermKey):
        return _for_long_term(key, verdict, policy)
    return Action("nothing", "a malformed key cannot be used")


# ── long-term keys ──────────────────────────────────────────────────────────────────────────────


def _for_long_term(key: LongTermKey, verdict: Verdict, policy: Policy) -> Action:
    credential = verdict.evidence.iam.credential if verdict.evidence.iam else None
    obstacle = _obstacle(credential, verdict, policy)
    if obstacle is not None:
        return Action("manual", obstacle, commands.to_disable(key, credential), urgent=True)
    if policy.response == "off":
        by_hand = commands.to_disable(key, credential)
        return Action("manual", "responses are off", by_hand, urgent=True)
    return Action(policy.response, f"{verdict.state}: {verdict.reason}")


def _obstacle(credential: CredentialRecord | None, verdict: Verdict, policy: Policy) -> str | None:
    """Return why the guard may not change the credential, or None where it may."""
    if credential is None:
        return f"which credential it is could not be found out: {_said_by_iam(verdict)}"
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
        return Action("nothing", f"{verdict.reason}; the key expires by itself")
    signer = signer_of(verdict.evidence)
    obstacle = _signer_obstacle(key, verdict, signer, policy)
    if obstacle is not None:
        return Action("manual", obstacle, _by_hand(key, signer), urgent=True)
    if policy.short_term == "off":
        reason = "a short-term key cannot be switched off alone: who signed it has to be denied"
        return Action("manual", f"{reason} (--short-term)", _by_hand(key, signer), urgent=True)
    return Action(policy.short_term, f"{verdict.state}: {verdict.reason}")


def _signer_obstacle(
    key: ShortTermKey, verdict: Verdict, signer: Signer | None, policy: Policy
) -> str | None:
    """Return why the guard may not change who signed the key, or None where it may."""
    if signer is None or signer.holder is None:
        tried = search_for_signer(verdict.evidence)
        who = f"federated user {signer.principal.name} of somebody" if signer else "nobody"
        return f"who signed it could not be found out, {who} was named ({tried})"
    if signer.holder.fixed:
        return signer.holder.fixed
    if policy.protects(signer.holder.name):
        return f"{signer.holder.kind} {signer.holder.name} is protected (--protect)"
    if policy.untrusted is not None and policy.short_term != "off":
        return policy.untrusted
    if policy.short_term == "revoke-sessions" and not key.has_session_token:
        return "it was signed with an access key, not in a session: only a quarantine stops it"
    return None


def _by_hand(key: ShortTermKey, signer: Signer | None) -> tuple[str, ...]:
    if signer is None:
        return commands.to_quarantine(key, None)
    return commands.to_quarantine(key, (signer.holder or signer.principal).arn)
