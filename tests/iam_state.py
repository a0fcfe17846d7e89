"""Take down all that IAM knows of an account, so that two moments can be compared to the letter."""

from __future__ import annotations

from typing import Any

from sandbox.front.sandbox import Sandbox
from sandbox.iam.credentials_addon import store_of

# What using an identity changes, and nobody's response does.
_OF_USE = ("PasswordLastUsed", "RoleLastUsed", "AttachmentCount")


def iam_state(sandbox: Sandbox, account_id: str) -> dict[str, Any]:
    """Return users, groups, roles, their policies and every credential of an account."""
    iam = sandbox.client("iam", account_id)
    details = iam.get_account_authorization_details()
    del details["ResponseMetadata"]
    users = [user["UserName"] for user in details["UserDetailList"]]
    return {
        "details": _plain(details),
        "keys": {u: _plain(iam.list_access_keys(UserName=u)["AccessKeyMetadata"]) for u in users},
        "credentials": {u: _credentials(iam, u) for u in users},
        "secrets": {u: _secrets(account_id, iam, u) for u in users},
    }


def _credentials(iam: Any, user: str) -> Any:
    listed = iam.list_service_specific_credentials(UserName=user)
    return _plain(listed["ServiceSpecificCredentials"])


def _secrets(account_id: str, iam: Any, user: str) -> list[str]:
    store = store_of(account_id)
    found = (store.find(c["ServiceSpecificCredentialId"]) for c in _credentials(iam, user))
    return sorted(credential.secret for credential in found if credential)


def _plain(value: Any) -> Any:
    """Drop what use changes, and put lists, which IAM gives in any order, into one."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if name not in _OF_USE}
    if isinstance(value, list):
        return sorted((_plain(item) for item in value), key=repr)
    return value
