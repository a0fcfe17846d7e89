"""Define what a response can change: one class for each action that changes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model import actions
from bedrock_key_guard.respond.changes.long_term import Deleting, Disabling, Resetting
from bedrock_key_guard.respond.changes.short_term import Quarantining, Revoking
from bedrock_key_guard.respond.changes.strip_policies import Stripping

if TYPE_CHECKING:
    from bedrock_key_guard.model import Evidence
    from bedrock_key_guard.respond.changes.change import AnyChange
    from bedrock_key_guard.respond.policy import Policy


def change_for(action: actions.Remediation, evidence: Evidence, policy: Policy) -> AnyChange:
    """Return the change that carries an action out."""
    match action:
        case actions.Disable():
            return Disabling(action, evidence, policy)
        case actions.Reset():
            return Resetting(action, evidence, policy)
        case actions.Delete():
            return Deleting(action, evidence, policy)
        case actions.StripPolicies():
            return Stripping(action, evidence, policy)
        case actions.Quarantine():
            return Quarantining(action, evidence, policy)
        case actions.RevokeSessions():
            return Revoking(action, evidence, policy)
