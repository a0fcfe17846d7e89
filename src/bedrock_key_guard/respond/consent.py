"""Let a person agree to what would be changed, before any of it is: once for all that is known.

The question comes when nothing is left to do but to wait. What is found out later, because Bedrock
had to be asked again after a while, is asked about then.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from bedrock_key_guard.model.actions import Proposal
from bedrock_key_guard.verify.schedule import AFTER_ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bedrock_key_guard.respond.changes.change import Change
    from bedrock_key_guard.verify.schedule import Steps

    Ask = Callable[[Sequence[Proposal]], bool]

_UNTIL_ASKED = 0.5
"""Seconds between two looks at whether the answer is there; a person takes longer."""
DECLINED = "nobody agreed to it"


class Consent:
    """Gather what would be changed, and keep what was said to it."""

    def __init__(self, ask: Ask | None = None) -> None:
        """Let `ask` decide; None agrees to everything."""
        self._ask = ask
        self._open: list[Proposal] = []
        self._answers: dict[Proposal, bool] = {}
        self._lock = threading.Lock()

    def to(self, change: Change, account_id: str) -> Steps[bool]:
        """Return whether the change may be made; it waits for nothing where nobody is asked."""
        if self._ask is None:
            return True
        action, fingerprint = change.action, change.evidence.key.fingerprint
        proposal = Proposal(fingerprint, account_id, action.name, change.promise, action.undo)
        with self._lock:
            self._open.append(proposal)
        while proposal not in self._answers:
            yield _UNTIL_ASKED
        return self._answers[proposal]

    @property
    def turn(self) -> float:
        """Return the wait in which every change of a key that works is begun before others."""
        return AFTER_ALL if self._ask is None else 2 * _UNTIL_ASKED

    def settle(self) -> bool:
        """Ask about what is open, and return whether anything was.

        That is for the thread which a person can interrupt, once all else would have to wait.
        """
        with self._lock:
            proposals, self._open = sorted(self._open), []
        if not proposals or self._ask is None:
            return False
        self._answers |= dict.fromkeys(proposals, self._ask(proposals))
        return True
