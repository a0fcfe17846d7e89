"""Lead a run through the house: scan, group, verify, plan, respond.

    bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
              ─plan→ Action ─respond→ Outcome ─report→ people

What there is to read is in scan/scan.py; who is asked and who acts, in dependencies.py. The
report goes back to the door that asked: the command prints it, the Action makes issues of it.
"""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn

from bedrock_key_guard.model.case import Case
from bedrock_key_guard.model.findings import incidents_of
from bedrock_key_guard.pipeline.assemble import assemble
from bedrock_key_guard.pipeline.options import Surroundings
from bedrock_key_guard.scan.scan import scan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.keys.key import Secret, WholeKey
    from bedrock_key_guard.pipeline.dependencies import Respond
    from bedrock_key_guard.pipeline.options import Investigating, Responding, Verifying
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.scan.scan import Scanning
    from bedrock_key_guard.verify.schedule import Steps
    from bedrock_key_guard.verify.verifier import Verifier


def run(
    scanning: Scanning,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
    investigating: Investigating | None = None,
) -> Report:
    """Run as many stages as are asked for and return the report. Raises GuardError."""
    around = _keeping_out(around or Surroundings())
    with _terminable(), around.watch() as progress:
        scanned = scan(scanning, around.environment, progress)
    cases = tuple(map(Case, incidents_of(scanned.findings)))
    for case in cases:
        around.mask(case.incident.key.secret)
    if verifying is not None and cases and not scanned.interrupted:
        from bedrock_key_guard.pipeline import dependencies

        with dependencies.open_witnesses(verifying, around) as (sessions, witnesses):
            from bedrock_key_guard.verify.verifier import Verifier

            respond = None
            if responding is not None:
                respond = dependencies.response(responding, sessions, witnesses, around)
            verifier = Verifier(witnesses, max_probes=verifying.max_probes)
            cases = _judged(cases, verifier, respond, around)
            if investigating is not None:
                investigator = dependencies.investigator(investigating, sessions, witnesses)
                cases = investigator.with_usage(cases)
    return assemble(scanned, cases, include_malformed=scanning.include_malformed)


def _keeping_out(around: Surroundings) -> Surroundings:
    """Keep every key that is masked out of what this process shows, too."""

    def mask(secret: Secret) -> None:
        from bedrock_key_guard.text.redaction import keep_out

        keep_out(secret)
        around.mask(secret)

    return replace(around, mask=mask)


def _judged(
    cases: tuple[Case, ...], verifier: Verifier, respond: Respond | None, around: Surroundings
) -> tuple[Case, ...]:
    """Verify every case, and answer each verdict the moment it is reached.

    What has to wait for time to pass, such as the confirmation of an answer, begins when every key
    has been probed and every write is made, and then all wait side by side.
    """
    from bedrock_key_guard.verify.verifier import for_each_key

    def settle(case: Case, key: WholeKey) -> Steps[Case]:
        verdict = yield from verifier.judge(key)
        outcome = (yield from respond(case.incident, verdict)) if respond else None
        return replace(case, verdict=verdict, outcome=outcome)

    return for_each_key(cases, settle, around.clock, around.sleep)


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM do within what Ctrl-C does: raise KeyboardInterrupt.

    Only the main thread can ask for a signal, and one that is ignored stays so.
    """
    here = threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM) if here else None
    if before in (None, signal.SIG_IGN):
        yield
        return
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
