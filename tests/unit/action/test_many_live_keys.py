from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

from bedrock_key_guard.action.step import main
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.pipeline.options import Surroundings
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import checked_out
from tests.unit.github.doubles import FakeTime
from tests.unit.outputs import read_outputs

REPOSITORY, ACCOUNT, MANY = "acme/app", "111122223333", 100


@pytest.fixture
def clocked(github: GitHubServer, time: FakeTime, monkeypatch: pytest.MonkeyPatch) -> GitHubServer:
    """Give a GitHub that enforces its limits, and a run for which only waiting passes time."""
    github.add_repository(REPOSITORY)
    impatient = partial(GitHub, pace=time.pace())
    monkeypatch.setattr("bedrock_key_guard.action.announcing.GitHub", impatient)
    surroundings = partial(Surroundings, sleep=time.sleep, clock=time.clock)
    monkeypatch.setattr("bedrock_key_guard.action.step.Surroundings", surroundings)
    return github


@pytest.mark.long
@pytest.mark.sandbox
def test_a_hundred_live_keys_die_and_are_told_within_githubs_limits(
    clocked: GitHubServer,
    time: FakeTime,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    throttle = clocked.enforce_limits(time.clock)
    keys = [sandbox.make_long_term_key(ACCOUNT, f"user-{n}") for n in range(MANY)]
    tree = tmp_path / "tree"
    tree.mkdir()
    forged = [keysmith.long_term(f"nobody-{n}") for n in range(30)]
    lines = [*forged, *(key.key for key in keys)]
    (tree / "a.env").write_text("".join(f"T={each}\n" for each in lines), encoding="utf-8")
    commit, _ = checked_out(tree)
    event = {"repository": {"full_name": REPOSITORY, "private": True, "visibility": "private"}}
    (tmp_path / "event.json").write_text(json.dumps(event), encoding="utf-8")
    (tmp_path / "temp").mkdir()
    for name, value in sandbox.environment(ACCOUNT).items():
        monkeypatch.setenv(name, value)
    code = main(
        {
            **sandbox.environment(ACCOUNT),
            "GITHUB_API_URL": clocked.api_url,
            "GITHUB_EVENT_NAME": "schedule",
            "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
            "GITHUB_OUTPUT": str(tmp_path / "outputs"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": commit,
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
            "RUNNER_TEMP": str(tmp_path / "temp"),
            "INPUT_PATH": str(tree),
            "INPUT_SCAN": "tree",
            "INPUT_GITHUB_TOKEN": clocked.add_actions_token(REPOSITORY),
            "INPUT_MAX_RESPONSES": str(MANY),
            "INPUT_MAX_ISSUES": str(2 * MANY),
            "INPUT_REPORT_ISSUE": "always",
        }
    )
    assert code == 1
    statuses = {sandbox.credential_status(ACCOUNT, key.credential_id) for key in keys}
    assert statuses == {"Inactive"}
    assert read_outputs(tmp_path / "outputs")["responded"] == str(MANY)
    issues = clocked.issues(REPOSITORY)
    assert len(issues) == MANY + len(forged)
    dead = ["dead now" in issue["body"].partition("\n\n")[2][:200] for issue in issues]
    assert dead == [True] * MANY + [False] * len(forged)
    assert throttle.refused == 0
    summary = (tmp_path / "summary").read_text("utf-8")
    assert "to keep to GitHub" in summary
