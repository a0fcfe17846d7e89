from __future__ import annotations

import pytest

from bedrock_key_guard.doctor.asked import subjects_of
from bedrock_key_guard.doctor.checks import OFFLINE, SUBJECTS, Check, State, exit_code
from bedrock_key_guard.errors import UsageError


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        (("works",), 0),
        (("works", "unknown"), 4),
        (("unknown", "wrong"), 2),
        (("wrong", "lacks", "unknown", "works"), 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst_that_was_found(
    states: tuple[State, ...], code: int
) -> None:
    assert exit_code(Check("git", "Git", state, "") for state in states) == code


@pytest.mark.parametrize(
    ("named", "offline", "chosen"),
    [
        ((), False, SUBJECTS),
        ((), True, OFFLINE),
        (("hooks", "git"), False, ("git", "hooks")),
        (("hooks", "aws"), True, ("hooks",)),
    ],
)
def test_subjects_are_those_that_are_named(
    named: tuple[str, ...], offline: bool, chosen: tuple[str, ...]
) -> None:
    assert subjects_of(named, offline=offline) == chosen


@pytest.mark.parametrize(("named", "offline"), [(("hook",), False), (("aws",), True)])
def test_what_leaves_nothing_to_look_at_is_refused(named: tuple[str, ...], offline: bool) -> None:
    with pytest.raises(UsageError):
        subjects_of(named, offline=offline)
