"""Write and judge the policies that deny: pure, and the only place that knows what one holds.

Facts are those of the IAM user guide, "IAM JSON policy elements reference", and of the Amazon
Bedrock user guide, "Handle compromised long-term and short-term Amazon Bedrock API keys": a denial
has to name both planes, and `aws:TokenIssueTime` is there for temporary credentials alone.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.iam.statements import denies, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

Document = dict[str, Any]

_NAME = re.compile(r"BedrockKeyGuard-revoke-until-([0-9]{8}T[0-9]{4}Z)-([0-9a-f]{12})")
_UNTIL = "%Y%m%dT%H%MZ"
_CUTOFF = "%Y-%m-%dT%H:%M:%SZ"
_MINUTE = timedelta(minutes=1)


def denial(actions: Sequence[str], **condition: Any) -> Document:
    """Return a policy that denies these actions on everything."""
    statement: Document = {"Effect": "Deny", "Action": list(actions), "Resource": "*"}
    if condition:
        statement["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [statement]}


def session_denial(actions: Sequence[str], cutoff: datetime, user_id: str | None) -> Document:
    """Return a policy that denies these actions to sessions begun before `cutoff`.

    `user_id` is the `aws:userid` of the one session that it is aimed at, None for all of them.
    """
    before = {"aws:TokenIssueTime": f"{cutoff.astimezone(timezone.utc):{_CUTOFF}}"}
    aim = {"StringEquals": {"aws:userid": user_id}} if user_id else {}
    return denial(actions, DateLessThan=before, **aim)


def is_session_denial(document: Any) -> bool:
    """Return whether a policy is one that `session_denial` writes, and so does nothing but deny."""
    statements = listed(document.get("Statement")) if isinstance(document, dict) else []
    if len(statements) != 1 or not isinstance(statements[0], dict):
        return False
    condition = statements[0].get("Condition")
    before = condition.get("DateLessThan") if isinstance(condition, dict) else None
    return (
        statements[0].get("Effect") == "Deny"
        and isinstance(before, dict)
        and set(before) == {"aws:TokenIssueTime"}
    )


def shortfall(document: Any, actions: Sequence[str]) -> str | None:
    """Return why a policy is no quarantine for these actions, or None where it is one.

    It has to deny each of them on everything and whatever the circumstances, and may allow nothing:
    who attaches it would grant that.
    """
    if not isinstance(document, dict):
        return "it cannot be read"
    statements = listed(document.get("Statement"))
    if not all(isinstance(each, dict) and each.get("Effect") == "Deny" for each in statements):
        return "it allows something, and whoever is quarantined would be granted that"
    missed = [action for action in actions if not any(_denies(s, action) for s in statements)]
    if missed:
        return f"it does not deny {' and '.join(missed)} on * without conditions"
    return None


def policy_name(until: datetime, fingerprint: str) -> str:
    """Name an inline policy so that a person sees who made it, why and until when."""
    whole = until.astimezone(timezone.utc).replace(second=0, microsecond=0)
    whole += _MINUTE if whole < until else timedelta()
    return f"BedrockKeyGuard-revoke-until-{whole:{_UNTIL}}-{fingerprint[:12]}"


def read_policy_name(name: str) -> tuple[datetime, str] | None:
    """Return until when an inline policy of the guard is needed, and for which key: 12 digits.

    None for another's policy.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        return datetime.strptime(found[1] + "+0000", "%Y%m%dT%H%MZ%z"), found[2]
    except ValueError:
        return None


def _denies(statement: Document, action: str) -> bool:
    return not statement.get("Condition") and denies(statement, action)
