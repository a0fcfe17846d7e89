from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.action.step import _distrust, main
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.pipeline import pipeline
from bedrock_key_guard.pipeline.options import Investigating, Responding, Surroundings, Verifying
from bedrock_key_guard.report.report import Report
from bedrock_key_guard.scan.scanning import Scanning
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import checked_out
from tests.unit.github.doubles import FakeTime
from tests.unit.outputs import read_outputs
from tests.unit.report import samples

REPOSITORY, ACCOUNT = "acme/app", "111122223333"
KEY = keysmith.long_term()
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "none"}
PUSH = {"repository": {"full_name": REPOSITORY, "private": True, "visibility": "private"}}
PUBLIC = {"repository": {"full_name": REPOSITORY, "private": False, "visibility": "public"}}
FORK = {
    **PUBLIC,
    "pull_request": {
        "head": {"repo": {"full_name": "stranger/app"}},
        "base": {"repo": {"full_name": REPOSITORY}},
    },
}


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """Serve GitHub, and let the action wait for it without any time passing."""
    impatient = partial(GitHub, pace=FakeTime().pace())
    monkeypatch.setattr("bedrock_key_guard.action.announcing.GitHub", impatient)
    with GitHubServer() as server:
        server.add_repository(REPOSITORY)
        yield server


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run wait for AWS without any time passing."""
    time = FakeTime()
    surroundings = partial(Surroundings, sleep=time.sleep, clock=time.clock)
    monkeypatch.setattr("bedrock_key_guard.action.step.Surroundings", surroundings)


@dataclass
class Job:
    """Hold what a runner gives to a step, and read what the step leaves behind."""

    folder: Path
    github: GitHubServer
    token: str
    aws: Mapping[str, str] = field(default_factory=dict)
    event: Mapping[str, Any] = field(default_factory=lambda: PUSH)
    event_name: str = "push"
    unset: tuple[str, ...] = ()
    commit: str = ""

    def run(self, **inputs: str) -> int:
        """Run the action, with `inputs`, or with variables where their name is in capitals."""
        (self.folder / "event.json").write_text(json.dumps(self.event), encoding="utf-8")
        environment = {
            **self.aws,
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "octocat",
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_EVENT_NAME": self.event_name,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_OUTPUT": str(self.folder / "outputs"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ID": "4711",
            "GITHUB_SERVER_URL": self.github.server_url,
            "GITHUB_SHA": self.commit or "3" * 40,
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "INPUT_PATH": str(self.tree),
            "INPUT_SCAN": "tree" if self.commit else "auto",
            "INPUT_GITHUB_TOKEN": self.token,
            **{k if k.isupper() else f"INPUT_{k.upper()}": v for k, v in inputs.items()},
        }
        return main({k: v for k, v in environment.items() if k not in self.unset})

    def leak(self, text: str, name: str = "leak.env") -> None:
        self.tree.mkdir(exist_ok=True)
        (self.tree / name).write_text(f"KEY={text}\n", encoding="utf-8")

    @property
    def tree(self) -> Path:
        return self.folder / "tree"

    @property
    def outputs(self) -> dict[str, str]:
        return read_outputs(self.folder / "outputs")

    @property
    def summary(self) -> str:
        path = self.folder / "summary"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    @property
    def report(self) -> Any:
        return json.loads(Path(self.outputs["report-file"]).read_text(encoding="utf-8"))

    @property
    def issues(self) -> list[Any]:
        return self.github.issues(REPOSITORY)


@pytest.fixture
def job(github: GitHubServer, tmp_path: Path) -> Job:
    job = Job(tmp_path, github, github.add_actions_token(REPOSITORY))
    job.tree.mkdir()
    (job.folder / "temp").mkdir()
    (job.tree / "README").touch()
    return job


# ── with AWS ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def leaked(sandbox: Sandbox, environment: dict[str, str], job: Job) -> Leaked:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    job.aws = environment
    job.commit, _ = checked_out(job.tree)
    job.leak(leaked.key)
    return leaked


def test_a_live_key_is_made_dead_and_its_owners_are_told(
    job: Job, leaked: Leaked, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.run() == 1
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    (issue,) = job.issues
    assert json.loads(job.outputs.pop("issue-urls")) == [issue["html_url"]]
    assert json.loads(job.outputs["incidents"])[0]["issue"] == issue["html_url"]
    named = dict.fromkeys(("report-file", "ledger-file", "issue-urls", "incidents"), "")
    assert job.outputs | named == named | {
        "result": "findings",
        "findings": "1",
        "live": "1",
        "responded": "1",
        "unverified": "0",
        "sarif-file": "",
    }
    (incident,) = job.report["incidents"]
    assert incident["outcome"]["confirmed_dead"] is True
    assert incident["issue_url"] == issue["html_url"]
    assert "actions/runs/4711" in issue["body"]
    assert incident["fingerprint"][:12] in job.summary
    out, err = capsys.readouterr()
    assert err == ""
    assert incident["fingerprint"][:12] in out


def test_a_key_is_masked_before_anything_else_is_printed(
    job: Job, leaked: Leaked, capsys: pytest.CaptureFixture[str]
) -> None:
    job.leak(KEY, "second.env")
    job.run(respond="off")
    lines = capsys.readouterr().out.splitlines()
    masks = [line.startswith("::add-mask::") for line in lines]
    assert masks == sorted(masks, reverse=True)
    assert lines[masks.index(False)].startswith("::stop-commands::")
    for key in (KEY, leaked.key):
        assert f"::add-mask::{key}" in lines
        assert key[40:52] not in "".join(lines[masks.index(False) :])
    assert leaked.key[40:52] not in job.summary + json.dumps(job.report) + str(job.issues)


@pytest.mark.parametrize(
    ("event", "name"),
    [(FORK, "pull_request"), (PUSH, "pull_request_target"), ({}, "pull_request")],
)
def test_a_strangers_event_changes_nothing_and_tells_nobody(
    event: dict[str, Any], name: str, job: Job, leaked: Leaked, sandbox: Sandbox
) -> None:
    job.event, job.event_name = event, name
    assert job.run() == 1
    assert sandbox.writes() == ()
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Active"
    assert job.issues == []
    assert [request.method for request in job.github.requests("POST")] == []
    assert "No issue was opened or changed: " in job.summary
    (incident,) = job.report["incidents"]
    assert (incident["verdict"]["state"], incident["outcome"]["action"]) == ("live", "manual")


def test_outside_of_github_nothing_is_changed(
    job: Job, leaked: Leaked, sandbox: Sandbox, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job.unset = ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "RUNNER_TEMP")
    assert job.run() == 1
    assert sandbox.writes() == ()
    assert job.issues == []
    out = capsys.readouterr().out
    assert "::add-mask::" not in out
    assert leaked.key[40:52] not in out
    assert "not started by GitHub Actions" in out
    assert Path(job.outputs["report-file"]).is_relative_to(home)


def test_a_folder_that_somebody_else_has_made_is_not_used(job: Job, tmp_path: Path) -> None:
    job.leak(KEY)
    planted = tmp_path / "temp" / "bedrock-key-guard"
    planted.mkdir()
    (planted / "report-4711.json").symlink_to(tmp_path / "elsewhere")
    reports = set()
    for _ in range(2):
        assert job.run(verify="false") == 1
        text = (tmp_path / "outputs").read_text("utf-8")
        reports |= {line for line in text.splitlines() if line.endswith("report-4711.json")}
    assert len(reports) == 2
    assert not (tmp_path / "elsewhere").exists()
    for report in map(Path, reports):
        assert report.parent != planted
        assert (report.is_file(), report.parent.stat().st_mode & 0o777) == (True, 0o700)


def test_a_full_or_missing_temporary_folder_is_told_in_a_sentence(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    (job.folder / "temp").rmdir()
    assert job.run() == 4
    assert "cannot be written" in capsys.readouterr().err


# ── without ─────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Guard:
    """Stand in for the guard, and keep what it was asked."""

    report: Report = field(default_factory=samples.report)
    asked: list[tuple[Scanning, Verifying | None, Responding | None]] = field(default_factory=list)
    investigating: Investigating | None = None

    def run(
        self,
        scanning: Scanning,
        verifying: Verifying | None,
        responding: Responding | None,
        around: Surroundings,
        investigating: Investigating | None,
    ) -> Report:
        self.asked.append((scanning, verifying, responding))
        self.investigating = investigating
        around.mask(Secret(KEY))
        return self.report


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Guard:
    stand_in = Guard()
    monkeypatch.setattr(pipeline, "run", stand_in.run)
    return stand_in


def live() -> Report:
    key = samples.long_term()
    return samples.report(samples.case(key, samples.verdict("live", key=key)))


@pytest.mark.parametrize(("wanted", "asked"), [("true", Investigating()), ("false", None)])
def test_the_use_of_keys_is_looked_up_where_it_is_wanted(
    wanted: str, asked: Investigating | None, job: Job, stand_in: Guard
) -> None:
    job.run(timeline=wanted)
    assert stand_in.investigating == asked


def test_a_clean_run_is_silent_everywhere(
    job: Job, stand_in: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.run() == 0
    assert (job.outputs["result"], job.outputs["issue-urls"]) == ("clean", "[]")
    assert job.issues == []
    assert job.github.requests() == []


@pytest.mark.parametrize(("fail_on", "code"), [("any", 1), ("live", 1), ("none", 0)])
def test_the_step_fails_as_asked(fail_on: str, code: int, job: Job, stand_in: Guard) -> None:
    stand_in.report = live()
    assert job.run(fail_on=fail_on) == code
    assert job.outputs["result"] == "findings"


def test_a_run_that_only_scans_neither_verifies_nor_responds(job: Job, stand_in: Guard) -> None:
    job.run(verify="false")
    assert stand_in.asked[0][1:] == (None, None)
    job.run()
    _, verifying, responding = stand_in.asked[1]
    assert (verifying, responding and responding.policy.untrusted) == (
        Verifying(of_event=True),
        None,
    )
    assert responding is not None
    assert responding.ledger == Path(job.outputs["report-file"]).with_name("ledger-4711.jsonl")


def test_without_a_token_no_issue_is_tried(job: Job, stand_in: Guard) -> None:
    stand_in.report = live()
    assert job.run(github_token="") == 1
    assert job.github.requests() == []
    assert job.outputs["issue-urls"] == "[]"


def warnings(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what is shown as a warning beside the run."""
    start = "::warning title=Bedrock Key Guard::"
    lines = capsys.readouterr().out.splitlines()
    return [line.removeprefix(start) for line in lines if line.startswith(start)]


LOST = "No issue was opened or changed: the input `github-token` is empty"
COULD = "No issue could be opened if a key were found: the input `github-token` is empty"


@pytest.mark.parametrize(
    ("event", "name", "found", "report_issue", "told"),
    [
        (PUSH, "push", True, "auto", LOST),
        (PUSH, "push", True, "always", LOST),
        (PUSH, "push", False, "auto", COULD),
        (PUSH, "push", True, "never", ""),
        (FORK, "pull_request", True, "auto", ""),
        (FORK, "pull_request", False, "auto", ""),
    ],
)
def test_an_empty_token_is_a_warning_where_it_loses_an_issue(
    *,
    event: dict[str, Any],
    name: str,
    found: bool,
    report_issue: str,
    told: str,
    job: Job,
    stand_in: Guard,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job.event, job.event_name, job.aws = event, name, CREDENTIALS
    if found:
        stand_in.report = live()
    job.run(github_token="", report_issue=report_issue)
    assert [line[: len(told)] for line in warnings(capsys)] == ([told] if told else [])
    assert ("**Warning:** No issue" in job.summary) is bool(told)
    assert ("changed: the pull request comes from a fork" in job.summary) is (
        found and name == "pull_request"
    )


@pytest.mark.parametrize(
    ("verify", "aws", "warned"),
    [("true", {}, True), ("true", CREDENTIALS, False), ("false", {}, False)],
)
@pytest.mark.parametrize("found", [False, True])
def test_every_run_that_could_not_have_acted_says_so(
    *,
    verify: str,
    aws: dict[str, str],
    warned: bool,
    found: bool,
    job: Job,
    stand_in: Guard,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    job.aws = aws
    if found:
        stand_in.report = live()
    job.run(verify=verify, fail_on="any")
    told = warnings(capsys)
    assert ["a key found now would stay unverified" in line for line in told] == [True] * warned
    assert all("configure-aws-credentials" in line for line in told)


def test_a_run_that_may_change_nothing_is_not_told_to_get_credentials(
    job: Job, stand_in: Guard, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job.event, job.event_name = FORK, "pull_request"
    job.run()
    (told,) = warnings(capsys)
    assert "comes from a fork" in told
    assert "configure-aws-credentials" not in told


def test_an_issue_that_is_refused_is_a_warning_that_names_the_key(
    job: Job, stand_in: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    job.aws = CREDENTIALS
    job.github.state.repositories[REPOSITORY].has_issues = False
    stand_in.report = live()
    assert job.run() == 1
    (told,) = warnings(capsys)
    assert stand_in.report.cases[0].incident.fingerprint[:12] in told
    assert "Issues are disabled for this repo" in told


def test_no_issue_is_opened_where_none_is_wanted(job: Job, stand_in: Guard) -> None:
    stand_in.report = live()
    job.run(report_issue="never")
    asked = [(request.method, request.path) for request in job.github.requests()]
    assert asked == [("GET", f"/repos/{REPOSITORY}")]


@pytest.mark.parametrize(
    "inputs",
    [
        {"github_token": "no\ttoken"},
        {"issue_repository": "../../user"},
        {"issue_repository": "acme"},
        {"GITHUB_API_URL": "ftp://x"},
        {"GITHUB_API_URL": "http://127.0.0.1:9"},
        {"github_token": "nobodys"},
    ],
)
def test_whatever_keeps_us_from_github_what_was_done_is_told(
    inputs: dict[str, str], job: Job, stand_in: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.report = live()
    assert job.run(**inputs) == 1
    assert job.issues == []
    assert job.outputs["live"] == "1"
    assert "issue" in job.summary
    out, err = capsys.readouterr()
    assert err == ""
    assert "No issue was opened" in out or "An issue could not be written" in out


def test_issues_can_go_to_another_repository(
    job: Job, stand_in: Guard, github: GitHubServer
) -> None:
    github.add_repository("acme/security")
    job.token = github.add_token("octocat")
    github.state.repositories["acme/security"].pushers.add("octocat")
    stand_in.report = live()
    job.run(issue_repository="acme/security", issue_labels="a b, c", issue_assignees="octocat")
    (issue,) = github.issues("acme/security")
    assert {"a b", "c"} < {label["name"] for label in issue["labels"]}
    assert [one["login"] for one in issue["assignees"]] == ["octocat"]
    assert job.issues == []


@pytest.mark.parametrize(
    ("event", "visibility"),
    [
        (PUSH, "private"),
        (PUBLIC, "public"),
        ({}, "private"),
        ({}, "public"),
        (PUSH, "public"),
        (PUBLIC, "private"),
    ],
)
@pytest.mark.parametrize("report_issue", ["auto", "never"])
def test_a_public_run_does_not_say_where_a_live_key_stands(
    event: dict[str, Any],
    visibility: Any,
    report_issue: str,
    job: Job,
    stand_in: Guard,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """GitHub is asked: some events say nothing of it, and a repeated run has an old one."""
    job.github.state.repositories[REPOSITORY].visibility = visibility
    job.event = event
    key = samples.long_term()
    place = samples.at("deep/in/there.env")
    verdict = samples.verdict("live", key=key)
    stand_in.report = samples.report(samples.case(key, verdict, locations=(place,)))
    job.run(report_issue=report_issue)
    seen = capsys.readouterr().out + job.summary + str([issue["body"] for issue in job.issues])
    assert ("there.env" in seen) is (visibility == "private")
    assert job.report["incidents"][0]["locations"][0]["path"] == "deep/in/there.env"


def test_a_summary_is_written_unless_unwanted(job: Job, stand_in: Guard) -> None:
    stand_in.report = live()
    job.run(summary="false")
    assert job.summary == ""
    job.run()
    assert job.summary


def test_annotations_are_obeyed_and_the_log_is_not(
    job: Job, stand_in: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    stand_in.report = samples.rich()
    job.run()
    lines = capsys.readouterr().out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("::stop-commands::"))
    token = lines[start].removeprefix("::stop-commands::")
    end = lines.index(f"::{token}::")
    assert all(line.startswith("::add-mask::") for line in lines[:start])
    assert all(line.startswith(("::error", "::warning", "::notice")) for line in lines[end + 1 :])
    assert lines[end + 1 :]


def annotated(capsys: pytest.CaptureFixture[str]) -> str:
    """Check that one error, and nothing else, is shown beside the run, and return it."""
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("::error title=Bedrock Key Guard::")
    return line


# ── what goes wrong ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"fail_on": "some"}, "fail-on"),
        ({"respond": "reset"}, "store"),
        ({"allow_list": "no/such/file"}, "no/such/file"),
        ({"path": "no/such/path"}, "no/such/path"),
        ({"allowed_account_ids": "12"}, "allowed-account-ids"),
    ],
)
def test_a_wrong_input_is_one_sentence_before_anything_is_touched(
    inputs: dict[str, str], words: str, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.leak(KEY)
    assert job.run(**inputs) == 2
    assert words in annotated(capsys)
    assert job.github.requests() == []
    assert job.outputs == {"result": "error"}


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (ValueError(KEY), 70)])
def test_no_error_ends_in_a_traceback(
    error: BaseException,
    code: int,
    job: Job,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> Report:
        raise error

    monkeypatch.setattr(pipeline, "run", fail)
    assert job.run() == code
    assert job.outputs == {"result": "error"}
    err = annotated(capsys)
    assert "Traceback" not in err
    assert KEY[20:32] not in err


def test_an_error_of_ours_does_not_hide_what_was_done(
    job: Job, stand_in: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Report:
        raise TypeError(KEY)

    stand_in.report = live()
    monkeypatch.setattr("bedrock_key_guard.action.announcing.announce", fail)
    assert job.run() == 1
    assert job.outputs["live"] == "1"
    assert "No issue was opened or changed: Something went wrong inside the guard" in job.summary
    assert KEY[20:32] not in job.summary


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("issues", {**PUSH, "issue": {"title": KEY}}),
        ("issue_comment", {**PUSH, "comment": {"body": KEY}}),
        ("pull_request_review", {**FORK, "review": {"body": KEY}}),
        ("workflow_dispatch", {**PUSH, "inputs": {"text": KEY}}),
        ("pull_request", {**FORK, "title": KEY}),
        ("a_new_one", {**PUSH, "text": KEY}),
    ],
)
@pytest.mark.parametrize("scan", ["auto", "tree"])
def test_the_text_of_an_event_is_read_whatever_else_is(
    name: str, payload: dict[str, Any], scan: str, job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    job.event, job.event_name = payload, name
    assert job.run(scan=scan, verify="false", report_issue="never") == 1
    (incident,) = job.report["incidents"]
    assert [each["source"] for each in incident["locations"]] == ["event"]
    assert job.report["complete"] is (name != "a_new_one")
    assert KEY[20:32] not in capsys.readouterr().out.partition("::stop-commands::")[2]


def test_a_text_needs_no_checkout_and_one_that_is_not_known_is_never_clean(job: Job) -> None:
    (job.tree / "README").unlink()
    job.event_name = "issues"
    assert (job.run(), job.outputs["result"]) == (0, "clean")
    job.event_name = "a_new_one"
    assert (job.run(), job.outputs["result"]) == (4, "incomplete")
    assert "the event 'a_new_one'" in job.summary


@pytest.mark.parametrize("name", ["push", "workflow_dispatch"])
def test_a_run_whose_event_cannot_be_read_is_not_complete(
    name: str, job: Job, stand_in: Guard
) -> None:
    job.event_name = name
    assert job.run(GITHUB_EVENT_PATH=str(job.folder / "nowhere")) == 4
    assert job.outputs["result"] == "incomplete"
    assert "What the event was about is not known: the event file cannot be read" in job.summary
    assert job.report["complete"] is False


@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_what_cannot_be_written_is_named(
    name: str, job: Job, stand_in: Guard, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.run(**{name: str(job.tree)}) == 4
    told = capsys.readouterr().err
    assert told.startswith("::error title=Bedrock Key Guard::")
    assert f"{str(job.tree)!r} cannot be written (Is a directory). Make it writable" in told


def test_without_a_checkout_nothing_is_called_clean(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    (job.tree / "README").unlink()
    for asked in ("auto", "tree"):
        assert job.run(scan=asked) == 2
        assert "actions/checkout" in annotated(capsys)


def test_files_without_their_commits_are_said_to_be_no_more(job: Job) -> None:
    assert job.run(scan="tree") == 0
    assert "No commits were read" not in job.summary
    assert job.run() == 0
    assert "No commits were read" in job.summary


def test_no_event_is_no_trust() -> None:
    distrust: Callable[[None], str | None] = _distrust
    assert distrust(None) == "the run was not started by GitHub Actions"


@pytest.mark.parametrize(("respond", "warned"), [("reset", True), ("disable", False)])
def test_a_reset_is_announced_before_it_is_made(
    job: Job, capsys: pytest.CaptureFixture[str], respond: str, warned: bool
) -> None:
    job.run(respond=respond, reset_store="ssm:/bedrock/chat")
    assert ("cannot be undone: each key" in capsys.readouterr().err) is warned
