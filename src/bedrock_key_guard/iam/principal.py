"""Read the ARN of whoever acts: a user, a role, one session of it, or somebody nobody can change.

Forms are those of the IAM user guide, "IAM identifiers" and "AWS JSON policy elements: Principal".
An ARN of STS names a role without its path, so where a path matters IAM has to be asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["user", "role", "federated-user", "root"]

# Made and changed by IAM Identity Center and by AWS's services alone.
_RESERVED, _LINKED = "AWSReservedSSO_", "AWSServiceRoleFor"


@dataclass(frozen=True, slots=True)
class Principal:
    """Name who acts; `session` is the session's name where it is one of a role."""

    arn: str
    partition: str
    account_id: str
    kind: Kind
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
    def holder(self) -> tuple[str, ...]:
        """Identify the user or role, whatever its session; names ignore case."""
        return self.partition, self.account_id, self.kind, self.name.casefold()


def read_principal(arn: str | None) -> Principal | None:
    """Return who an ARN names, or None where it names nobody of these kinds."""
    parts = (arn or "").split(":", 5)
    if arn is None or len(parts) != 6 or parts[0] != "arn":
        return None
    _, partition, service, _, account_id, resource = parts
    form, _, rest = resource.partition("/")
    kind = _FORMS.get((service, form))
    name, session = rest.rpartition("/")[2], None
    if form == "assumed-role":
        name, _, session = rest.partition("/")
    if kind is None or not (name or kind == "root") or session == "":
        return None
    return Principal(arn, partition, account_id, kind, name or form, session)


_FORMS: dict[tuple[str, str], Kind] = {
    ("iam", "root"): "root",
    ("iam", "user"): "user",
    ("iam", "role"): "role",
    ("sts", "assumed-role"): "role",
    ("sts", "federated-user"): "federated-user",
}
