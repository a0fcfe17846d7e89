"""Define what a response can change: one change for each action that changes something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model import actions
from bedrock_key_guard.respond.changes.long_term import delete, disable, reset
from bedrock_key_guard.respond.changes.short_term import quarantine, revoke_sessions
from bedrock_key_guard.respond.changes.strip_policies import strip_policies

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import Evidence
    from bedrock_key_guard.respond.changes.change import Change
    from bedrock_key_guard.respond.policy import Policy


def change_for(action: actions.Remediation, evidence: Evidence, policy: Policy) -> Change:
    """Return the change that carries an action out."""
    match action:
        case actions.Disable():
            return disable(action, evidence)
        case actions.Reset():
            return reset(action, evidence, policy)
        case actions.Delete():
            return delete(action, evidence)
        case actions.StripPolicies():
            return strip_policies(action, evidence, policy)
        case actions.Quarantine():
            return quarantine(action, evidence, policy)
        case actions.RevokeSessions():
            return revoke_sessions(action, evidence, policy)
