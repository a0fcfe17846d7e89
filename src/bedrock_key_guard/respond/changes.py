"""Keep the table of changes: one class for each action that changes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.respond.credential_changes import Delete, Disable, Reset
from bedrock_key_guard.respond.holder_changes import Quarantine, RevokeSessions
from bedrock_key_guard.respond.strip import StripPolicies

if TYPE_CHECKING:
    from bedrock_key_guard.respond.change import Change, Order

CHANGES: dict[str, type[Change]] = {
    "disable": Disable,
    "reset": Reset,
    "delete": Delete,
    "strip-policies": StripPolicies,
    "quarantine": Quarantine,
    "revoke-sessions": RevokeSessions,
}


def change_for(order: Order) -> Change:
    """Return the change that carries an order out."""
    return CHANGES[order.action.name](order)
