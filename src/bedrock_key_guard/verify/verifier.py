"""Reach a verdict on every incident, side by side, within the bounds of one run."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.verify.priority import worst_first
from bedrock_key_guard.verify.schedule import (
    AFTER_ALL,
    GROUPS_AT_A_TIME,
    STEPS_AT_A_TIME,
    Schedule,
    Steps,
)
from bedrock_key_guard.verify.verdict import verdict_from
from bedrock_key_guard.verify.witnesses import (
    ask_iam,
    may_be_probed,
    offline_evidence,
    with_answers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.evidence import Evidence, Verdict
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.verify.witnesses import Witnesses

    Work = Callable[[Case, WholeKey], Steps[Case]]

KEYS_AT_A_TIME = GROUPS_AT_A_TIME * STEPS_AT_A_TIME


class Verifier:
    """Judge keys from any thread, and probe no more of them than a run may, the worst first."""

    def __init__(self, witnesses: Witnesses, *, max_probes: int, keys: int) -> None:
        """Ask `witnesses` about at most `max_probes` keys of the run, which has so many `keys`."""
        self._witnesses = witnesses
        self._most = max_probes
        self._must_choose = keys > max_probes
        self._candidates: list[Evidence] = []
        self._note = f"not probed: the run may probe {max_probes} keys (max-probes)"

    def judge(self, key: WholeKey) -> Steps[Verdict]:
        """Reach the verdict; a key beyond the bound is `unverified`, and says why."""
        evidence = offline_evidence(key, self._witnesses)
        if not may_be_probed(evidence):
            return verdict_from(evidence)
        if self._must_choose:
            evidence = replace(evidence, iam=ask_iam(evidence, self._witnesses))
            self._candidates.append(evidence)
            yield AFTER_ALL
            if key.fingerprint not in self._chosen:
                beyond = replace(evidence, notes=(self._note,), left_out_by="max-probes")
                return verdict_from(beyond)
        return verdict_from((yield from with_answers(evidence, self._witnesses)))

    @cached_property
    def _chosen(self) -> frozenset[str]:
        """Return the keys that are probed; every candidate is known when it is first asked for."""
        chosen = worst_first(self._candidates)[: self._most]
        return frozenset(each.key.fingerprint for each in chosen)


def for_each_key(
    cases: Sequence[Case],
    work: Work,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    idle: Callable[[], bool] = lambda: False,
) -> tuple[Case, ...]:
    """Do `work` for every whole key side by side, and return the cases that come of it in order.

    Keys are grouped by account, for AWS throttles by account. What `work` raises ends the run;
    then, and where a person stops it, what has not begun never does. `idle` is called by this
    thread before it waits for time, and returns whether that took time itself.
    """
    worked = list(cases)

    def settle(place: int, key: WholeKey) -> Steps[None]:
        worked[place] = yield from work(cases[place], key)

    groups = [[settle(*each) for each in keys] for keys in _by_account(cases)]
    Schedule(clock, sleep, idle).run(groups)
    return tuple(worked)


def _by_account(cases: Iterable[Case]) -> list[list[tuple[int, WholeKey]]]:
    """Group whole keys by the account that they name, each with the place of its case."""
    accounts: dict[str | None, list[tuple[int, WholeKey]]] = {}
    for place, case in enumerate(cases):
        key = case.incident.key
        if not isinstance(key, MalformedKey):
            accounts.setdefault(key.account_id, []).append((place, key))
    return [*accounts.values()]
