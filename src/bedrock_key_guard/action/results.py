"""Leave what a run has found where the steps after it find it: files, and the step's outputs.

Sources: https://docs.github.com/en/actions/reference/workflows-and-actions/variables (what names a
run, its attempt, a job and a step).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from bedrock_key_guard.action.runner import writing
from bedrock_key_guard.keys.key import LongTermKey
from bedrock_key_guard.pipeline.options import default_ledger
from bedrock_key_guard.report.json.encode import Json, encode
from bedrock_key_guard.report.json.json_report import as_json
from bedrock_key_guard.report.report import counts, result
from bedrock_key_guard.report.sarif.sarif_report import as_sarif
from bedrock_key_guard.report.status import status, worst_first

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.action.runner import Runner
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.report import Report

NO_SARIF = (
    "No SARIF file was written: others may read this repository's alerts, and a key of this run is "
    "not proven dead."
)
MOST_INCIDENTS = 100
"""Keys in the output: a step takes it from a variable, of which Linux allows 128 KiB."""

_UNFIT = re.compile(r"[^A-Za-z0-9_]+")
_NAMES = ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB", "GITHUB_ACTION")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Name the files of a run: in a folder of its own, and so that those of many can lie together.

    `name` holds run, attempt, job and step, as far as the runner says them.
    """

    folder: Path
    name: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> RunFiles:
        """Name those of this run: in a new folder beside the job's files, or else in one at home.

        Others may have taken a name that they know, for a link to where they want the report to be.
        Raises IncompleteError where no folder can be made.
        """
        said = (_UNFIT.sub("-", environment.get(name, "")) for name in _NAMES)
        name = "".join(f"-{each}" for each in said if each)
        temporary = environment.get("RUNNER_TEMP")
        if not temporary:
            return cls(default_ledger().parent, name)
        with writing(temporary):
            return cls(Path(mkdtemp(prefix="bedrock-key-guard.", dir=temporary)), name)

    @property
    def report(self) -> Path:
        """Return the file of the JSON report."""
        return self.folder / f"report{self.name}.json"

    @property
    def sarif(self) -> Path:
        """Return the file of the SARIF report."""
        return self.folder / f"report{self.name}.sarif"

    @property
    def ledger(self) -> Path:
        """Return the file that remembers what the run changed."""
        return self.folder / f"ledger{self.name}.jsonl"


def write_results(report: Report, files: RunFiles, runner: Runner, *, sarif: bool) -> None:
    """Write the files, and set the outputs. Raises IncompleteError where that is not possible."""
    _write(files.report, as_json(report))
    if sarif:
        _write(files.sarif, as_sarif(report))
    total = counts(report)
    urls = [*dict.fromkeys(case.issue_url for case in report.cases if case.issue_url)]
    outputs = {
        "result": result(report),
        "findings": str(total.keys),
        "live": str(total.live),
        "responded": str(total.responded),
        "unverified": str(total.unverified),
        "incidents": _incidents(report),
        "report-file": str(files.report),
        "sarif-file": str(files.sarif) if sarif else "",
        "ledger-file": str(files.ledger) if files.ledger.exists() else "",
        "issue-urls": json.dumps(urls),
    }
    for name, value in outputs.items():
        runner.output(name, value)


def _write(path: Path, text: str) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_bytes(text.encode())


def _incidents(report: Report) -> str:
    kept = worst_first(report.cases)[:MOST_INCIDENTS]
    return json.dumps([encode(_incident(case), {}) for case in kept])


def _incident(case: Case) -> Json:
    key = case.incident.key
    return {
        "fingerprint": case.incident.fingerprint,
        "family": key.family.name,
        "verdict": case.verdict.state if case.verdict else None,
        "alias": key.alias if isinstance(key, LongTermKey) else None,
        "state": status(case),
        "issue": case.issue_url,
    }
