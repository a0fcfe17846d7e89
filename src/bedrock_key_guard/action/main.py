"""Open the guard's door for GitHub: what `action.yml` runs.

The order is: mask every key, contain, then announce. Inputs come as `INPUT_*` variables, set by
`action.yml`; nothing in the tree that is scanned has a say.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from bedrock_key_guard.action.checkout import checkout_of, vouched
from bedrock_key_guard.action.deepening import reading, with_wiki
from bedrock_key_guard.action.event import Event
from bedrock_key_guard.action.inputs import read_inputs
from bedrock_key_guard.action.job_facts import job_of
from bedrock_key_guard.action.libraries import Libraries
from bedrock_key_guard.action.runner import Runner, writing
from bedrock_key_guard.aws.ambient import credentials_in
from bedrock_key_guard.console.progress_display import watching
from bedrock_key_guard.console.standard_streams import report_error, warn_of_reset, write
from bedrock_key_guard.errors import GuardError, InterruptedRunError, as_guard_error
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import Surroundings, default_ledger
from bedrock_key_guard.report.github.annotations import as_annotations
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.json.json_report import as_json
from bedrock_key_guard.report.report import counts, exit_code, result
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
    "Add aws-actions/configure-aws-credentials before this step, or set `verify: false`."
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
    folder = _folder(environment)
    checkout = checkout_of(inputs.path, event) if event is not None else None
    is_ours = checkout is not None and checkout.is_of_ours
    read = with_wiki(reading(inputs, event, folder, ours=is_ours), inputs, event, folder)
    checkout = vouched(checkout, read.scanning.commits) if checkout else None
    responding = inputs.responding(
        folder / "ledger.jsonl", _distrust(event), checkout.foreign if checkout else None
    )
    libraries = Libraries(folder, environment, runner.log)
    if inputs.verify:
        warn_of_reset(responding.policy)
    report = pipeline.run(
        read.scanning,
        inputs.verifying(event) if inputs.verify else None,
        responding if inputs.verify else None,
        Surroundings(
            environment,
            mask=runner.mask,
            provide=libraries.provide,
            watch=lambda: watching(sys.stderr, environment),
        ),
        inputs.investigating(),
    )
    if read.told:
        report = _noted(report, read.told)
    report = replace(report, job=job_of(environment, inputs, event, checkout, report.scan.scanned))
    if inputs.verify and not credentials_in(environment):
        report = _warned(report, _no_credentials(event))
    report, visibility = _announce(
        _left_unread(report, inputs, event), inputs, event, checkout, libraries
    )
    _tell(report, visibility, runner)
    _write_outputs(report, folder / "report.json", runner)
    if inputs.summary:
        source = checkout.source if checkout else None
        runner.summary(as_markdown(report, visibility=visibility, source=source))
    return exit_code(report, inputs.fail_on)


def _folder(environment: Mapping[str, str]) -> Path:
    """Return where the run keeps its files: a new folder beside the job's, or else one at home.

    Others may have taken a name that they know, for a link to where they want the report to be.
    Raises IncompleteError where none can be made.
    """
    temporary = environment.get("RUNNER_TEMP")
    if not temporary:
        return default_ledger().parent
    with writing(temporary):
        return Path(mkdtemp(prefix="bedrock-key-guard.", dir=temporary))


def _distrust(event: Event | None) -> str | None:
    """Return why the run may change nothing, or None where it may."""
    return _NO_EVENT if event is None else event.untrusted


def _left_unread(report: Report, inputs: Inputs, event: Event | None) -> Report:
    """Say in the report what somebody may think was read, and was not."""
    if inputs.scan.scan == "auto" and {*report.scan.scanned.sources} - {"event"} == _FILES:
        report = _noted(report, _FILES_ALONE)
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
    libraries: Libraries,
) -> tuple[Report, Visibility]:
    """Bring the issues up to date, and find out who can read this run.

    What keeps it from that is written beside what the run did, and never hides it.
    """
    if event is None or checkout is None:
        return report, "unknown"
    if inputs.report_issue != "never":
        report = _obstructed(report, inputs, event)
    if not (inputs.github_token and report.cases) or report.scan.interrupted:
        return report, event.visibility
    try:
        libraries.provide()
        from bedrock_key_guard.action.announcing import announced

        return announced(report, inputs, event, checkout)
    except Exception as error:  # noqa: BLE001  # least of all an error of our own may hide it
        known = as_guard_error(error)
        lost = f"No issue was opened or changed: {known} {known.remedy}"
        return _warned(report, lost), event.visibility


def _obstructed(report: Report, inputs: Inputs, event: Event) -> Report:
    """Say what keeps this run from writing issues, if anything is known to."""
    if event.untrusted is not None:
        left_alone = f"No issue was opened or changed: {event.untrusted}."
        return _noted(report, left_alone) if report.cases else report
    if inputs.github_token:
        return report
    lost = "was opened or changed" if report.cases else "could be opened if a key were found"
    return _warned(report, f"No issue {lost}: {_EMPTY_INPUT}")


def _noted(report: Report, note: str) -> Report:
    return replace(report, notes=(*report.notes, note))


def _warned(report: Report, warning: str) -> Report:
    return replace(report, warnings=(*report.warnings, warning))


def _tell(report: Report, visibility: Visibility, runner: Runner) -> None:
    """Write the log, which in a public repository is public, and the annotations."""
    runner.log(as_text(report, visibility=visibility))
    for line in as_annotations(report, visibility=visibility):
        runner.command(line)


def _write_outputs(report: Report, path: Path, runner: Runner) -> None:
    """Write the report to a file of this job, and set the outputs."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(as_json(report), encoding="utf-8")
    total = counts(report)
    urls = [*dict.fromkeys(case.issue_url for case in report.cases if case.issue_url)]
    outputs = {
        "result": result(report),
        "findings": str(total.keys),
        "live": str(total.live),
        "responded": str(total.responded),
        "unverified": str(total.unverified),
        "report-file": str(path),
        "issue-urls": json.dumps(urls),
    }
    for name, value in outputs.items():
        runner.output(name, value)
