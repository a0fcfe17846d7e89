"""Say how late a change is seen, which Bedrock and CloudTrail are each told for themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lag:
    """Leave a change unseen for this many questions, or for this long."""

    probes: int = 0
    seconds: float = 0.0
