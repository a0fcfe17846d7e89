"""Define what a response can change: one class for each action, and the table of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.respond.changes.long_term import Delete, Disable, Reset
from bedrock_key_guard.respond.changes.short_term import Quarantine, RevokeSessions
from bedrock_key_guard.respond.changes.strip_policies import StripPolicies

if TYPE_CHECKING:
    from bedrock_key_guard.respond.changes.change import Change, Order

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
