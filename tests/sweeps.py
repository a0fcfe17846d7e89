"""Tell the rows of a sweep that every change waits for from those that `make test-long` runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def sweep(rows: Iterable[Any], quick: Callable[[Any], bool]) -> list[Any]:
    """Return every row, and mark those long that are not `quick`: they show the same once more."""
    return [row if quick(row) else _long(row) for row in rows]


def _long(row: object) -> Any:
    return pytest.param(*(row if isinstance(row, tuple) else (row,)), marks=pytest.mark.long)
