"""Say what a change was, one class for each kind: what the ledger keeps and `restore` goes by."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from bedrock_key_guard.model.principals import HolderKind


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Record the status of one credential before and after a disable, a reset or a delete."""

    user_name: str
    credential_id: str
    alias: str
    status_before: str
    status_after: str

    @property
    def title(self) -> str:
        """Name for people what was changed; IAM knows no alias of what is gone."""
        return self.alias or f"credential {self.credential_id}"


@dataclass(frozen=True, slots=True)
class PoliciesDetached:
    """Record the ARNs of the managed policies that were detached from a user."""

    user_name: str
    user_id: str
    alias: str
    policies: tuple[str, ...]

    @property
    def title(self) -> str:
        """Name for people what was changed; CloudTrail knows no alias."""
        return self.alias or f"user {self.user_name}"


@dataclass(frozen=True, slots=True)
class _OfHolder:
    kind: HolderKind
    name: str

    @property
    def title(self) -> str:
        """Name for people what was changed."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class PolicyAttached(_OfHolder):
    """Record a managed policy that denies, attached to a user or role for one key until it expires.

    `was_attached` means that it was there before, so that there is nothing to give back.
    """

    unique_id: str
    policy: str
    until: str
    was_attached: bool


@dataclass(frozen=True, slots=True)
class PolicyPut(_OfHolder):
    """Record an inline policy that denies, written to a user or role for one key."""

    unique_id: str
    policy: str
    document: str
    until: str


@dataclass(frozen=True, slots=True)
class Hold(_OfHolder):
    """Record a key that was found contained: what denies its signer is needed until it expires."""

    until: str


Record = StatusChange | PoliciesDetached | PolicyAttached | PolicyPut | Hold
RECORDS: dict[str, type[Record]] = {
    "disable": StatusChange,
    "reset": StatusChange,
    "delete": StatusChange,
    "strip-policies": PoliciesDetached,
    "quarantine": PolicyAttached,
    "revoke-sessions": PolicyPut,
    "hold": Hold,
}


def as_document(record: Record) -> dict[str, Any]:
    """Return a record as plain JSON values."""
    return {n: list(v) if isinstance(v, tuple) else v for n, v in asdict(record).items()}


def read_record(action: str, document: Any) -> Record:
    """Return the record of an action. Raises ValueError for what is none."""
    kind = RECORDS.get(action)
    if kind is None or not isinstance(document, dict):
        raise ValueError(action)
    if set(document) != {field.name for field in fields(kind)}:
        raise ValueError(action)
    values = {field.name: _checked(field.type, document[field.name]) for field in fields(kind)}
    if values.get("kind", "user") not in ("user", "role"):
        raise ValueError(action)
    if "until" in values:
        read_time(values["until"])
    return kind(**values)


def _checked(kind: Any, value: Any) -> Any:
    """Return a value of the type that a field's annotation names. Raises if it is not."""
    if kind == "tuple[str, ...]":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ValueError(kind)
    if not isinstance(value, bool if kind == "bool" else str):
        raise ValueError(kind)  # noqa: TRY004  # it is the file that is wrong
    return value
