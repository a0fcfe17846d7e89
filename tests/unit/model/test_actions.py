from __future__ import annotations

from typing import get_args

import pytest

from bedrock_key_guard.model.actions import (
    CHANGES,
    KILLS,
    ActionName,
    ChangeName,
    Manual,
    Nothing,
    Remediation,
)

EACH = pytest.mark.parametrize("action", CHANGES.values(), ids=lambda action: action.name)


def test_every_action_is_known_by_its_name() -> None:
    assert set(CHANGES) == set(get_args(ChangeName))
    assert {*CHANGES, Manual.name, Nothing.name} < set(get_args(ActionName))


def test_what_ends_a_key_is_told_from_what_denies_it() -> None:
    assert {"disable", "reset", "delete"} == KILLS


@EACH
def test_only_what_can_be_undone_needs_permissions_for_it(action: type[Remediation]) -> None:
    assert (action.undo == "never") is (action.to_undo == ())


@EACH
def test_an_action_declares_each_permission_once(action: type[Remediation]) -> None:
    for declared in (action.permissions, action.to_undo):
        assert len(set(declared)) == len(declared)
