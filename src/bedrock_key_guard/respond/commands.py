"""Write the commands that a person can run where the guard may not act. Shell-quoted."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey

if TYPE_CHECKING:
    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model import CredentialRecord, Key

_DENY_POLICY_NAME = "DenyLeakedBedrockApiKey"


def to_find_out(key: Key) -> tuple[str, ...]:
    """Return how to see what a key is and whether its credential is active."""
    if isinstance(key, LongTermKey):
        return (*_list_credentials(key), *to_disable(key, None)[1:])
    if isinstance(key, ShortTermKey):
        return to_quarantine(key, None)
    return ()


def to_disable(key: LongTermKey, credential: CredentialRecord | None) -> tuple[str, ...]:
    """Return how to set the key's credential Inactive; with placeholders where IAM named none."""
    if credential is None:
        placeholder = _update(key.user_name_candidates[0], "CREDENTIAL_ID_FROM_THE_LIST")
        return (*_list_credentials(key), placeholder)
    if credential.status != "Active":
        return (_deny("user", credential.user_name, key.family),)
    return (_update(credential.user_name, credential.credential_id),)


def to_quarantine(key: ShortTermKey, principal: str | None) -> tuple[str, ...]:
    """Return how to deny the identity that signed a short-term key the use of such keys."""
    if principal is None:
        if key.access_key_id.startswith("AKIA"):
            return (_aws("iam", "get-access-key-last-used", "--access-key-id", key.access_key_id),)
        return (_lookup(key),)
    kind, name = _identity(principal)
    if kind == "root":
        return ()
    return (_deny(kind, name, key.family),)


def _identity(principal: str) -> tuple[str, str]:
    """Return `user` or `role` and its name, from the ARN of a user or of a session."""
    kind, _, path = principal.split(":", 5)[5].partition("/")
    if kind == "assumed-role":
        return "role", path.partition("/")[0]
    if kind in ("user", "federated-user"):
        return "user", path.rpartition("/")[2]
    return "root", ""


def _list_credentials(key: LongTermKey) -> tuple[str, ...]:
    user = key.user_name_candidates[0]
    service = key.family.service_name
    return (
        _aws(
            "iam",
            "list-service-specific-credentials",
            *("--user-name", user),
            *("--service-name", service),
        ),
    )


def _update(user_name: str, credential_id: str) -> str:
    return _aws(
        "iam",
        "update-service-specific-credential",
        *("--user-name", user_name),
        *("--service-specific-credential-id", credential_id),
        *("--status", "Inactive"),
    )


def _deny(kind: str, name: str, family: Family) -> str:
    statement = {"Effect": "Deny", "Action": list(family.deny_actions), "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return _aws(
        "iam",
        f"put-{kind}-policy",
        *(f"--{kind}-name", name),
        *("--policy-name", _DENY_POLICY_NAME),
        *("--policy-document", document),
    )


def _lookup(key: ShortTermKey) -> str:
    attribute = f"AttributeKey=AccessKeyId,AttributeValue={key.access_key_id}"
    return _aws(
        "cloudtrail",
        "lookup-events",
        *("--region", key.region),
        *("--lookup-attributes", attribute),
    )


def _aws(*words: str) -> str:
    return shlex.join(("aws", *words))
