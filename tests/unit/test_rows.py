from __future__ import annotations

import pytest

from tests.rows import each


def test_every_row_is_tried_and_those_that_fail_are_named() -> None:
    tried: list[tuple[int, str]] = []

    @each("letter", ["a", "b"])
    @each(("number", "is_even"), [(1, True), (2, True), (3, True)])
    def table(number: int, letter: str, *, is_even: bool) -> None:
        tried.append((number, letter))
        assert (number % 2 == 0) is is_even, "it is odd"

    with pytest.raises(pytest.fail.Exception) as failed:
        table()
    assert len(tried) == 6
    said = str(failed.value).splitlines()
    assert said[0] == "2 of 2 rows:"
    assert (
        sum(line.startswith("number=1, is_even=True: AssertionError: it is odd") for line in said)
        == 2
    )
    assert not any("number=2" in line for line in said)


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="would try nothing"):
        each("letter", [])
