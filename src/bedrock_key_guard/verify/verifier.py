"""Reach a verdict on every incident, within the bounds of one run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.verify.evidence import (
    Witnesses,
    may_be_probed,
    offline_evidence,
    with_answers,
)
from bedrock_key_guard.verify.verdict import verdict_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import Incident, Verdict

INCIDENTS_AT_A_TIME = 8


def verify(
    incidents: Iterable[Incident], witnesses: Witnesses, *, max_probes: int
) -> Iterator[tuple[str, Verdict]]:
    """Yield the fingerprint and the verdict of each whole key, as soon as it is reached.

    At most `max_probes` keys are used. The rest are `unverified`, and say why.
    """
    probes = threading.Semaphore(max_probes)
    note = f"not asked: the run may probe {max_probes} keys (--max-probes)"

    def judge(key: WholeKey) -> Verdict:
        evidence = offline_evidence(key, witnesses)
        if not may_be_probed(evidence):
            return verdict_from(evidence)
        if not probes.acquire(blocking=False):
            return verdict_from(replace(evidence, notes=(note,)))
        return verdict_from(with_answers(evidence, witnesses))

    pool = ThreadPoolExecutor(INCIDENTS_AT_A_TIME)
    try:
        asked = {
            pool.submit(judge, incident.key): incident.fingerprint
            for incident in incidents
            if not isinstance(incident.key, MalformedKey)
        }
        for future in as_completed(asked):
            yield asked[future], future.result()
    finally:
        # Where a person stopped the run, what has not begun never does.
        pool.shutdown(cancel_futures=True)
