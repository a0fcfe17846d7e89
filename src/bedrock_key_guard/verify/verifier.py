"""Reach a verdict on every incident, side by side, within the bounds of one run."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.verify.schedule import GROUPS_AT_A_TIME, STEPS_AT_A_TIME, Schedule, Steps
from bedrock_key_guard.verify.verdict import verdict_from
from bedrock_key_guard.verify.witnesses import may_be_probed, offline_evidence, with_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import Incident, Verdict
    from bedrock_key_guard.verify.witnesses import Witnesses

    Work = Callable[[Incident, WholeKey], Steps[None]]

KEYS_AT_A_TIME = GROUPS_AT_A_TIME * STEPS_AT_A_TIME


class Verifier:
    """Judge keys from any thread, and use no more of them than a run may."""

    def __init__(self, witnesses: Witnesses, *, max_probes: int) -> None:
        """Ask `witnesses` about at most `max_probes` keys."""
        self._witnesses = witnesses
        self._probes = threading.Semaphore(max_probes)
        self._note = f"not asked: the run may probe {max_probes} keys (--max-probes)"

    def judge(self, key: WholeKey) -> Steps[Verdict]:
        """Reach the verdict; a key beyond the bound is `unverified`, and says why."""
        evidence = offline_evidence(key, self._witnesses)
        if not may_be_probed(evidence):
            return verdict_from(evidence)
        if not self._probes.acquire(blocking=False):
            return verdict_from(replace(evidence, notes=(self._note,), left_out_by="--max-probes"))
        return verdict_from((yield from with_answers(evidence, self._witnesses)))


def for_each_key(
    incidents: Iterable[Incident],
    work: Work,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Do `work` for every whole key side by side, and group by account what throttles by account.

    What `work` raises ends the run; then, and where a person stops it, what has not begun never
    does.
    """
    groups = [[work(*each) for each in keys] for keys in _by_account(incidents)]
    Schedule(clock, sleep).run(groups)


def _by_account(incidents: Iterable[Incident]) -> list[list[tuple[Incident, WholeKey]]]:
    """Group whole keys by the account that they name, in the order of the incidents."""
    accounts: dict[str | None, list[tuple[Incident, WholeKey]]] = {}
    for incident in incidents:
        if not isinstance(incident.key, MalformedKey):
            accounts.setdefault(incident.key.account_id, []).append((incident, incident.key))
    return [*accounts.values()]
