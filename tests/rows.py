"""Try many rows of a table in one test, where to set up a test takes longer than what it tries.

    @each("status", [400, 401])
    @each(("document", "told"), DOCUMENTS)
    def test_no_other_status_proves_anything(status: int, document: object, told: str) -> None: ...

It is written like `pytest.mark.parametrize`. Every row is tried, whatever became of those before
it, and those that fail are named. They share what fixtures give, so it is for tests of values.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

Test = Callable[..., None]


def each(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Return what has a test try every row, and fail with the name of each row that fails."""
    columns = (names,) if isinstance(names, str) else tuple(names)
    table = [
        dict(zip(columns, (row,) if isinstance(names, str) else row, strict=True)) for row in rows
    ]
    assert table, "a table without rows would try nothing"

    def around(test: Test) -> Test:
        @functools.wraps(test)
        def try_all(**given: Any) -> None:
            tried = [(row, _failure(test, given | row)) for row in table]
            failed = [f"{_named(row)}: {failure}" for row, failure in tried if failure]
            if failed:
                pytest.fail(f"{len(failed)} of {len(table)} rows:\n" + "\n".join(failed), False)

        signature = inspect.signature(test)
        others = [each for each in signature.parameters.values() if each.name not in columns]
        vars(try_all)["__signature__"] = signature.replace(parameters=others)
        return try_all

    return around


def _failure(test: Test, arguments: dict[str, Any]) -> str | None:
    try:
        test(**arguments)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # a row may fail with anything
        return f"{type(error).__name__}: {error}"
    return None


def _named(row: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r:.99}" for name, value in row.items())
