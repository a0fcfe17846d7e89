"""Define who acts in AWS, and what permissions hang on: accounts, principals, users and roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Account:
    """Name an AWS account and the partition that it lives in."""

    account_id: str
    partition: str = "aws"


HolderKind = Literal["user", "role"]
PrincipalKind = Literal[HolderKind, "federated-user", "root"]

# Made and changed by IAM Identity Center and by AWS's services alone.
_RESERVED, _LINKED = "AWSReservedSSO_", "AWSServiceRoleFor"


@dataclass(frozen=True, slots=True)
class Holder:
    """Name a user or role of an account: what permissions hang on, and what IAM can change."""

    account: Account
    kind: HolderKind
    name: str


@dataclass(frozen=True, slots=True)
class Principal:
    """Name who acts; `session` is the session's name where it is one of a role."""

    arn: str
    partition: str
    account_id: str
    kind: PrincipalKind
    name: str
    session: str | None = None

    @property
    def fixed(self) -> str | None:
        """Say why nobody but AWS can change what this one may do, or None where IAM can."""
        if self.kind == "root":
            return "the permissions of an account's root user cannot be changed"
        if self.kind == "role" and self.name.startswith(_RESERVED):
            return f"role {self.name} is of IAM Identity Center, which alone may change it"
        if self.kind == "role" and self.name.startswith(_LINKED):
            return f"role {self.name} is linked to a service of AWS, which alone may change it"
        return None

    @property
    def identity(self) -> tuple[str, ...]:
        """Identify who acts, whatever the session; names ignore case."""
        return self.partition, self.account_id, self.kind, self.name.casefold()

    @property
    def as_holder(self) -> Holder | None:
        """Return the user or role, whatever its session; None for somebody else."""
        if self.kind not in ("user", "role"):
            return None
        return Holder(Account(self.account_id, self.partition), self.kind, self.name)
