"""Find keys in text, and in the files that are decoded from it.

What is in a file is matched, and what is decoded may be a file: here the two meet, so that neither
has to know the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.model.origins import Name
from bedrock_key_guard.scan.containers.members import Gaps
from bedrock_key_guard.scan.limits import Budget
from bedrock_key_guard.scan.matching.matcher import matches_in

if TYPE_CHECKING:
    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.scan.matching.matcher import Match

_DECODED = Name("decoded")


def matches(data: bytes, base: int = 0, budget: Budget | None = None, cut: int = 0) -> list[Match]:
    """Return the keys in `data` as `matches_in` does.

    Without the `budget` of that file, `data` has one of its own.
    """
    return matches_in(data, base, budget or Budget(size=len(data)), _found, cut)


def _found(data: bytes, kind: str, budget: Budget) -> list[Finding]:
    """Return the keys in the files and streams that decoded bytes are, or hold.

    They are of a `kind`, or of that which their first bytes tell. What nobody can read of them is
    nobody's file, and is listed nowhere; what a limit left out is the outer file's.
    """
    from bedrock_key_guard.scan.containers.extractor import Walk

    findings: list[Finding] = []
    gaps = Gaps()
    with budget.nested():
        Walk(budget, findings, gaps, matches).decoded(data, kind, _DECODED)
    budget.left_out |= dict.fromkeys(gaps.limits())
    return findings
