"""Switch off the credential of a long-term key: for now, for a new secret, or for good.

All three begin with `Inactive`, which alone can be undone. The order is what keeps them safe: a
reset has its store tried before anything is touched, and nothing is deleted that Bedrock has not
been seen to refuse.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.ledger.records import StatusChange
from bedrock_key_guard.respond.secret_stores import Store, StoreError

if TYPE_CHECKING:
    from bedrock_key_guard.model.actions import Delete, Disable, Reset
    from bedrock_key_guard.model.evidence import CredentialRecord, Evidence
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.policy import Policy

_DEED = "set it Inactive"
_NOT_DELETED = "it is Inactive, but not deleted: that waits for the confirmation"


def disable(action: Disable, evidence: Evidence) -> Change:
    """Set the credential Inactive: IAM was asked beside the first probe."""
    what = _named(action.credential)
    prepare = partial(_inactive, action.credential, f"{what} is Inactive")
    return Change(action, evidence, what, f"would set {what} Inactive", _DEED, prepare)


def delete(action: Delete, evidence: Evidence) -> Change:
    """Set the credential Inactive, and delete it once Bedrock is confirmed to refuse the key."""
    what, prepare = _named(action.credential), partial(deletion, action.credential)
    promise = f"would delete {what}; that cannot be undone"
    return Change(action, evidence, what, promise, _DEED, prepare, unfinished=_NOT_DELETED)


def reset(action: Reset, evidence: Evidence, policy: Policy) -> Change:
    """Set the credential Inactive, and give its owner a new key."""
    what = _named(action.credential)
    end = "set it Active again" if policy.reactivate else "leave it Inactive"
    promise = f"would reset {what} and {end}; a reset cannot be undone"
    prepare = partial(_reset, action.credential, policy)
    return Change(action, evidence, what, promise, _DEED, prepare)


def deletion(credential: CredentialRecord, access: AccountAccess) -> Ready:
    """Return how a credential is deleted."""
    ready = _inactive(credential, f"{_named(credential)} was deleted", access)
    return replace(ready, finish=partial(_delete, credential, access))


def _reset(credential: CredentialRecord, policy: Policy, access: AccountAccess) -> Ready | Obstacle:
    """Be ready where the store accepts a write."""
    if access.store_of is None:
        return Obstacle("there is no store for the new key")
    store = access.store_of(credential.credential_id)
    try:
        store.check()
    except StoreError as error:
        return Obstacle(f"the store for the new key does not accept a write ({error})")
    end = "Active" if policy.reactivate else "Inactive"
    result = f"{_named(credential)} was reset, its new key stored, and it is {end}"
    renew = partial(_renew, credential, store, access, reactivate=policy.reactivate)
    return replace(_inactive(credential, result, access, end), follow=renew)


def _named(credential: CredentialRecord) -> str:
    return f"credential {credential.credential_id} of user {credential.user_name}"


def _inactive(
    credential: CredentialRecord, result: str, access: AccountAccess, end: str = "Inactive"
) -> Ready:
    record = StatusChange(
        user_name=credential.user_name,
        credential_id=credential.credential_id,
        alias=credential.alias,
        status_before=credential.status,
        status_after=end,
    )
    return Ready(record, result, partial(access.credentials.set_status, credential, "Inactive"))


def _delete(credential: CredentialRecord, access: AccountAccess) -> str | None:
    try:
        access.credentials.delete(credential)
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        return f"it is Inactive, but IAM did not delete it ({refusal(error)})"
    return None


def _renew(
    credential: CredentialRecord, store: Store, access: AccountAccess, *, reactivate: bool
) -> str | None:
    """Make a new key and store it; return what was left undone.

    Nothing is lost on the way: the credential stays Inactive, and it can be reset again.
    """
    if not store.claim():
        return "it is Inactive, but not reset: the store holds another new key of this run"
    try:
        secret = access.credentials.reset(credential)
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        return f"it is Inactive, but IAM did not reset it ({refusal(error)})"
    with suppress(Exception):  # where nothing can be printed, nothing is shown
        access.mask(secret)
    try:
        store.write(secret)
    except StoreError as error:
        return f"it is Inactive and reset, but the store took no key ({error})"
    try:
        if reactivate:
            access.credentials.set_status(credential, "Active")
    except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
        return f"the new key is stored, but Inactive ({refusal(error)})"
    return None
