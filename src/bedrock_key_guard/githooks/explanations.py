"""Explain what stopped a commit or a push: what is new, and what is in the repository already."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import incidents_of
from bedrock_key_guard.report.terminal.blocked import COMMIT, COMMITTED, blocked
from bedrock_key_guard.scan.committed import committed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bedrock_key_guard.model.findings import Finding
    from bedrock_key_guard.report.terminal.blocked import Occasion


def explanations(findings: Sequence[Finding], occasion: Occasion, allow_list: str) -> list[str]:
    """Return a text for what is new, and one for what was committed before.

    `allow_list` is the file that the hook goes by, "" for none.
    """
    known = _known(findings) if occasion is COMMIT and findings else frozenset()
    new = [each for each in findings if each.key.fingerprint not in known]
    old = [each for each in findings if each.key.fingerprint in known]
    now = datetime.now(timezone.utc)
    parts = ((occasion, new), (COMMITTED, old))
    return [blocked(incidents_of(some), now, when, allow_list) for when, some in parts if some]


def _known(findings: Sequence[Finding]) -> frozenset[str]:
    return committed((each.location.path for each in findings), os.environ)
