"""Judge the conditions of a policy's statement, and refuse to guess at what is not known here.

Operators, `IfExists`, `Null`, sets of values and what a missing key means are those of the IAM user
guide, "IAM JSON policy elements: Condition operators"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html)
and "Multivalued context keys". The operators that are left out are `IpAddress` and `BinaryEquals`.
A value may name a key of the request (`${aws:PrincipalOrgID}`); where the request has none, the
statement does not match ("IAM policy elements: Variables and tags").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.model.times import read_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Context = Mapping[str, str | tuple[str, ...]]

NEGATED = re.compile("(String|Numeric|Date|Arn)Not")
VARIABLE = re.compile(r"\$\{([\w:./-]+)\}")


class UnsupportedConditionError(Exception):
    """A policy in a test says something that this evaluator cannot judge."""


def conditions_met(conditions: Mapping[str, Any], context: Context) -> bool:
    """Tell whether a request meets all conditions; names of keys are not case-sensitive."""
    values = {key.lower(): value for key, value in context.items()}
    return all(
        all(_is_known(text, values) for text in texts)
        and _met(operator, values.get(key.lower()), [_filled_in(text, values) for text in texts])
        for operator, tests in conditions.items()
        for key, expected in tests.items()
        for texts in [[_text(item) for item in listed(expected)]]
    )


def _filled_in(expected: str, values: Context) -> str:
    """Put the request's own values where variables name them."""
    return VARIABLE.sub(lambda found: str(values[found[1].lower()]), expected)


def _is_known(expected: str, values: Context) -> bool:
    return all(name.lower() in values for name in VARIABLE.findall(expected))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(pattern: str, value: str) -> bool:
    """Match with `*` and `?`."""
    if "${" in pattern:
        message = f"the sandbox does not know policy variables, as in {pattern}"
        raise UnsupportedConditionError(message)
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _met(operator: str, value: str | tuple[str, ...] | None, texts: list[str]) -> bool:
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base == "Null":
        return texts == [_text(value is None)]
    test = _test(base, operator)
    if value is None:
        return name != base or quantifier == "ForAllValues" or bool(NEGATED.match(base))
    given = (value,) if isinstance(value, str) else value
    results = [_agrees(test, one, texts, negated=bool(NEGATED.match(base))) for one in given]
    if quantifier == "ForAllValues":
        return all(results)
    if len(given) > 1 and quantifier != "ForAnyValue":
        message = f"{operator} meets a key of many values, which wants ForAnyValue or ForAllValues"
        raise UnsupportedConditionError(message)
    return any(results)


def _agrees(
    test: Callable[[str, str], bool], value: str, expected: list[str], *, negated: bool
) -> bool:
    return negated != any(test(value, item) for item in expected)


def _test(base: str, operator: str) -> Callable[[str, str], bool]:
    test = _TESTS.get(NEGATED.sub(r"\1", base))
    if test is None:
        message = f"the sandbox does not know the condition operator {operator}"
        raise UnsupportedConditionError(message)
    return test


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _like(value: str, pattern: str) -> bool:
    return matches(pattern, value)


def _arn_like(value: str, pattern: str) -> bool:
    """Compare the six parts of two ARNs one by one, each with wildcards."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(map(matches, patterns, parts))


def _moment(text: str) -> float:
    if text.isdecimal():
        return float(text)
    return read_time(text, utc=True).timestamp()


def _ordered(read: Callable[[str], float]) -> dict[str, Callable[[str, str], bool]]:
    return {
        "Equals": lambda value, limit: read(value) == read(limit),
        "LessThan": lambda value, limit: read(value) < read(limit),
        "LessThanEquals": lambda value, limit: read(value) <= read(limit),
        "GreaterThan": lambda value, limit: read(value) > read(limit),
        "GreaterThanEquals": lambda value, limit: read(value) >= read(limit),
    }


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringEqualsIgnoreCase": lambda value, item: value.lower() == item.lower(),
    "StringLike": _like,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda value, item: value.lower() == item.lower(),
    **{f"Date{name}": test for name, test in _ordered(_moment).items()},
    **{f"Numeric{name}": test for name, test in _ordered(float).items()},
}
