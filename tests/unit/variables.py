"""Set the variables of the process, which the SDK reads by itself."""

from __future__ import annotations

from collections.abc import Mapping

import pytest


def use(variables: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
