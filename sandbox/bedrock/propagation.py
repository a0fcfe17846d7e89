"""Let changes of IAM reach Bedrock late, as they do on AWS, by probes or by seconds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.base.lag import Lag

if TYPE_CHECKING:
    from sandbox.base.faults import Answer
    from sandbox.bedrock.bearer import Authenticated


@dataclass(frozen=True, slots=True)
class Ruling:
    """Hold an answer, and whose key it was given to; only the answer tells two rulings apart."""

    answer: Answer
    key: Authenticated | None = field(default=None, compare=False)


@dataclass(slots=True)
class _Known:
    ruling: Ruling
    stale_probes: int = 0
    stale_since: float | None = None


class Propagation:
    """Remember what each key was last told to each question, and repeat it while a change travels.

    `lag` is for how many probes the old answer is repeated, or how long after the first of them.
    What a key is told for the first time is always the truth.
    """

    def __init__(self) -> None:
        self.lag = Lag()
        self._known: dict[tuple[str, str], _Known] = {}
        self._lock = threading.Lock()

    def settle(self, action: str, fingerprint: str, truth: Ruling) -> Ruling:
        """Give the ruling that has reached Bedrock by now."""
        with self._lock:
            known = self._known.setdefault((action, fingerprint), _Known(truth))
            if known.ruling == truth or self._has_arrived(known):
                self._known[action, fingerprint] = known = _Known(truth)
            return known.ruling

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self.lag = Lag()

    def _has_arrived(self, known: _Known) -> bool:
        now = time.monotonic()
        if known.stale_since is None:
            known.stale_since = now
        if known.stale_probes < self.lag.probes or now - known.stale_since < self.lag.seconds:
            known.stale_probes += 1
            return False
        return True
