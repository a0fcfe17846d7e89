"""Ask IAM what else the user or role of a key has: what a key's end does not take away.

All calls are read-only, and those of the IAM API reference. One that is denied makes its answer
unknown, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import service_specific_credentials
from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.model.usage import Holding, Reach, ReachName

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session

Ask = Callable[[Any, str], Iterator[str]]


def reach_of_user(session: Session, name: str, credential_id: str | None) -> Reach:
    """Return what the user has beside the credential that leaked."""
    iam = session.global_client("iam")

    def others(iam: Any, name: str) -> Iterator[str]:
        return _credentials(iam, name, credential_id)

    asks: tuple[tuple[ReachName, Ask], ...] = (
        ("Bedrock and other service-specific credentials", others),
        ("access keys", _access_keys),
        ("console password", _console_password),
        ("MFA devices", _listed("list_mfa_devices", "MFADevices", "SerialNumber")),
        (
            "attached policies",
            _listed("list_attached_user_policies", "AttachedPolicies", "PolicyArn"),
        ),
        ("inline policies", _listed("list_user_policies", "PolicyNames")),
        ("groups", _listed("list_groups_for_user", "Groups", "GroupName")),
    )
    arn = f"arn:{session.account.partition}:iam::{session.account.account_id}:user/{name}"
    return Reach(arn, tuple(_asked(iam, name, kind, ask) for kind, ask in asks))


def reach_of_role(session: Session, name: str) -> Reach:
    """Return what the role may do that signed a short-term key."""
    iam = session.global_client("iam")
    asks: tuple[tuple[ReachName, Ask], ...] = (
        (
            "attached policies",
            _listed("list_attached_role_policies", "AttachedPolicies", "PolicyArn", "RoleName"),
        ),
        ("inline policies", _listed("list_role_policies", "PolicyNames", whose="RoleName")),
    )
    arn = f"arn:{session.account.partition}:iam::{session.account.account_id}:role/{name}"
    return Reach(arn, tuple(_asked(iam, name, kind, ask) for kind, ask in asks))


def _asked(iam: Any, name: str, kind: ReachName, ask: Ask) -> Holding:
    try:
        return Holding(kind, tuple(ask(iam, name)))
    except Exception as error:  # noqa: BLE001  # whatever failed, this one answer is unknown
        operation = getattr(error, "operation_name", "")
        return Holding(kind, unknown=f"iam:{operation} failed ({error_code(error)})")


def _credentials(iam: Any, name: str, leaked_id: str | None) -> Iterator[str]:
    for item in service_specific_credentials(iam, UserName=name):
        credential_id = item["ServiceSpecificCredentialId"]
        if credential_id != leaked_id:
            yield f"{credential_id}, {item['ServiceName']}, {item['Status']}"


def _access_keys(iam: Any, name: str) -> Iterator[str]:
    for page in iam.get_paginator("list_access_keys").paginate(UserName=name):
        yield from (
            f"{item['AccessKeyId']}, {item['Status']}" for item in page["AccessKeyMetadata"]
        )


def _console_password(iam: Any, name: str) -> Iterator[str]:
    try:
        profile = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        return
    yield f"since {profile['CreateDate']:%Y-%m-%d}"


def _listed(operation: str, items: str, field: str | None = None, whose: str = "UserName") -> Ask:
    """Return what asks for a list of names, or of objects that have a `field`."""

    def ask(iam: Any, name: str) -> Iterator[str]:
        for page in iam.get_paginator(operation).paginate(**{whose: name}):
            yield from (str(item[field] if field else item) for item in page[items])

    return ask
