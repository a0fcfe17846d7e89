"""Judge what the statements of a policy deny a key wherever it is used: pure.

Facts are those of the IAM user guide, "IAM JSON policy elements reference" and "AWS global
condition context keys": `aws:TokenIssueTime` is there for temporary credentials alone, and
`aws:userid` of a role's session ends in the session's name.
"""

from __future__ import annotations

from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.keys.key import ShortTermKey, WholeKey
from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


_ENDS_SESSIONS = {"datelessthan", "datelessthanequals"}
_NAMES_ONE = {"stringequals", "stringlike"}


def denied_actions(document: Any, key: WholeKey, session: str | None) -> set[str]:
    """Return which of the actions that using `key` takes a policy denies wherever it is used.

    `session` is the name of the role's session that signed it, None where there is none. A
    statement counts on everything and under no condition but two: that the session began before a
    time that the key's did, and that it is this one.
    """
    statements = listed(document.get("Statement")) if isinstance(document, dict) else []
    return {
        action
        for action in key.family.deny_actions
        for statement in statements
        if isinstance(statement, dict)
        and statement.get("Effect") == "Deny"
        and denies(statement, action)
        and _covers(statement.get("Condition"), key, session)
    }


def denies(statement: dict[str, Any], action: str) -> bool:
    """Return whether a statement is about `action` on everything, whatever its condition is."""
    if "*" not in listed(statement.get("Resource")):
        return False
    patterns = (str(each).lower() for each in listed(statement.get("Action")))
    return any(fnmatchcase(action.lower(), pattern.replace("[", "[[]")) for pattern in patterns)


def listed(value: Any) -> list[Any]:
    """Return an element of a policy, which may stand alone, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _covers(condition: Any, key: WholeKey, session: str | None) -> bool:
    """Return whether a condition is met by every use of the key."""
    if not condition:
        return True
    if not isinstance(condition, dict) or not all(isinstance(t, dict) for t in condition.values()):
        return False
    return all(
        _is_met(operator.lower(), name.lower(), listed(values), key, session)
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
    return isinstance(key, ShortTermKey) and key.has_session_token and key.issued_at < moment


def _names(value: Any, session: str) -> bool:
    """Return whether a value is the `aws:userid` of this session: the policy is its own role's."""
    return isinstance(value, str) and value.partition(":")[2] == session


def _moments(values: list[Any]) -> Iterator[datetime]:
    for value in values:
        with suppress(ValueError):
            yield read_time(str(value), utc=True)
