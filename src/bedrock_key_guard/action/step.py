"""Open the guard's door for GitHub: what `action.yml` runs.

The order is: mask every key, contain, then announce. Inputs come as `INPUT_*` variables, set by
`action.yml`; nothing in the tree that is scanned has a say.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.action.checkout import checkout_of, reading, vouched, with_wiki
from bedrock_key_guard.action.event import LOOKS_AFTER, Event
from bedrock_key_guard.action.inputs import read_inputs
from bedrock_key_guard.action.job_facts import job_of
from bedrock_key_guard.action.libraries import Libraries
from bedrock_key_guard.action.lifting import Lifting, lifted
from bedrock_key_guard.action.results import NO_SARIF, RunFiles, write_results
from bedrock_key_guard.action.runner import Runner
from bedrock_key_guard.aws.ambient import credentials_in
from bedrock_key_guard.console.progress_display import watching
from bedrock_key_guard.console.standard_streams import report_error, warn_of_reset, write
from bedrock_key_guard.errors import GuardError, InterruptedRunError, as_guard_error
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import Surroundings
from bedrock_key_guard.report.github.annotations import as_annotations
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.report import exit_code, may_name_places
from bedrock_key_guard.report.terminal.text import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.action.checkout import Checkout
    from bedrock_key_guard.action.inputs import Inputs
    from bedrock_key_guard.report.report import Report, Result, Visibility

_ERROR: Result = "error"
_NO_EVENT = "the run was not started by GitHub Actions"
_FILES = {"working-tree"}
_FILES_ALONE = "No commits were read, only files: what was scanned is in no Git repository."
_NO_CREDENTIALS = "The job has no AWS credentials: a key found now would stay unverified and live."
_GIVE_CREDENTIALS = (
    "Add aws-actions/configure-aws-credentials before this step, or see in its log why it gave "
    "none, or set `verify: false`."
)
_EMPTY_INPUT = (
    "the input `github-token` is empty, as a secret is that the job has not got. Leave it out for "
    "the job's own token, or set `report-issue: never`."
)


def main(environment: Mapping[str, str] = os.environ) -> int:
    """Scan, verify, respond, announce; return the exit code by `fail-on`."""
    runner = Runner(environment, write)
    try:
        return _run(environment, runner)
    except KeyboardInterrupt:
        return _failed(InterruptedRunError("The run was interrupted."), runner)
    except Exception as error:  # noqa: BLE001  # people get a sentence, never a traceback
        return _failed(error, runner)


def _failed(error: Exception, runner: Runner) -> int:
    """Tell people and the steps after this one, as far as the runner still takes anything."""
    with suppress(GuardError):
        runner.output("result", _ERROR)
    return report_error(error, annotate=True)


def _run(environment: Mapping[str, str], runner: Runner) -> int:
    inputs = read_inputs(environment)
    event = Event.from_environment(environment)
    files = RunFiles.of(environment)
    checkout = checkout_of(inputs.path, event) if event is not None else None
    is_ours = checkout is not None and checkout.is_of_ours
    read = reading(inputs, event, files.folder, ours=is_ours)
    read = with_wiki(read, inputs, event, files.folder)
    checkout = vouched(checkout, read.scanning.commits) if checkout else None
    foreign = checkout.foreign if checkout else None
    responding = inputs.responding(files.ledger, _distrust(event), foreign)
    libraries = Libraries(files.folder, environment, runner.log)
    if inputs.verify:
        warn_of_reset(responding.policy)
    around = Surroundings(
        environment,
        mask=runner.mask,
        provide=libraries.provide,
        unpack_by=libraries.unpack_by,
        watch=lambda: watching(sys.stderr, environment),
    )
    report = pipeline.run(
        read.scanning,
        inputs.verifying(event) if inputs.verify else None,
        responding if inputs.verify else None,
        around,
        inputs.investigating(),
    )
    if read.told:
        report = report.noted(read.told)
    report = replace(report, job=job_of(environment, inputs, event, checkout, report.scan.scanned))
    if inputs.verify and not credentials_in(environment):
        report = report.warned(_no_credentials(event))
    report = _left_unread(report, inputs, event)
    report, visibility = _announce(report, inputs, event, checkout, around)
    if inputs.lift and _distrust(event) is None:
        lifting = Lifting.of(inputs, files.ledger, utc_now())
        report = lifted(report, lifting, around, visibility)
    # Readers of the repository see its alerts.
    sarif = inputs.sarif and may_name_places(report, visibility)
    if inputs.sarif and not sarif:
        report = report.noted(NO_SARIF)
    _tell(report, visibility, runner)
    write_results(report, files, runner, sarif=sarif)
    if inputs.summary:
        source = checkout.source if checkout else None
        runner.summary(as_markdown(report, visibility=visibility, source=source))
    return exit_code(report, inputs.fail_on, fail_on_incomplete=inputs.fail_on_incomplete)


def _distrust(event: Event | None) -> str | None:
    """Return why the run may change nothing, or None where it may."""
    return _NO_EVENT if event is None else event.untrusted


def _left_unread(report: Report, inputs: Inputs, event: Event | None) -> Report:
    """Say in the report what somebody may think was read, and was not."""
    if inputs.scan.scan == "auto" and {*report.scan.scanned.sources} - {"event"} == _FILES:
        report = report.noted(_FILES_ALONE)
    if event is not None and event.unreadable:
        unknown = f"What the event was about is not known: {event.unreadable}."
        report = replace(report, incomplete=(*report.incomplete, unknown))
    return report


def _no_credentials(event: Event | None) -> str:
    """Say what the job lacks on the day before a leak, when it can still be mended."""
    if event is None or event.untrusted is None:
        return f"{_NO_CREDENTIALS} {_GIVE_CREDENTIALS}"
    return f"{_NO_CREDENTIALS} Nothing could be changed with any: {event.untrusted}."


def _announce(
    report: Report,
    inputs: Inputs,
    event: Event | None,
    checkout: Checkout | None,
    around: Surroundings,
) -> tuple[Report, Visibility]:
    """Bring the issues up to date, and find out who can read this run.

    What keeps it from that is written beside what the run did, and never hides it.
    """
    if event is None or checkout is None:
        return report, "unknown"
    if inputs.report_issue != "never":
        report = _obstructed(report, inputs, event)
    has_keys = any(case.is_whole for case in report.cases)
    looks = has_keys or (event.name in LOOKS_AFTER and inputs.report_issue != "never")
    if not (inputs.github_token and looks) or report.scan.interrupted:
        return report, event.visibility
    try:
        around.provide()
        from bedrock_key_guard.action.announcing import announced

        return announced(report, inputs, event, checkout, around)
    except Exception as error:  # noqa: BLE001  # least of all an error of our own may hide it
        known = as_guard_error(error)
        lost = f"No issue was opened or changed: {known} {known.remedy}"
        return report.warned(lost), event.visibility


def _obstructed(report: Report, inputs: Inputs, event: Event) -> Report:
    """Say what keeps this run from writing issues, if anything is known to."""
    if event.untrusted is not None:
        left_alone = f"No issue was opened or changed: {event.untrusted}."
        return report.noted(left_alone) if report.cases else report
    if inputs.github_token:
        return report
    lost = "was opened or changed" if report.cases else "could be opened if a key were found"
    return report.warned(f"No issue {lost}: {_EMPTY_INPUT}")


def _tell(report: Report, visibility: Visibility, runner: Runner) -> None:
    """Write the log, which in a public repository is public, and the annotations."""
    runner.log(as_text(report, visibility=visibility))
    for line in as_annotations(report, visibility=visibility):
        runner.command(line)
