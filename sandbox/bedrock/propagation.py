"""Let changes of IAM reach Bedrock late, as they do on AWS, by probes or by seconds.

Behind one name stand many hosts, and each hears of a change by itself: so do planes and regions
(reports of propagation in 99designs/aws-vault 171 and aws-sdk-js 559; that it is by host is
inferred from them).
"""

from __future__ import annotations

import fnmatch
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


@dataclass(frozen=True, slots=True)
class Spot:
    """Name who answers: an operation in a region, on one of the hosts behind its name."""

    action: str
    region: str
    node: int = 0


@dataclass(frozen=True, slots=True)
class _Late:
    lag: Lag
    on: str
    region: str
    node: int | None

    def fits(self, spot: Spot) -> bool:
        here = fnmatch.fnmatchcase(spot.action, self.on)
        there = fnmatch.fnmatchcase(spot.region, self.region)
        return here and there and self.node in (None, spot.node)


@dataclass(slots=True)
class _Known:
    ruling: Ruling
    stale_probes: int = 0
    stale_since: float | None = None


class Propagation:
    """Remember what each key was last told at each spot, and repeat it while a change travels.

    `lag` is for how many probes the old answer is repeated, or how long after the first of them;
    `delay` says so of some spots alone. What a key is told for the first time is the truth, but
    at a spot that is late it is what the key was told first of all.
    """

    def __init__(self) -> None:
        self.lag = Lag()
        self._late: list[_Late] = []
        self._known: dict[tuple[Spot, str], _Known] = {}
        self._first: dict[tuple[str, str], Ruling] = {}
        self._lock = threading.Lock()

    def delay(self, lag: Lag, on: str, region: str, node: int | None) -> None:
        self._late.append(_Late(lag, on, region, node))

    def settle(self, spot: Spot, fingerprint: str, truth: Ruling) -> Ruling:
        """Give the ruling that has reached a spot by now."""
        late = next((each.lag for each in self._late if each.fits(spot)), None)
        with self._lock:
            first = self._first.setdefault((spot.action, fingerprint), truth)
            begun = _Known(truth if late is None else first)
            known = self._known.setdefault((spot, fingerprint), begun)
            if known.ruling == truth or self._has_arrived(known, late or self.lag):
                self._known[spot, fingerprint] = known = _Known(truth)
            return known.ruling

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self._first.clear()
            self._late.clear()
            self.lag = Lag()

    @staticmethod
    def _has_arrived(known: _Known, lag: Lag) -> bool:
        now = time.monotonic()
        if known.stale_since is None:
            known.stale_since = now
        if known.stale_probes < lag.probes or now - known.stale_since < lag.seconds:
            known.stale_probes += 1
            return False
        return True
