"""Ask IAM what else the user or role of a key has: what a key's end does not take away.

All calls are read-only, and those of the IAM API reference. One that is denied makes its answer
unknown, and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import names, service_specific_credentials
from bedrock_key_guard.aws.session import Session, error_code
from bedrock_key_guard.model.usage import Holding, Reach, ReachName

if TYPE_CHECKING:
    from bedrock_key_guard.model.principals import HolderKind

Asks = tuple[tuple[ReachName, Callable[[], Iterable[str]]], ...]


def reach_of_user(session: Session, name: str, credential_id: str | None) -> Reach:
    """Return what the user has beside the credential that leaked."""
    iam = session.global_client("iam")
    listed = partial(names, iam, UserName=name)
    attached, inline = _policies(iam, "user", name)
    asks: Asks = (
        (
            "Bedrock and other service-specific credentials",
            partial(_credentials, iam, name, credential_id),
        ),
        ("access keys", partial(_access_keys, iam, name)),
        ("console password", partial(_console_password, iam, name)),
        ("MFA devices", partial(listed, "list_mfa_devices", "MFADevices", "SerialNumber")),
        attached,
        inline,
        ("groups", partial(listed, "list_groups_for_user", "Groups", "GroupName")),
    )
    return _reach(session, "user", name, asks)


def reach_of_role(session: Session, name: str) -> Reach:
    """Return what the role may do that signed a short-term key."""
    return _reach(session, "role", name, _policies(session.global_client("iam"), "role", name))


def _reach(session: Session, kind: HolderKind, name: str, asks: Asks) -> Reach:
    arn = f"arn:{session.account.partition}:iam::{session.account.account_id}:{kind}/{name}"
    return Reach(arn, tuple(_asked(what, ask) for what, ask in asks))


def _asked(what: ReachName, ask: Callable[[], Iterable[str]]) -> Holding:
    try:
        return Holding(what, tuple(ask()))
    except Exception as error:  # noqa: BLE001  # whatever failed, this one answer is unknown
        operation = getattr(error, "operation_name", "")
        return Holding(what, unknown=f"iam:{operation} failed ({error_code(error)})")


def _policies(iam: Any, kind: HolderKind, name: str) -> Asks:
    listed = partial(names, iam, **{f"{kind.title()}Name": name})
    attached = f"list_attached_{kind}_policies"
    return (
        ("attached policies", partial(listed, attached, "AttachedPolicies", "PolicyArn")),
        ("inline policies", partial(listed, f"list_{kind}_policies", "PolicyNames")),
    )


def _credentials(iam: Any, name: str, leaked_id: str | None) -> Iterator[str]:
    for item in service_specific_credentials(iam, UserName=name):
        credential_id = item["ServiceSpecificCredentialId"]
        if credential_id != leaked_id:
            yield f"{credential_id}, {item['ServiceName']}, {item['Status']}"


def _access_keys(iam: Any, name: str) -> Iterator[str]:
    for page in iam.get_paginator("list_access_keys").paginate(UserName=name):
        for item in page["AccessKeyMetadata"]:
            yield f"{item['AccessKeyId']}, {item['Status']}"


def _console_password(iam: Any, name: str) -> Iterator[str]:
    try:
        profile = iam.get_login_profile(UserName=name)["LoginProfile"]
    except iam.exceptions.NoSuchEntityException:
        return
    yield f"since {profile['CreateDate']:%Y-%m-%d}"
