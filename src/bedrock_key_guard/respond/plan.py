"""Decide what to do about an incident: pure, and the only place that decides it.

Nothing is planned on what a key says of itself. A change needs a verdict that rests on proof of
possession, a target that IAM named by the exact alias, a trusted run, and a principal that is not
protected. Everything else ends in the commands for a person, or in nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.model import Action, LongTermKey, ShortTermKey
from bedrock_key_guard.respond import commands

if TYPE_CHECKING:
    from bedrock_key_guard.model import CredentialRecord, Incident, Verdict

Response = Literal["off", "disable", "reset"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Say what a run may do.

    `untrusted` is why the run may change nothing (a pull request from a fork), None where it may.
    `protect` holds user names and ARNs that are never changed.
    """

    response: Response = "disable"
    dry_run: bool = False
    reactivate: bool = False
    untrusted: str | None = None
    protect: frozenset[str] = frozenset()
    max_responses: int = 20


def plan(incident: Incident, verdict: Verdict, policy: Policy) -> Action:
    """Return the action for an incident with this verdict under this policy."""
    key = incident.key
    if verdict.state in ("dead", "rejected", "foreign"):
        return Action("nothing", verdict.reason)
    if verdict.state == "unverified":
        return Action("manual", verdict.reason, commands.to_find_out(key), urgent=True)
    if isinstance(key, ShortTermKey):
        return _for_short_term(key, verdict)
    if isinstance(key, LongTermKey):
        return _for_long_term(key, verdict, policy)
    return Action("nothing", "a malformed key cannot be used")


def _for_short_term(key: ShortTermKey, verdict: Verdict) -> Action:
    if verdict.state == "contained":
        return Action("nothing", f"{verdict.reason}; the key expires by itself")
    reason = "a short-term key cannot be switched off alone: the identity that signed it has to be"
    return Action("manual", reason, commands.to_quarantine(key, _signer(verdict)), urgent=True)


def _signer(verdict: Verdict) -> str | None:
    """Return the ARN of who signed a short-term key, by Bedrock's word or else by IAM's."""
    iam = verdict.evidence.iam
    if verdict.principal is None and iam is not None and iam.account and iam.user_name:
        return f"arn:{iam.account.partition}:iam::{iam.account.account_id}:user/{iam.user_name}"
    return verdict.principal


def _for_long_term(key: LongTermKey, verdict: Verdict, policy: Policy) -> Action:
    credential = verdict.evidence.iam.credential if verdict.evidence.iam else None
    obstacle = _obstacle(credential, policy)
    if obstacle is not None:
        return Action("manual", obstacle, commands.to_disable(key, credential), urgent=True)
    if policy.response == "reset":
        return Action("reset", f"{verdict.state}: {verdict.reason}")
    return Action("disable", f"{verdict.state}: {verdict.reason}")


def _obstacle(credential: CredentialRecord | None, policy: Policy) -> str | None:
    """Return why the guard may not change the credential, or None where it may."""
    if credential is None:
        return "IAM could not be asked which credential this is"
    if credential.status != "Active":
        return f"Bedrock still accepts it, although IAM calls its credential {credential.status}"
    if _is_protected(credential.user_name, policy.protect):
        return f"user {credential.user_name} is protected (--protect)"
    if policy.untrusted is not None:
        return policy.untrusted
    if policy.response == "off":
        return "responses are off"
    return None


def _is_protected(user_name: str, protect: frozenset[str]) -> bool:
    """Match a user by name or by the name at the end of an ARN; IAM's names ignore case."""
    names = {entry.rpartition("/")[2].casefold() for entry in protect}
    return user_name.casefold() in names
