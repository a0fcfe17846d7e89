"""Ask IAM what else the user or role of a key has: what a key's end does not take away.

All calls are read-only, and those of the IAM API reference. One that is denied makes its answer
unknown, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.investigate.usage import Holding, Reach, ReachName

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session

Ask = Callable[[Any, str], Iterator[str]]


def reach_of_user(session: Session, name: str, credential_id: str | None) -> Reach:
    """Return what the user has beside the credential that leaked."""
    iam = session.global_client("iam")

    def others(iam: Any, name: str) -> Iterator[str]:
        return (
            text for text in _credentials(iam, name) if not text.startswith(f"{credential_id},")
        )

    asks: tuple[tuple[ReachName, Ask], ...] = (
        ("Bedrock and other service-specific credentials", others),
        ("access keys", _access_keys),
        ("console password", _console_password),
        ("MFA devices", _mfa_devices),
        ("attached policies", _attached_policies),
        ("inline policies", _inline_policies),
        ("groups", _groups),
    )
    arn = f"arn:{session.account.partition}:iam::{session.account.account_id}:user/{name}"
    return Reach(arn, tuple(_asked(iam, name, kind, ask) for kind, ask in asks))


def reach_of_role(session: Session, name: str) -> Reach:
    """Return what the role may do that signed a short-term key."""
    iam = session.global_client("iam")
    asks: tuple[tuple[ReachName, Ask], ...] = (
        ("attached policies", _attached_to_role),
        ("inline policies", _inline_in_role),
    )
    arn = f"arn:{session.account.partition}:iam::{session.account.account_id}:role/{name}"
    return Reach(arn, tuple(_asked(iam, name, kind, ask) for kind, ask in asks))


def _asked(iam: Any, name: str, kind: ReachName, ask: Ask) -> Holding:
    try:
        return Holding(kind, tuple(ask(iam, name)))
    except Exception as error:  # noqa: BLE001  # whatever failed, this one answer is unknown
        operation = getattr(error, "operation_name", "")
        return Holding(kind, unknown=f"iam:{operation} failed ({error_code(error)})")


def _credentials(iam: Any, name: str) -> Iterator[str]:
    """List service-specific credentials, for which botocore has no paginator."""
    asked = {"UserName": name}
    while True:
        page = iam.list_service_specific_credentials(**asked)
        for item in page.get("ServiceSpecificCredentials", ()):
            service = item["ServiceName"]
            yield f"{item['ServiceSpecificCredentialId']}, {service}, {item['Status']}"
        if not page.get("IsTruncated"):
            return
        asked["Marker"] = page["Marker"]


def _access_keys(iam: Any, name: str) -> Iterator[str]:
    for item in _pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=name):
        yield f"{item['AccessKeyId']}, {item['Status']}"


def _console_password(iam: Any, name: str) -> Iterator[str]:
    try:
        profile = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        return
    yield f"since {profile['CreateDate']:%Y-%m-%d}"


def _mfa_devices(iam: Any, name: str) -> Iterator[str]:
    for item in _pages(iam, "list_mfa_devices", "MFADevices", UserName=name):
        yield str(item["SerialNumber"])


def _attached_policies(iam: Any, name: str) -> Iterator[str]:
    for item in _pages(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name):
        yield str(item["PolicyArn"])


def _inline_policies(iam: Any, name: str) -> Iterator[str]:
    yield from map(str, _pages(iam, "list_user_policies", "PolicyNames", UserName=name))


def _groups(iam: Any, name: str) -> Iterator[str]:
    for item in _pages(iam, "list_groups_for_user", "Groups", UserName=name):
        yield str(item["GroupName"])


def _attached_to_role(iam: Any, name: str) -> Iterator[str]:
    for item in _pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        yield str(item["PolicyArn"])


def _inline_in_role(iam: Any, name: str) -> Iterator[str]:
    yield from map(str, _pages(iam, "list_role_policies", "PolicyNames", RoleName=name))


def _pages(iam: Any, operation: str, items: str, **whose: str) -> Iterator[Any]:
    for page in iam.get_paginator(operation).paginate(**whose):
        yield from page[items]
