"""Play a leak: make a key that nobody uses, let the guard find, prove and stop it.

What is made is written down before. Whoever plays takes it away afterwards, also where the play was
broken off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.drill.disk import leak_of, ledger_of
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import Responding, Verifying
from bedrock_key_guard.respond.policy import Policy
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.text.redaction import keep_out

if TYPE_CHECKING:
    from collections.abc import Generator

    from bedrock_key_guard.doctor.drill.disk import Disk
    from bedrock_key_guard.doctor.drill.operator import Operator
    from bedrock_key_guard.doctor.drill.traces import Traces
    from bedrock_key_guard.pipeline.options import Surroundings
    from bedrock_key_guard.report.report import Report


@dataclass(frozen=True, slots=True)
class DrillEnd:
    """Say whether the key was proven live, stopped, and confirmed dead, and how that went."""

    proved: bool
    said: str


def play(
    traces: Traces, disk: Disk, operator: Operator, around: Surroundings
) -> Generator[str, None, DrillEnd]:
    """Yield a sentence about each step that is done, and return how it ended.

    The loop runs by the guard's session, which is that of `around`. Raises what AWS's refusal of
    the operator raises, OSError and GuardError.
    """
    disk.write_down(traces)
    disk.make_folder(traces)
    yield f"{traces.folder} is made, for you alone."
    traces = replace(traces, asked=True)
    disk.write_down(traces)
    traces = replace(traces, user_id=operator.make_user(traces))
    disk.write_down(traces)
    yield f"User {traces.user_name} is made, without any policy."
    credential_id, secret = operator.make_key(traces)
    keep_out(secret)
    traces = replace(traces, credential_id=credential_id)
    disk.write_down(traces)
    disk.write_key(traces, secret)
    yield f"Its key {credential_id} lies in {leak_of(traces)}. The guard looks for it."
    return ending(_looped(traces, around))


def _looped(traces: Traces, around: Surroundings) -> Report:
    """Scan the folder, verify, respond and confirm, as `respond` does."""
    return pipeline.run(
        Scanning(paths=(leak_of(traces).parent,)),
        Verifying(allowed_account_ids=frozenset((traces.account_id,))),
        Responding(Policy(max_responses=1), ledger_of(traces)),
        around,
    )


def ending(report: Report) -> DrillEnd:
    """Return what a report of the loop shows."""
    if len(report.cases) != 1:
        return DrillEnd(proved=False, said=f"the scan found {len(report.cases)} keys, and not one")
    (case,) = report.cases
    verdict, outcome = case.verdict, case.outcome
    if verdict is None:
        return DrillEnd(proved=False, said="; ".join(report.incomplete) or "it was not verified")
    told = f"{verdict.state}: {verdict.reason}"
    if verdict.state != "live" or outcome is None:
        return DrillEnd(proved=False, said=f"the key was not proven live, but {told}")
    done = f"{outcome.action} {outcome.state}: {outcome.reason}"
    if outcome.state != "done" or not outcome.confirmed_dead:
        return DrillEnd(proved=False, said=f"the key was not proven dead. {done}")
    return DrillEnd(
        proved=True, said=f"{told}. {done}. Dead after {outcome.seconds_to_dead} seconds"
    )
