from __future__ import annotations

from pathlib import Path

import pytest

from bedrock_key_guard.action.checkout import Checkout
from bedrock_key_guard.action.event import Event
from bedrock_key_guard.action.inputs import read_inputs
from bedrock_key_guard.action.job_facts import job_of, kind_of_token
from bedrock_key_guard.model.findings import Scanned
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from bedrock_key_guard.report.report import Job

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none"}
TOKEN = {"INPUT_GITHUB_TOKEN": "ghs_x"}
CODE, TEXT = Scanned(("range", "working-tree")), Scanned(("event",))


@pytest.fixture(autouse=True)
def nobodys_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))


def told(
    environment: dict[str, str],
    *,
    untrusted: str | None = None,
    foreign: str | None = None,
    scanned: Scanned = CODE,
) -> Job:
    event = Event("push", "acme/app", "octocat", "", "1", "", "", {}, untrusted)
    checkout = Checkout(ScannedCode("", "acme/app", ""), foreign)
    job = job_of(environment, read_inputs(environment), event, checkout, scanned)
    assert job is not None
    return job


@pytest.mark.parametrize(
    ("environment", "could_not"),
    [
        ({**KEYS, **TOKEN}, ()),
        (TOKEN, ("ask whether a key is live (no AWS credentials)",)),
        ({**TOKEN, "INPUT_VERIFY": "false"}, ("ask whether a key is live (verify is false)",)),
        (KEYS, ("open an issue (github-token is empty)",)),
        ({**KEYS, **TOKEN, "INPUT_RESPOND": "off"}, ("change anything (respond is off)",)),
        (
            {**KEYS, **TOKEN, "INPUT_REPORT_ISSUE": "never"},
            ("open an issue (report-issue is never)",),
        ),
    ],
)
def test_what_could_not_have_been_done_is_known_without_a_key(
    environment: dict[str, str], could_not: tuple[str, ...]
) -> None:
    assert told(environment).could_not == could_not


@pytest.mark.parametrize(
    ("untrusted", "foreign", "scanned", "could_not"),
    [
        ("a fork", "other code", CODE, ("change anything (a fork)",)),
        (None, "other code", CODE, ("answer a key of the code (other code)",)),
        (None, "other code", TEXT, ()),
    ],
)
def test_whom_the_run_may_not_answer_is_said(
    untrusted: str | None, foreign: str | None, scanned: Scanned, could_not: tuple[str, ...]
) -> None:
    job = told({**KEYS, **TOKEN}, untrusted=untrusted, foreign=foreign, scanned=scanned)
    assert job.could_not == could_not


def test_outside_of_actions_there_is_no_job() -> None:
    assert job_of({}, read_inputs({}), None, None, CODE) is None


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("", ""),
        ("ghs_a", "the token of a job or an app"),
        ("ghp_a", "the token of a person"),
        ("github_pat_a", "the token of a person"),
        ("gho_a", "the token of an app for a person"),
        ("0123", "a token"),
    ],
)
def test_a_token_is_told_by_how_it_begins_and_never_itself(token: str, kind: str) -> None:
    assert kind_of_token(token) == kind
