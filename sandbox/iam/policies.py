"""Evaluate policies as far as the sandbox needs it, and refuse to guess the rest.

The order is IAM's: an explicit deny wins, then an allow, else nothing allows it
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
moto has an evaluator too, but there a `Deny` whose condition is not met denies all the same.
"""

from __future__ import annotations

import functools
import json
from enum import Enum
from typing import TYPE_CHECKING, Any

from sandbox.iam.conditions import UnsupportedConditionError, conditions_met, listed, matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.iam.conditions import Context

__all__ = ["Decision", "UnsupportedConditionError", "evaluate", "statements_of"]


class Decision(Enum):
    ALLOWED = "allowed"
    EXPLICIT_DENY = "explicit deny"
    NOT_ALLOWED = "not allowed"


def evaluate(documents: Iterable[str], action: str, resource: str, context: Context) -> Decision:
    """Decide one action on one resource; `context` maps condition keys to the request's values."""
    effects = {
        statement["Effect"]
        for document in documents
        for statement in statements_of(document)
        if _concerns(statement, action, resource, context)
    }
    if "Deny" in effects:
        return Decision.EXPLICIT_DENY
    return Decision.ALLOWED if "Allow" in effects else Decision.NOT_ALLOWED


@functools.lru_cache(maxsize=512)
def statements_of(document: str) -> tuple[Mapping[str, Any], ...]:
    """Read a policy document."""
    return tuple(listed(json.loads(document)["Statement"]))


def _concerns(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _selects(statement, "Action", action.lower(), str.lower)
        and _selects(statement, "Resource", resource, str)
        and conditions_met(statement.get("Condition", {}), context)
    )


def _selects(
    statement: Mapping[str, Any], element: str, value: str, fold: Callable[[str], str]
) -> bool:
    negated = f"Not{element}" in statement
    patterns = listed(statement[f"Not{element}" if negated else element])
    return negated != any(matches(fold(pattern), value) for pattern in patterns)
