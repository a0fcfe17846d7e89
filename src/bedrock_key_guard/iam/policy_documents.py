"""Write and judge the policies that deny: pure, and the only place that knows what one holds.

Facts are those of the IAM user guide, "IAM JSON policy elements reference", and of the Amazon
Bedrock user guide, "Handle compromised long-term and short-term Amazon Bedrock API keys": a denial
has to name both planes. `aws:TokenIssueTime` is there for temporary credentials alone, and
`aws:userid` of a role's session ends in the session's name ("AWS global condition context keys").
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.keys.key import ShortTermKey, WholeKey
from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Document = dict[str, Any]

_NAME = re.compile(r"BedrockKeyGuard-revoke-until-([0-9]{8}T[0-9]{4}Z)-([0-9a-f]{12})")
_UNTIL = "%Y%m%dT%H%MZ"
_CUTOFF = "%Y-%m-%dT%H:%M:%SZ"
_MINUTE = timedelta(minutes=1)
_ENDS_SESSIONS = {"datelessthan", "datelessthanequals"}
_NAMES_ONE = {"stringequals", "stringlike"}


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
    statements = _statements(document)
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
    statements = _statements(document)
    if not all(isinstance(each, dict) and each.get("Effect") == "Deny" for each in statements):
        return "it allows something, and whoever is quarantined would be granted that"
    missed = [
        action
        for action in actions
        if not any(_denies(s, action) and not s.get("Condition") for s in statements)
    ]
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


def denied_actions(document: Any, key: WholeKey, session: str | None) -> set[str]:
    """Return which of the actions that using `key` takes a policy denies wherever it is used.

    `session` is the name of the role's session that signed it, None where there is none. A
    statement counts on everything and under no condition but two: that the session began before a
    time that the key's did, and that it is this one.
    """
    return {
        action
        for action in key.family.deny_actions
        for statement in _statements(document)
        if isinstance(statement, dict)
        and statement.get("Effect") == "Deny"
        and _denies(statement, action)
        and _covers(statement.get("Condition"), key, session)
    }


def _denies(statement: dict[str, Any], action: str) -> bool:
    """Return whether a statement is about `action` on everything, whatever its condition is."""
    if "*" not in _listed(statement.get("Resource")):
        return False
    patterns = (str(each).lower() for each in _listed(statement.get("Action")))
    return any(fnmatchcase(action.lower(), pattern.replace("[", "[[]")) for pattern in patterns)


def _listed(value: Any) -> list[Any]:
    """Return an element of a policy, which may stand alone, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _statements(document: Any) -> list[Any]:
    return _listed(document.get("Statement")) if isinstance(document, dict) else []


def _covers(condition: Any, key: WholeKey, session: str | None) -> bool:
    """Return whether a condition is met by every use of the key."""
    if not condition:
        return True
    if not isinstance(condition, dict) or not all(isinstance(t, dict) for t in condition.values()):
        return False
    return all(
        _is_met(operator.lower(), name.lower(), _listed(values), key, session)
        for operator, tests in condition.items()
        for name, values in tests.items()
    )


def _is_met(
    operator: str, name: str, values: list[Any], key: WholeKey, session: str | None
) -> bool:
    if name == "aws:tokenissuetime" and operator in _ENDS_SESSIONS:
        return any(_began_before(moment, key) for moment in _moments(values))
    if name == "aws:userid" and operator in _NAMES_ONE:
        return session is not None and any(_names(value, session) for value in values)
    return False


def _began_before(moment: datetime, key: WholeKey) -> bool:
    """Return whether the session behind a key began before `moment`: it did before it signed."""
    if not isinstance(key, ShortTermKey) or not key.has_session_token or key.is_ambiguous:
        return False
    return key.issued_at < moment


def _names(value: Any, session: str) -> bool:
    """Return whether a value is the `aws:userid` of this session: the policy is its own role's."""
    return isinstance(value, str) and value.partition(":")[2] == session


def _moments(values: list[Any]) -> Iterator[datetime]:
    for value in values:
        with suppress(ValueError):
            yield read_time(str(value), utc=True)
