"""Reach a verdict on every incident, side by side, within the bounds of one run.

Where it may not probe all keys, it probes the worst first. Anyone can forge keys, as many as they
like, so what a key says of itself takes no turn from one that IAM knows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, MalformedKey
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


_ACTIVE, _UNKNOWN, _INACTIVE = range(3)


def worst_first(candidates: Iterable[Evidence]) -> list[Evidence]:
    """Return the evidence in the order in which the keys are to be probed.

    IAM has been asked about each. One key of everything that can be used comes before a second one
    of anything: first of what IAM calls Active, then of what it could not tell about, then of what
    it calls Inactive or Expired. What it does not know comes last. Of equals the order says
    nothing, and repeats.
    """
    before, ranks = Counter[str](), dict[str, tuple[bool, int, int]]()
    ordered = sorted(candidates, key=lambda each: each.key.fingerprint)
    for each in ordered:
        subject = _subject(each)
        absent = each.iam is not None and each.iam.state == "absent"
        ranks[each.key.fingerprint] = (absent, before[subject], _use(each))
        before[subject] += 1
    return sorted(ordered, key=lambda each: ranks[each.key.fingerprint])


def _subject(evidence: Evidence) -> str:
    """Return what a key is one of: its credential, or the access key that signed it."""
    if evidence.credential is not None:
        return evidence.credential.credential_id
    key = evidence.key
    return key.alias if isinstance(key, LongTermKey) else key.access_key_id


def _use(evidence: Evidence) -> int:
    """Return how likely it is, by IAM, that a key can be used: the lowest is the likeliest."""
    iam = evidence.iam
    if iam is None or iam.state == "unknown":
        return _UNKNOWN
    is_active = iam.state == "found" and (not iam.credential or iam.credential.status == "Active")
    return _ACTIVE if is_active else _INACTIVE
