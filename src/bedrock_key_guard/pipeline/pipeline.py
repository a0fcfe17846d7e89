"""Lead a run through the house: scan, group, verify, plan, respond.

    bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
              ─plan→ Action ─respond→ Outcome ─report→ people

What each source is read by stands in reading.py; who is asked and who acts, in dependencies.py. The
report goes back to the door that asked: the command prints it, the Action makes issues of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.model import Incident, incidents_of
from bedrock_key_guard.pipeline import dependencies
from bedrock_key_guard.pipeline.assemble import assemble
from bedrock_key_guard.pipeline.options import (
    Investigating,
    Responding,
    Scanning,
    Source,
    Surroundings,
    Verifying,
)
from bedrock_key_guard.pipeline.reading import read
from bedrock_key_guard.scan.interruption import terminable
from bedrock_key_guard.text.redaction import keep_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.model import Outcome, Verdict
    from bedrock_key_guard.model.usage import Usage
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.verify.schedule import Steps
    from bedrock_key_guard.verify.verifier import Verifier
    from bedrock_key_guard.verify.witnesses import Witnesses

    Respond = Callable[[Incident, Verdict], Steps[Outcome]]

__all__ = [
    "Investigating",
    "Responding",
    "Scanning",
    "Source",
    "Surroundings",
    "Verifying",
    "run",
]


def run(
    scanning: Scanning,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
    investigating: Investigating | None = None,
) -> Report:
    """Run as many stages as are asked for and return the report. Raises GuardError."""
    around = _keeping_out(around or Surroundings())
    with terminable(), around.watch() as progress:
        scan = read(scanning, around.environment, progress)
    incidents = incidents_of(scan.findings)
    for incident in incidents:
        around.mask(incident.key.secret)
    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}
    usages: dict[str, Usage] = {}
    if verifying is not None and incidents and not scan.interrupted:
        with dependencies.open_witnesses(verifying, around) as (sessions, witnesses):
            respond = _response(responding, sessions, witnesses, around)
            verifier = dependencies.verifier(verifying, witnesses)
            verdicts, outcomes = _judge(incidents, verifier, respond, around)
            if investigating is not None:
                investigator = dependencies.investigator(investigating, sessions, witnesses, around)
                usages = investigator.usages(incidents, verdicts, outcomes)
    malformed = scanning.include_malformed
    return assemble(scan, incidents, verdicts, outcomes, usages, include_malformed=malformed)


def _keeping_out(around: Surroundings) -> Surroundings:
    """Keep every key that is masked out of what this process shows, too."""

    def mask(secret: Secret) -> None:
        keep_out(secret)
        around.mask(secret)

    return replace(around, mask=mask)


def _judge(
    incidents: tuple[Incident, ...],
    verifier: Verifier,
    respond: Respond | None,
    around: Surroundings,
) -> tuple[dict[str, Verdict], dict[str, Outcome]]:
    """Verify every incident, and answer each verdict the moment it is reached.

    What has to wait for time to pass, such as the confirmation of an answer, begins when every key
    has been probed and every write is made, and then all wait side by side.
    """
    from bedrock_key_guard.verify.verifier import for_each_key

    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}

    def settle(incident: Incident, key: WholeKey) -> Steps[None]:
        verdict = verdicts[incident.fingerprint] = yield from verifier.judge(key)
        if respond is not None:
            outcomes[incident.fingerprint] = yield from respond(incident, verdict)

    for_each_key(incidents, settle, around.clock, around.sleep)
    return verdicts, outcomes


def _response(
    responding: Responding | None,
    sessions: Sessions,
    witnesses: Witnesses,
    around: Surroundings,
) -> Respond | None:
    """Return what plans the action for a verdict and takes it, or None for a run that only asks."""
    if responding is None:
        return None
    from bedrock_key_guard.respond.plan import plan

    policy = responding.policy
    responder = dependencies.responder(responding, sessions, witnesses, around)

    def respond(incident: Incident, verdict: Verdict) -> Steps[Outcome]:
        return responder.respond(incident, verdict, plan(incident, verdict, policy))

    return respond
