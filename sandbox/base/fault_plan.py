"""Hand out faults to the calls that they are meant for, as often as they are meant to happen."""

from __future__ import annotations

import fnmatch
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.base.faults import BEDROCK_ONLY, Every, RateLimit
from sandbox.base.wire import writes

if TYPE_CHECKING:
    from sandbox.base.faults import Fault, Outcome


class Action(str):
    """Name what is called, such as `iam:ListUsers`, with the account and region of the call."""

    __slots__ = ("account_id", "region")
    account_id: str
    region: str

    @classmethod
    def called(cls, action: str, account_id: str | None, region: str) -> Action:
        made = cls(action)
        made.account_id, made.region = account_id or "", region
        return made


def is_write(action: str) -> bool:
    """Tell whether a call changes something: for faults at every write."""
    return writes(action.partition(":")[2])


@dataclass(slots=True)
class _Rule:
    fits: Callable[[str], bool]
    fault: Fault
    left: int | None
    after: int
    seen: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    recent: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))


class FaultPlan:
    """Hand out faults, first added first; a rule is spent after `times` calls, or never."""

    def __init__(
        self, *, for_bedrock: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = self._clock = clock
        self._for_bedrock = for_bedrock
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(
        self,
        fault: Fault,
        *,
        on: str | Callable[[str], bool] = "*",
        region: str = "*",
        times: int | None = 1,
        after: int = 0,
    ) -> None:
        """Plan a fault for calls that fit `on`, such as `iam:Update*` or `bedrock:*`.

        `after` such calls are let go by. `RateLimit` and `Every` count calls, and are never spent.
        """
        if isinstance(fault, BEDROCK_ONLY) and not self._for_bedrock:
            message = f"{fault} is a fault of Bedrock, not of the other services"
            raise TypeError(message)

        def fits(action: str) -> bool:
            named = on(action) if callable(on) else fnmatch.fnmatchcase(action, on)
            return named and fnmatch.fnmatchcase(getattr(action, "region", ""), region)

        with self._lock:
            self._rules.append(_Rule(fits, fault, times, after))

    def take(self, action: str) -> Outcome | None:
        """Give the fault for this call, and count it."""
        scope = f"{getattr(action, 'account_id', '')}/{getattr(action, 'region', '')}"
        with self._lock:
            outcomes = (self._used(rule, scope) for rule in tuple(self._rules) if rule.fits(action))
            return next((outcome for outcome in outcomes if outcome is not None), None)

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
            self.clock = self._clock

    def _used(self, rule: _Rule, scope: str) -> Outcome | None:
        """Give what a rule does to this call, if it is its turn."""
        if rule.after:
            rule.after -= 1
            return None
        if isinstance(rule.fault, RateLimit):
            return rule.fault.error if self._is_too_fast(rule.fault, rule.recent[scope]) else None
        if isinstance(rule.fault, Every):
            rule.seen[scope] += 1
            return None if rule.seen[scope] % rule.fault.number else rule.fault.fault
        if rule.left is not None:
            rule.left -= 1
            if rule.left == 0:
                self._rules.remove(rule)
        return rule.fault

    def _is_too_fast(self, limit: RateLimit, recent: deque[float]) -> bool:
        """Count a call that is let through; one that is refused does not count."""
        now = self.clock()
        while recent and now - recent[0] >= limit.seconds:
            recent.popleft()
        if len(recent) >= limit.calls:
            return True
        recent.append(now)
        return False
