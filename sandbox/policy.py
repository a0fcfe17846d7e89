"""Evaluate identity-based policies as far as the sandbox needs it, and refuse to guess the rest.

The order is IAM's: an explicit deny wins, then an allow, else nothing allows it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
moto has an evaluator too, but there a `Deny` whose condition is not met denies all the same.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Decision(Enum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    NOT_ALLOWED = "not allowed"


class UnsupportedConditionError(Exception):
    """A policy in a test says something that this evaluator cannot judge."""


def evaluate(
    documents: Iterable[str], action: str, resource: str, context: Mapping[str, str]
) -> Decision:
    """Decide one action on one resource; `context` maps condition keys to the request's values."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in _listed(json.loads(document)["Statement"])
        if _concerns(statement, action, resource, context)
    }
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


def _concerns(
    statement: Mapping[str, Any], action: str, resource: str, context: Mapping[str, str]
) -> bool:
    return (
        _selects(statement, "Action", action.lower(), str.lower)
        and _selects(statement, "Resource", resource, str)
        and _conditions_met(statement.get("Condition", {}), context)
    )


def _selects(
    statement: Mapping[str, Any], element: str, value: str, fold: Callable[[str], str]
) -> bool:
    negated = f"Not{element}" in statement
    patterns = _listed(statement[f"Not{element}" if negated else element])
    return negated != any(_matches(fold(pattern), value) for pattern in patterns)


def _conditions_met(conditions: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    values = {key.lower(): value for key, value in context.items()}
    return all(
        _one_met(operator, values.get(key.lower()), _listed(expected))
        for operator, tests in conditions.items()
        for key, expected in tests.items()
    )


def _one_met(operator: str, value: str | None, expected: list[str]) -> bool:
    test = _OPERATORS.get(operator)
    if test is None:
        message = f"the sandbox does not know the condition operator {operator}"
        raise UnsupportedConditionError(message)
    return value is not None and any(test(value, item) for item in expected)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, value: str) -> bool:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _is_before(value: str, limit: str) -> bool:
    return _moment(value) < _moment(limit)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "DateLessThan": _is_before,
    "StringEquals": str.__eq__,
    "StringLike": lambda value, pattern: _matches(pattern, value),
}
