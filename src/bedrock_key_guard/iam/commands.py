"""Write the AWS CLI commands that a person can run where the guard may not act. Shell-quoted.

A name that may begin with "-" is joined to its option by "=". Each command is in the AWS CLI
command reference, https://docs.aws.amazon.com/cli/latest/reference/; what cannot be changed by IAM
is in the IAM user guide, "Disabling permissions for temporary security credentials".
"""

from __future__ import annotations

import json
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import denial
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.keys.key import Key, LongTermKey, ShortTermKey
from bedrock_key_guard.model import actions

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.keys.families import Family
    from bedrock_key_guard.model.evidence import CredentialRecord
    from bedrock_key_guard.model.principals import Holder, HolderKind, Principal

_DENY_POLICY_NAME = "DenyLeakedBedrockApiKey"


def by_hand(action: actions.Action) -> tuple[str, ...]:
    """Return how a person makes the key dead that an action is about; none if nothing is to do."""
    match action:
        case actions.Disable() | actions.Reset() | actions.Delete() | actions.StripPolicies():
            return (_update(action.credential.user_name, action.credential.credential_id),)
        case actions.Quarantine() | actions.RevokeSessions():
            return (_deny(action.holder.kind, action.holder.name, action.key.family),)
        case actions.Manual():
            return action.commands
        case actions.Nothing():
            return ()


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
    signer = read_principal(principal)
    if signer is None:
        if key.access_key_id.startswith("AKIA"):
            return (_aws("iam", "get-access-key-last-used", "--access-key-id", key.access_key_id),)
        return (_lookup(key),)
    if signer.kind == "federated-user":  # the user who called GetFederationToken has to be found
        return (_lookup(key),)
    if signer.fixed:
        return to_deny_from_above(key, signer)
    return (_deny(signer.kind, signer.name, key.family),)


def to_make_quarantine(key: ShortTermKey, policy: str, holder: Holder) -> tuple[str, ...]:
    """Return how to make the managed policy that denies, and how to attach it."""
    return (to_make_policy(policy, key.family), to_attach(holder.kind, holder.name, policy))


def to_make_policy(policy: str, family: Family) -> str:
    """Return how to make the managed policy that denies the use of a family's keys."""
    name = policy.rpartition("/")[2]
    return _aws(
        *("iam", "create-policy", f"--policy-name={name}"),
        *("--policy-document", _denial(family)),
    )


def to_mend_policy(policy: str, family: Family) -> str:
    """Return how to let a managed policy that is there deny the use of a family's keys."""
    return _aws(
        *("iam", "create-policy-version", "--policy-arn", policy, "--set-as-default"),
        *("--policy-document", _denial(family)),
    )


def to_delete(credential: CredentialRecord) -> tuple[str, ...]:
    """Return how to delete a credential."""
    words = ("iam", "delete-service-specific-credential", f"--user-name={credential.user_name}")
    return (_aws(*words, "--service-specific-credential-id", credential.credential_id),)


def to_tell_costs(account_id: str | None, begin: datetime, end: datetime) -> tuple[str, ...]:
    """Return how to see what an account paid for models of Bedrock, up to the month of `end`.

    Some models are sold by AWS, others in AWS Marketplace, each as a service of its own; all have
    `Bedrock` in their names. The last day is left out (AWS CLI reference, `get-cost-and-usage`).
    """
    until = (end.replace(day=1) + timedelta(days=32)).replace(day=1)
    of_account = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [account_id]}}
    query = (
        'ResultsByTime[].{day: TimePeriod.Start, paid: Groups[?contains(Keys[0], `"Bedrock"`)]'
        ".[Keys[0], Keys[1], Metrics.UnblendedCost.Amount]}"
    )
    words = (
        *("ce", "get-cost-and-usage", "--region", "us-east-1", "--granularity", "DAILY"),
        *("--time-period", f"Start={begin:%Y-%m-%d},End={until:%Y-%m-%d}"),
        *("--metrics", "UnblendedCost"),
        *("--group-by", "Type=DIMENSION,Key=SERVICE", "Type=DIMENSION,Key=USAGE_TYPE"),
        *(("--filter", json.dumps(of_account)) if account_id else ()),
        *("--query", query),
    )
    return (_aws(*words),)


def to_activate(user_name: str, credential_id: str) -> str:
    """Return how to set a credential Active again."""
    return _update(user_name, credential_id, "Active")


def to_attach(kind: HolderKind, name: str, policy: str) -> str:
    """Return how to attach a managed policy to a user or role."""
    return _aws("iam", f"attach-{kind}-policy", f"--{kind}-name={name}", "--policy-arn", policy)


def to_detach(kind: HolderKind, name: str, policy: str) -> str:
    """Return how to detach a managed policy from a user or role."""
    return _aws("iam", f"detach-{kind}-policy", f"--{kind}-name={name}", "--policy-arn", policy)


def to_delete_policy(kind: HolderKind, name: str, policy: str) -> str:
    """Return how to delete an inline policy of a user or role."""
    return _aws("iam", f"delete-{kind}-policy", f"--{kind}-name={name}", f"--policy-name={policy}")


def _list_credentials(key: LongTermKey) -> str:
    service = key.family.service_name
    return _aws(
        "iam",
        "list-service-specific-credentials",
        f"--user-name={key.user_name_candidates[0]}",
        *(("--service-name", service) if service else ()),
    )


def _update(user_name: str, credential_id: str, status: str = "Inactive") -> str:
    return _aws(
        "iam",
        "update-service-specific-credential",
        f"--user-name={user_name}",
        *("--service-specific-credential-id", credential_id),
        *("--status", status),
    )


def _deny(kind: str, name: str, family: Family) -> str:
    return _aws(
        "iam",
        f"put-{kind}-policy",
        f"--{kind}-name={name}",
        *("--policy-name", _DENY_POLICY_NAME),
        *("--policy-document", _denial(family)),
    )


def to_deny_from_above(key: ShortTermKey, signer: Principal) -> tuple[str, ...]:
    """Return what the organisation's management account can do, for others but itself.

    A role of IAM Identity Center is shared by everyone with its permission set: a session's name
    is the person's.
    """
    condition: dict[str, object] = {"ArnLike": {"aws:PrincipalArn": _arn_of(signer)}}
    if signer.session and signer.name.startswith("AWSReservedSSO_"):
        condition["StringLike"] = {"aws:userid": f"*:{signer.session}"}
    make = _aws(
        *("organizations", "create-policy", "--type", "SERVICE_CONTROL_POLICY"),
        *("--name", f"{_DENY_POLICY_NAME}-{key.fingerprint[:12]}"),
        *("--description", "Denies a leaked Amazon Bedrock API key"),
        *("--content", _denial(key.family, **condition)),
        *("--query", "Policy.PolicySummary.Id", "--output", "text"),
    )
    attach = _aws("organizations", "attach-policy", "--target-id", signer.account_id)
    return (f'{attach} --policy-id "$({make})"',)


def _arn_of(signer: Principal) -> str:
    """Return the ARN that conditions are held against: a role's, wherever its path leads."""
    if signer.kind != "role":
        return signer.arn
    return f"arn:{signer.partition}:iam::{signer.account_id}:role/*/{signer.name}"


def _denial(family: Family, **condition: object) -> str:
    return json.dumps(denial(family.deny_actions, **condition))


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
