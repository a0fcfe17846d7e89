"""Say how a person takes a change back, where AWS shows no more that it was the guard's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.iam import commands
from bedrock_key_guard.respond.ledger.records import (
    Hold,
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
    StatusChange,
)

if TYPE_CHECKING:
    from bedrock_key_guard.respond.ledger.records import Record

UNKNOWN = StatusChange("USER", "ID", "", "Active", "Inactive")
"""A change of which nothing is known: that of a credential, the usual one, to be filled in."""


def by_hand(record: Record) -> tuple[str, ...]:
    """Return the commands that take a change back, whoever made it: their reader decides."""
    match record:
        case StatusChange():
            return (commands.to_activate(record.user_name, record.credential_id),)
        case PoliciesDetached():
            return tuple(commands.to_attach("user", record.user_name, p) for p in record.policies)
        case PolicyAttached():
            return (commands.to_detach(record.kind, record.name, record.policy),)
        case PolicyPut():
            return (commands.to_delete_policy(record.kind, record.name, record.policy),)
        case Hold():
            return ()
