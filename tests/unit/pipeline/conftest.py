"""Lend the embedded GitHub, as the tests of its client have it."""

from __future__ import annotations

from tests.unit.github.conftest import github, time

__all__ = ["github", "time"]
