"""Confirm with Bedrock itself that a key is dead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.verify.bedrock import PLANES
from bedrock_key_guard.verify.verdict import REFUSALS_NEEDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.model import BedrockAnswer

DEADLINE_SECONDS = 180.0
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 15.0


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Say whether the key was refused, and what was last answered where it was not."""

    dead: bool
    last: str


def confirm(
    ask: Callable[[], tuple[BedrockAnswer, ...]],
    *,
    proves: Callable[[BedrockAnswer], bool] = lambda a: a.state in ("refused", "not-offered"),
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    deadline: float = DEADLINE_SECONDS,
) -> Confirmation:
    """Ask until every plane has refused the key twice running, or until `deadline` seconds.

    Only what `proves` counts as a refusal does: throttling, a proxy's page or silence mean asking
    again.
    """
    started, wait = clock(), _FIRST_WAIT
    refusals = dict.fromkeys(PLANES, 0)
    while True:
        answers = ask()
        for answer in answers:
            refusals[answer.plane] = refusals[answer.plane] + 1 if proves(answer) else 0
        if min(refusals.values()) >= REFUSALS_NEEDED:
            return Confirmation(dead=True, last=_said(answers))
        # A first refusal is asked for again at once.
        pause = 0.0 if all(refusals.values()) else wait
        if clock() - started + pause > deadline:
            return Confirmation(dead=False, last=_said(answers))
        if pause:
            sleep(pause)
            wait = min(wait * 2, _LONGEST_WAIT)


def _said(answers: tuple[BedrockAnswer, ...]) -> str:
    return "; ".join(f"{answer.plane}: {answer.detail or answer.state}" for answer in answers)
