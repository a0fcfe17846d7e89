"""Write the AWS CLI commands that a person can run where the guard may not act. Shell-quoted.

A name that may begin with "-" is joined to its option by "=". Each command is in the AWS CLI
command reference, https://docs.aws.amazon.com/cli/latest/reference/; what cannot be changed by IAM
is in the IAM user guide, "Disabling permissions for temporary security credentials".
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey

if TYPE_CHECKING:
    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model import CredentialRecord, Key

_DENY_POLICY_NAME = "DenyLeakedBedrockApiKey"
# Made by IAM Identity Center and by AWS's services, and changed by them alone.
_UNCHANGEABLE_ROLES = ("AWSReservedSSO_", "AWSServiceRoleFor")


def to_find_out(key: Key) -> tuple[str, ...]:
    """Return how to see what a key is and whether its credential is active."""
    if isinstance(key, LongTermKey):
        return to_disable(key, None)
    if isinstance(key, ShortTermKey):
        return to_quarantine(key, None)
    return ()


def to_disable(key: LongTermKey, credential: CredentialRecord | None) -> tuple[str, ...]:
    """Return how to set the key's credential Inactive; with placeholders where IAM named none."""
    if credential is None:
        return (_list_credentials(key), _update(key.user_name_candidates[0], "ID"))
    if credential.status != "Active":
        return (_deny("user", credential.user_name, key.family),)
    return (_update(credential.user_name, credential.credential_id),)


def to_quarantine(key: ShortTermKey, principal: str | None) -> tuple[str, ...]:
    """Return how to deny the identity that signed a short-term key the use of such keys.

    Where nobody named the identity, that is how to find out who it is.
    """
    if principal is None:
        if key.access_key_id.startswith("AKIA"):
            return (_aws("iam", "get-access-key-last-used", "--access-key-id", key.access_key_id),)
        return (_lookup(key),)
    _, partition, _, _, account_id, resource = principal.split(":", 5)
    kind, _, path = resource.partition("/")
    if kind == "user":
        return (_deny("user", path.rpartition("/")[2], key.family),)
    if kind == "federated-user":  # the user who called GetFederationToken has to be found
        return (_lookup(key),)
    role = path.partition("/")[0]
    if kind == "assumed-role" and not role.startswith(_UNCHANGEABLE_ROLES):
        return (_deny("role", role, key.family),)
    arn = f"arn:{partition}:iam::{account_id}:role/*/{role}" if role else principal
    return _deny_from_above(arn, account_id, key.family)


def _list_credentials(key: LongTermKey) -> str:
    return _aws(
        "iam",
        "list-service-specific-credentials",
        f"--user-name={key.user_name_candidates[0]}",
        *("--service-name", key.family.service_name),
    )


def _update(user_name: str, credential_id: str) -> str:
    return _aws(
        "iam",
        "update-service-specific-credential",
        f"--user-name={user_name}",
        *("--service-specific-credential-id", credential_id),
        *("--status", "Inactive"),
    )


def _deny(kind: str, name: str, family: Family) -> str:
    return _aws(
        "iam",
        f"put-{kind}-policy",
        f"--{kind}-name={name}",
        *("--policy-name", _DENY_POLICY_NAME),
        *("--policy-document", _denial(family)),
    )


def _deny_from_above(arn: str, account_id: str, family: Family) -> tuple[str, ...]:
    """Return what the organisation's management account can do, for others but itself."""
    content = _denial(family, Condition={"ArnLike": {"aws:PrincipalArn": arn}})
    return (
        _aws(
            "organizations",
            "create-policy",
            *("--type", "SERVICE_CONTROL_POLICY"),
            *("--name", _DENY_POLICY_NAME),
            *("--description", "Denies a leaked Amazon Bedrock API key"),
            *("--content", content),
        ),
        _aws("organizations", "attach-policy", "--policy-id", "ID", "--target-id", account_id),
    )


def _denial(family: Family, **more: object) -> str:
    statement = {"Effect": "Deny", "Action": list(family.deny_actions), "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


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
