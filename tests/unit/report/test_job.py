from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_key_guard.model.findings import Scan, Scanned
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.job import statement
from bedrock_key_guard.report.report import Job, Report, Visibility
from bedrock_key_guard.report.terminal.text import as_text

ROLE = "arn:aws:iam::111122223333:role/BedrockKeyGuard"
ACTED = "arn:aws:sts::111122223333:assumed-role/BedrockKeyGuard/job"
RANGE = f"{'a' * 40}..{'b' * 40} (3 commits)"
JOB = Job("push", "temporary credentials", ROLE, "the token of a job or an app")
REPORT = Report(Scan(scanned=Scanned(("range", "working-tree"), 14, 3200, RANGE)), job=JOB)


READ = f"Event push: new commits, files {'a' * 12}..{'b' * 12} (3 commits), 14 files, 3.2 kB"
GITHUB = "GitHub: the token of a job or an app"
NOBODY = "Event issues: the event's own text, 1 file, 1 byte. AWS: no credentials, a key found now"
UNABLE = "It could not sleep (noise), nor rest"
LACKING = replace(JOB, could_not=("sleep (noise)", "rest"))


@pytest.mark.parametrize(
    ("report", "visibility", "expected"),
    [
        (
            REPORT,
            "private",
            f"{READ}. AWS: temporary credentials of {ROLE}, not checked. {GITHUB}.",
        ),
        (
            replace(REPORT, acted_as=ACTED, job=LACKING),
            None,
            f"{READ}. AWS: temporary credentials of {ACTED}, checked. {GITHUB}. {UNABLE}.",
        ),
        (
            Report(Scan(scanned=Scanned(("event",), 1, 1)), job=Job("issues", "", "", "")),
            "public",
            f"{NOBODY} would stay unverified. GitHub: no token.",
        ),
        (Report(Scan(), job=None), "private", ""),
    ],
)
def test_one_line_says_what_was_read_as_whom_and_what_could_not_have_been_done(
    report: Report, visibility: Visibility | None, expected: str
) -> None:
    assert statement(report, visibility) == expected


@pytest.mark.parametrize("visibility", ["public", "unknown"])
@pytest.mark.parametrize("acted_as", ["", ACTED])
def test_strangers_are_not_told_which_role_it_is(visibility: Visibility, acted_as: str) -> None:
    line = statement(replace(REPORT, acted_as=acted_as), visibility)
    assert "AWS: temporary credentials, " in line
    assert "111122223333" not in line


def test_the_log_and_the_summary_have_the_line() -> None:
    for told in (as_text(REPORT, visibility="private"), as_markdown(REPORT, visibility="private")):
        assert "Event push: new commits" in told
    assert "Event" not in as_text(Report(Scan()))
