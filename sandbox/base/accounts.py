"""Know the sandbox's accounts: the partition that each is in, and its IAM as moto holds it.

An account belongs to one partition, and so do its credentials (AWS Fault Isolation Boundaries
whitepaper, "AWS partitions"). moto keeps an IAM for each partition of each account; here the one of
the account's own partition counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from moto.iam.exceptions import IAMException
from moto.iam.models import iam_backends

if TYPE_CHECKING:
    from collections.abc import Mapping

    from moto.iam.models import Group, IAMBackend, Role, User

Kind = Literal["User", "Role", "Group"]
PARTITION = "aws"
HOME_REGIONS: Mapping[str, str] = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-cn": "cn-north-1",
}
_partitions: dict[str, str] = {}


def place(partitions: Mapping[str, str]) -> None:
    """Put accounts into partitions; an account that is not named is in `aws`."""
    _partitions.clear()
    _partitions.update(partitions)


def partition_of(account_id: str) -> str:
    return _partitions.get(account_id, PARTITION)


def home_region(account_id: str) -> str:
    """Name the region where an account's IAM is, and the events of it."""
    return HOME_REGIONS[partition_of(account_id)]


def partition_of_region(region: str) -> str:
    prefixes = {"us-gov-": "aws-us-gov", "cn-": "aws-cn", "eusc-": "aws-eusc"}
    return next((name for start, name in prefixes.items() if region.startswith(start)), PARTITION)


def backend_of(account_id: str) -> IAMBackend:
    return iam_backends[account_id][partition_of(account_id)]


def entity_of(account_id: str, kind: Kind, name: str) -> User | Role | Group | None:
    """Find a user, a role or a group."""
    backend = backend_of(account_id)
    try:
        if kind == "User":
            return backend.get_user(name)
        return backend.get_role(name) if kind == "Role" else backend.get_group(name)
    except IAMException:
        return None


def account_of(access_key_id: str) -> str | None:
    """Name the account that holds an access key; moto would answer its default account."""
    for account_id in tuple(iam_backends):
        if access_key_id in backend_of(account_id).access_keys:
            return account_id
    return None
