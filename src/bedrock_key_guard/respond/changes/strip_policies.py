"""Take away what a user may do who was made for one key alone.

The console of Amazon Bedrock makes a user `BedrockAPIKey-…` for each key and attaches one managed
policy to it ("Generate an Amazon Bedrock API key" in its user guide). Without it the key is good
for nothing. Attached policies alone are taken: CloudTrail shows by ARN that the guard has detached
them, so that nothing else is ever given back. An inline policy could only be given back on the word
of a ledger, which anyone might have written, and a group's policies are not the user's own: a user
who has either is not as the console made it, and is left alone. So is one who can sign in with
anything else, for that would stop working too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.ledger.records import PoliciesDetached

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model import CredentialRecord, Evidence
    from bedrock_key_guard.model.actions import StripPolicies
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.policy import Policy


def strip_policies(action: StripPolicies, evidence: Evidence, policy: Policy) -> Change:
    """Detach every policy from the user that the console made for the key: it may do nothing."""
    what = f"user {action.credential.user_name}"
    prepare = partial(_prepare, action.credential, evidence.key.family, policy)
    promise, deed = f"would detach every policy of {what}", "detach its policies"
    return Change(action, evidence, what, promise, deed, prepare, denies_everything=True)


def _prepare(
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
