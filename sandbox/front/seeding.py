"""Give a sandbox account its first users, and make the keys that a test or the demo leaks.

The first users are written straight into moto, for somebody must be able to sign the first call;
everything after that goes over the wire, as the sandbox's own administrator.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from aws_bedrock_token_generator.token_generator import _generate_token
from botocore.credentials import Credentials
from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from sandbox.base.accounts import HOME_REGIONS, backend_of, partition_of
from sandbox.bedrock.bearer import mint_short_term
from sandbox.iam.principals import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.iam.principals import Signer

ADMIN_USER = "sandbox-admin"
GUARD_USER = "bedrock-key-guard"
GUARD_POLICY = "guard"
BEDROCK = "bedrock.amazonaws.com"
LIMITED_ACCESS = "AmazonBedrockLimitedAccess"  # what the console gives to the owner of a key
AWS_POLICIES = (LIMITED_ACCESS, "AmazonBedrockFullAccess", "AdministratorAccess", "AWSDenyAll")
ANYTHING: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
ANYBODY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    },
}
DENY_BOTH_PLANES: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Deny",
        "Action": ["bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"],
        "Resource": "*",
    },
}


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Hold an access key of a user, or of a role's session."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LongTermKey:
    """Hold a long-term key and the credential that IAM keeps of it."""

    key: str = field(repr=False)
    credential_id: str
    alias: str
    account_id: str
    user_name: str


@dataclass(frozen=True, slots=True)
class ShortTermKey:
    """Hold a short-term key and whose access key signed it."""

    key: str = field(repr=False)
    access_key_id: str
    account_id: str
    principal_arn: str
    region: str


def seed_account(account_id: str) -> dict[str, AccessKey]:
    """Give an account its administrator, the guard's user and some of AWS's policies."""
    backend, partition = backend_of(account_id), partition_of(account_id)
    for name in AWS_POLICIES:
        policy = AWSManagedPolicy.from_data(name, account_id, partition, _aws_policies()[name])
        backend.managed_policies[policy.arn] = policy
    keys = {}
    for user_name in (ADMIN_USER, GUARD_USER):
        backend.create_user(HOME_REGIONS[partition], user_name)
        backend.put_user_policy(user_name, GUARD_POLICY, json.dumps(ANYTHING))
        key = backend.create_access_key(user_name)
        keys[user_name] = AccessKey(key.access_key_id, key.secret_access_key)
    return keys


def ensure_user(iam: Any, user_name: str, *, permissions: bool) -> None:
    """Make a user if there is none, with what the owner of a Bedrock key may do."""
    try:
        made = iam.create_user(UserName=user_name)
    except iam.exceptions.EntityAlreadyExistsException:
        return
    if permissions:
        arn = _limited_access_arn(made["User"]["Arn"])
        iam.attach_user_policy(UserName=user_name, PolicyArn=arn)


def ensure_role(
    iam: Any, role_name: str, *, permissions: bool, trust: Mapping[str, Any] = ANYBODY
) -> str:
    """Make a role if there is none, and give its ARN."""
    try:
        role = iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        return str(iam.get_role(RoleName=role_name)["Role"]["Arn"])
    arn = str(role["Role"]["Arn"])
    if permissions:
        iam.attach_role_policy(RoleName=role_name, PolicyArn=_limited_access_arn(arn))
    return arn


def make_long_term_key(
    iam: Any,
    account_id: str,
    user_name: str,
    service: str,
    age_days: int | None,
) -> LongTermKey:
    limits = {} if age_days is None else {"CredentialAgeDays": age_days}
    made = iam.create_service_specific_credential(
        UserName=user_name, ServiceName=service, **limits
    )["ServiceSpecificCredential"]
    return LongTermKey(
        key=made["ServiceCredentialSecret"],
        credential_id=made["ServiceSpecificCredentialId"],
        alias=made["ServiceCredentialAlias"],
        account_id=account_id,
        user_name=user_name,
    )


def access_key_of(iam: Any, user_name: str) -> str:
    """Give the id of a user's access key, made if there is none."""
    found: Sequence[dict[str, Any]] = iam.list_access_keys(UserName=user_name)["AccessKeyMetadata"]
    if found:
        return str(found[0]["AccessKeyId"])
    return str(iam.create_access_key(UserName=user_name)["AccessKey"]["AccessKeyId"])


def session_of(sts: Any, role_arn: str) -> AccessKey:
    """Assume a role."""
    return session_key(sts.assume_role(RoleArn=role_arn, RoleSessionName="sandbox-session"))


def session_key(answer: Mapping[str, Any]) -> AccessKey:
    """Read the credentials out of an answer of STS."""
    made = answer["Credentials"]
    return AccessKey(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])


def make_short_term_key(
    access_key_id: str, region: str, expires: int, issued_at: datetime | None
) -> ShortTermKey:
    """Make a key with AWS's own generator, which always signs now, or by hand at another moment."""
    signer = known_signer(access_key_id)
    if issued_at is None:
        secrets = (signer.access_key_id, signer.secret_access_key, signer.session_token)
        key = _generate_token(Credentials(*secrets), region, expires)
    else:
        key = mint_short_term(signer, region, expires, issued_at.astimezone(timezone.utc))
    return ShortTermKey(
        key=key,
        access_key_id=access_key_id,
        account_id=signer.principal.account_id,
        principal_arn=signer.principal.arn,
        region=region,
    )


def _limited_access_arn(holder_arn: str) -> str:
    return f"arn:{holder_arn.split(':')[1]}:iam::aws:policy/{LIMITED_ACCESS}"


@functools.cache
def _aws_policies() -> dict[str, Any]:
    """Read a few of AWS's own policies out of moto's copy of all of them."""
    policies = json.loads(aws_managed_policies_data)
    return {name: policies[name] for name in AWS_POLICIES}


def known_signer(access_key_id: str) -> Signer:
    """Find the owner of an access key; raises LookupError."""
    signer = signer_of(access_key_id)
    if signer is None:
        message = f"no account of the sandbox holds {access_key_id}"
        raise LookupError(message)
    return signer
