from __future__ import annotations

import json
from pathlib import Path

import pytest

from bedrock_key_guard.action.results import (
    MOST_INCIDENTS,
    RunFiles,
    write_results,
)
from bedrock_key_guard.action.runner import Runner
from bedrock_key_guard.pipeline.options import default_ledger
from bedrock_key_guard.report.report import Report, exit_code, may_name_places
from tests.unit.outputs import read_outputs
from tests.unit.report import samples

RUN = {
    "GITHUB_RUN_ID": "4711",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_JOB": "guard",
    "GITHUB_ACTION": "__acme/x.y_2",
}


def outputs(report: Report, folder: Path, *, sarif: bool = False) -> dict[str, str]:
    file = folder / "outputs"
    runner = Runner({"GITHUB_OUTPUT": str(file)}, lambda _: None)
    write_results(report, RunFiles(folder / "run", "-1-1"), runner, sarif=sarif)
    return read_outputs(file)


def test_the_files_of_a_run_are_named_by_run_attempt_job_and_step(tmp_path: Path) -> None:
    files = RunFiles.of({**RUN, "RUNNER_TEMP": str(tmp_path)})
    assert [files.report.name, files.sarif.name, files.ledger.name] == [
        "report-4711-2-guard-__acme-x-y_2.json",
        "report-4711-2-guard-__acme-x-y_2.sarif",
        "ledger-4711-2-guard-__acme-x-y_2.jsonl",
    ]
    assert files.folder.parent == tmp_path
    assert RunFiles.of({**RUN, "RUNNER_TEMP": str(tmp_path)}).folder != files.folder


def test_outside_of_a_job_the_ledger_is_the_usual_one(home: Path) -> None:
    ledger = RunFiles.of({}).ledger
    assert ledger == default_ledger()
    assert ledger.is_relative_to(home)


def test_the_outputs_name_those_files_alone_that_are_there(tmp_path: Path) -> None:
    found = outputs(samples.rich(), tmp_path)
    assert (found["sarif-file"], found["ledger-file"]) == ("", "")
    assert Path(found["report-file"]).is_file()
    (tmp_path / "run" / "ledger-1-1.jsonl").touch()
    found = outputs(samples.rich(), tmp_path, sarif=True)
    assert Path(found["sarif-file"]).is_file()
    assert Path(found["ledger-file"]).is_file()


def test_other_steps_are_told_of_each_key_and_of_no_place(tmp_path: Path) -> None:
    report = samples.rich()
    text = outputs(report, tmp_path)["incidents"]
    found = json.loads(text)
    assert len(found) == len(report.cases)
    told = {each["fingerprint"][:12]: each for each in found}["1a2b3c4d5e6f"]
    assert told == {
        "fingerprint": samples.long_term().fingerprint,
        "family": "bedrock-long-term",
        "verdict": "live",
        "alias": samples.ALIAS,
        "state": "stopped",
        "issue": "https://github.com/o/r/issues/7",
    }
    assert found[0]["state"] == "live"
    assert not any(place.path in text for place in report.cases[0].incident.locations)


def test_the_output_fits_into_a_variable_of_a_step(tmp_path: Path) -> None:
    case = samples.case(samples.long_term(alias="a" * 128), issue_url="https://x.y/" + "z" * 200)
    text = outputs(samples.report(*[case] * 1_000), tmp_path)["incidents"]
    assert len(json.loads(text)) == MOST_INCIDENTS
    assert len(text) < 128 * 1024


@pytest.mark.parametrize("visibility", ["public", "unknown", "private", "internal"])
@pytest.mark.parametrize("state", ["live", "unverified", "rejected", "dead"])
def test_sarif_is_for_owners_unless_every_key_is_dead(state: str, visibility: str) -> None:
    dead = samples.case(verdict=samples.verdict("dead"))
    other = samples.case(verdict=samples.verdict(state))  # type: ignore[arg-type]
    owners = visibility in ("private", "internal")
    report = samples.report(dead, other)
    assert may_name_places(report, visibility) is (owners or state == "dead")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (samples.report(incomplete=("It met a bound.",)), 0),
        (samples.report(samples.case(), incomplete=("It met a bound.",)), 1),
    ],
)
def test_who_only_wants_to_be_told_is_not_failed_by_what_is_missing(
    report: Report, code: int
) -> None:
    assert exit_code(report, "any", fail_on_incomplete=False) == code
    assert exit_code(report, "any") in (1, 4)
