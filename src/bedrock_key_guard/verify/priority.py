"""Decide which keys are probed where a run may not probe them all: the worst first.

Anyone can forge keys, as many as they like, so what a key says of itself takes no turn from one
that IAM knows.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bedrock_key_guard.model.evidence import Evidence

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
