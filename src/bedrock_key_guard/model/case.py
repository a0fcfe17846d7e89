"""Define what goes through the house: one case for each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.model.actions import KILLS

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import Verdict
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.model.usage import Usage


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one incident with all that became of it, as far as the run went.

    `beside_unproven` tells that some place of it leads to a key that is not proven dead.
    """

    incident: Incident
    verdict: Verdict | None = None
    outcome: Outcome | None = None
    issue_url: str | None = None
    usage: Usage | None = None
    beside_unproven: bool = False

    @property
    def dead(self) -> bool:
        """Return whether the key is proven dead, before or by the run's response.

        One that is contained is not: it works again as soon as somebody lifts what denies it.
        """
        outcome = self.outcome
        if outcome is not None and outcome.confirmed_dead and outcome.action in KILLS:
            return True
        return self.verdict is not None and self.verdict.proves_dead

    @property
    def leads_to_dead_keys_alone(self) -> bool:
        """Return whether its places show nobody a key that may work."""
        return self.dead and not self.beside_unproven
