"""Reach a verdict on every incident, within the bounds of one run."""

from __future__ import annotations

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

    from bedrock_key_guard.model import Incident, Verdict

INCIDENTS_AT_A_TIME = 8


def verify(
    incidents: Iterable[Incident], witnesses: Witnesses, *, max_probes: int
) -> Iterator[tuple[str, Verdict]]:
    """Yield the fingerprint and the verdict of each whole key, as soon as it is reached.

    At most `max_probes` keys are used. The rest are `unverified`, and say why.
    """
    evidence = {
        incident.fingerprint: offline_evidence(incident.key, witnesses)
        for incident in incidents
        if not isinstance(incident.key, MalformedKey)
    }
    waiting = [name for name, known in evidence.items() if may_be_probed(known)]
    note = f"not asked: the run may probe {max_probes} keys (--max-probes)"
    for name in waiting[max_probes:]:
        evidence[name] = replace(evidence[name], notes=(note,))
    with ThreadPoolExecutor(INCIDENTS_AT_A_TIME) as pool:
        asked = {
            pool.submit(with_answers, evidence.pop(name), witnesses): name
            for name in waiting[:max_probes]
        }
        for name, known in evidence.items():
            yield name, verdict_from(known)
        for future in as_completed(asked):
            yield asked[future], verdict_from(future.result())
