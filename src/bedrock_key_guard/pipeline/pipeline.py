"""Lead a run through the house: scan, group, verify, plan, respond, report.

    bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict
              ─plan→ Action ─respond→ Outcome ─report→ people

What there is to read is in scan/scan.py; who is asked and who acts, in dependencies.py. The
report goes back to the door that asked: the command prints it, the Action makes issues of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import GuardError
from bedrock_key_guard.model.findings import Case, incidents_of
from bedrock_key_guard.pipeline.assembling import assemble
from bedrock_key_guard.pipeline.options import Surroundings
from bedrock_key_guard.report.status import worst_first
from bedrock_key_guard.scan.scan import scan

if TYPE_CHECKING:
    from bedrock_key_guard.keys.key import Secret, WholeKey
    from bedrock_key_guard.model.findings import Scan
    from bedrock_key_guard.pipeline.dependencies import Respond
    from bedrock_key_guard.pipeline.options import Investigating, Responding, Verifying
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.respond.consent import Consent
    from bedrock_key_guard.scan.scanning import Scanning
    from bedrock_key_guard.verify.schedule import Steps
    from bedrock_key_guard.verify.verifier import Verifier


MOST_DATED = 20
"""Keys of files whose first commits are looked for: nobody's text makes a run go on for ever."""


def run(
    scanning: Scanning,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
    investigating: Investigating | None = None,
) -> Report:
    """Run as many stages as are asked for and return the report. Raises GuardError."""
    around = around or Surroundings()
    scanned, undone = _scanned(scanning, around)
    stages = (verifying, responding, around, investigating)
    report = follow(scanned, *stages, include_malformed=scanning.include_malformed)
    return replace(report, incomplete=(*undone, *report.incomplete))


def follow(
    scanned: Scan,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
    investigating: Investigating | None = None,
    *,
    include_malformed: bool = False,
) -> Report:
    """Run the stages after a scan, and return the report. Raises GuardError."""
    around = _keeping_out(around or Surroundings())
    cases, undone, acted_as = _masked(scanned, around), tuple[str, ...](), ""
    has_keys = any(case.is_whole for case in cases)
    if verifying is not None and has_keys and not scanned.interrupted:
        try:
            around.provide()
        except GuardError as error:
            undone = (f"No key was verified: {error} {error.remedy}",)
        else:
            cases, acted_as = _verified(cases, verifying, responding, around, investigating)
    report = assemble(scanned, cases, undone, include_malformed=include_malformed)
    return replace(report, acted_as=acted_as)


def _scanned(scanning: Scanning, around: Surroundings) -> tuple[Scan, tuple[str, ...]]:
    """Scan, and once more where what was unopened wants but a module that can be installed."""
    scanned = _scanned_once(scanning, around)
    wanted = sorted({gap.wants for gap in scanned.not_scanned if gap.wants and gap.counts})
    if not wanted or scanned.interrupted:
        return scanned, ()
    _masked(scanned, _keeping_out(around))  # before anything else is printed
    try:
        installed = around.unpack_by(wanted)
    except GuardError as error:
        return scanned, (f"Not everything was opened: {error} {error.remedy}",)
    return (_scanned_once(scanning, around) if installed else scanned), ()


def _scanned_once(scanning: Scanning, around: Surroundings) -> Scan:
    with around.watch() as progress:
        return scan(scanning, around.environment, progress)


def _masked(scanned: Scan, around: Surroundings) -> tuple[Case, ...]:
    """Return a case for each key, which nothing shows from now on."""
    cases = tuple(map(Case, incidents_of(scanned.findings)))
    for case in cases:
        around.mask(case.incident.key.secret)
    return cases


def _verified(
    cases: tuple[Case, ...],
    verifying: Verifying,
    responding: Responding | None,
    around: Surroundings,
    investigating: Investigating | None,
) -> tuple[tuple[Case, ...], str]:
    """Return the cases with what became of them, and as whom AWS was asked."""
    from bedrock_key_guard.pipeline import dependencies

    with dependencies.open_witnesses(verifying, around) as (sessions, witnesses):
        from bedrock_key_guard.respond.consent import Consent
        from bedrock_key_guard.verify.verifier import Verifier

        respond, consent = None, Consent(around.ask)
        if responding is not None:
            respond = dependencies.response(responding, sessions, witnesses, around, consent)
        verifier = Verifier(witnesses, max_probes=verifying.max_probes, keys=len(cases))
        cases = _dated(_judged(cases, verifier, respond, around, consent))
        if investigating is not None:
            investigator = dependencies.investigator(investigating, sessions, witnesses)
            cases = investigator.with_usage(cases)
        return cases, sessions.acting


def _dated(cases: tuple[Case, ...]) -> tuple[Case, ...]:
    """Say of the worst keys since when they are in their files: no key has to wait for it."""
    from bedrock_key_guard.scan.committed import dated

    whole = [case for case in cases if case.is_whole]
    worst = {case.incident.fingerprint for case in worst_first(whole)[:MOST_DATED]}
    return tuple(
        replace(case, incident=dated(case.incident)) if case.incident.fingerprint in worst else case
        for case in cases
    )


def _keeping_out(around: Surroundings) -> Surroundings:
    """Keep every key that is masked out of what this process shows, too."""

    def mask(secret: Secret) -> None:
        from bedrock_key_guard.text.redaction import keep_out

        keep_out(secret)
        around.mask(secret)

    return replace(around, mask=mask)


def _judged(
    cases: tuple[Case, ...],
    verifier: Verifier,
    respond: Respond | None,
    around: Surroundings,
    consent: Consent,
) -> tuple[Case, ...]:
    """Verify every case, and answer each verdict the moment it is reached and may be answered.

    What has to wait for time to pass, such as the confirmation of an answer, begins when every key
    has been probed and every write is made, and then all wait side by side.
    """
    from bedrock_key_guard.verify.verifier import for_each_key

    def settle(case: Case, key: WholeKey) -> Steps[Case]:
        verdict = yield from verifier.judge(key)
        outcome = (yield from respond(case.incident, verdict)) if respond else None
        return replace(case, verdict=verdict, outcome=outcome)

    return for_each_key(cases, settle, around.clock, around.sleep, consent.settle)
