"""Leak a key in the text of each event of GitHub: who wrote it decides what may become of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, Job, verdicts
from tests.leaks import status
from tests.needles import leaks_in
from tests.payloads import PAGES, Payloads
from tests.scenes import after_masks
from tests.unit.scan.repositories import new_repo

FORK = "mallory/app"
UNTRUSTED = [
    ("pull_request", FORK),
    ("pull_request_review", FORK),
    ("pull_request_review_comment", FORK),
    ("pull_request_target", REPOSITORY),
    ("pull_request_target", FORK),
]
# With these the repository is read too, of which a release has the tag.
OF_GIT = {"pull_request": "range", "workflow_dispatch": "history", "repository_dispatch": "history"}


def told(job: Job, payload: Any, key: str, **inputs: str) -> tuple[int, dict[str, Any]]:
    """Run a job for an event, and return its exit code and the report; neither may tell the key."""
    done = job.run(**inputs)
    files = [path for path in job.folder.rglob("*") if path.is_file() and path.suffix != ".sh"]
    event = json.dumps(payload).encode()
    texts = {path.name: path.read_bytes() for path in files if path.name != "event.json"}
    assert key.encode() in event
    for name, written in {**texts, "log": after_masks(done.stdout), "err": done.stderr}.items():
        assert leaks_in(key, written) == [], name
    assert done.stderr == b""
    return done.returncode, job.report


def job_for(host: Host, name: str, payload: Any) -> Job:
    return host.job(event=payload, event_name=name, python=HURRIED)


@pytest.mark.parametrize("name", [name for name in PAGES if name != "pull_request_target"])
def test_a_live_key_in_the_text_of_a_trusted_event_dies_and_is_told(
    name: str, host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    payload = Payloads(server=github.server_url).of(name, f"I use {leaked.key} here")
    job = job_for(host, name, payload)
    code, report = told(job, payload, leaked.key, scan="auto")
    assert (code, verdicts(report)) == (1, ["live"])
    assert status(sandbox, leaked) == "Inactive"
    assert [each["source"] for each in report["incidents"][0]["locations"]] == ["event"]
    assert report["scanned"]["sources"][0] == "event"
    assert report["scanned"]["sources"][1:2] == ([OF_GIT[name]] if name in OF_GIT else [])
    (issue,) = github.issues(REPOSITORY)
    page = f"({github.server_url}/{REPOSITORY}/{PAGES[name]})"
    assert page in issue["body"]
    assert page in job.summary
    assert leaks_in(leaked.key, issue["body"].encode()) == []
    assert job.outputs["result"] == "findings"


@pytest.mark.parametrize(("name", "head"), UNTRUSTED)
def test_a_live_key_in_the_text_of_an_untrusted_event_is_verified_and_left_alone(
    name: str, head: str, host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    payloads = Payloads("public", "NONE", github.server_url, head)
    payload = payloads.of(name, f"I use {leaked.key} here")
    code, report = told(job_for(host, name, payload), payload, leaked.key)
    assert (code, verdicts(report)) == (1, ["live"])
    assert report["incidents"][0]["outcome"]["action"] == "manual"
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"
    assert github.issues(REPOSITORY) == []


@pytest.mark.parametrize(
    ("association", "is_live", "issues"),
    [("NONE", True, 1), ("NONE", False, 0), ("CONTRIBUTOR", False, 0), ("MEMBER", False, 1)],
)
def test_a_stranger_opens_an_issue_only_with_a_key_that_works(
    *,
    association: str,
    is_live: bool,
    issues: int,
    host: Host,
    sandbox: Sandbox,
    github: GitHubServer,
    leaked: LongTermKey,
) -> None:
    key = leaked.key if is_live else keysmith.long_term("BedrockAPIKey-none", ACCOUNT)
    payloads = Payloads(association=association, server=github.server_url)
    payload = payloads.of("issue_comment", key)
    inputs = {} if is_live else {"max_probes": "0"}
    code, report = told(job_for(host, "issue_comment", payload), payload, key, **inputs)
    assert (code, verdicts(report)) == (1, ["live" if is_live else "unverified"])
    assert len(github.issues(REPOSITORY)) == issues


def test_a_comment_costs_no_history_and_needs_no_checkout(
    host: Host, github: GitHubServer, leaked: LongTermKey
) -> None:
    (host.workspace / "leak.env").write_text(leaked.key, encoding="utf-8")
    payload = Payloads(server=github.server_url).of("issue_comment", "Nothing here.")
    job = job_for(host, "issue_comment", payload)
    done = job.run(scan="auto", path="nowhere")
    assert (done.returncode, job.outputs["result"]) == (0, "clean"), done.stdout
    assert job.report["scanned"]["sources"] == ["event"]
    assert github.exchanges == []


def test_an_event_that_is_not_known_is_read_and_never_clean(
    host: Host, github: GitHubServer, sandbox: Sandbox
) -> None:
    payload = Payloads(server=github.server_url).of("issues", "Nothing here.")
    job = job_for(host, "new_in_2027", payload)
    assert (job.run().returncode, job.outputs["result"]) == (4, "incomplete")
    assert "the event &#x27;new_in_2027&#x27;" in job.summary or "new_in_2027" in job.summary
    assert sandbox.calls() == ()


def test_the_pages_of_a_wiki_are_read_where_the_token_may(
    host: Host, github: GitHubServer, tmp_path: Path
) -> None:
    key = keysmith.long_term()
    wiki = new_repo(tmp_path / "wiki")
    wiki.commit("first", Old__md="x")
    edited = wiki.commit("edited", Start_page__md=f"T={key}\n")
    github.state.repositories[REPOSITORY].wiki = wiki.path / ".git"
    payload = Payloads(server=github.server_url).of("gollum", key)
    payload["pages"] = [{**payload["pages"][0], "summary": None, "sha": edited}]
    job = host.job(event=payload, event_name="gollum")
    done = job.run(verify="false", report_issue="never")
    assert done.returncode == 1, job.summary
    (incident,) = job.report["incidents"]
    (place,) = incident["locations"]
    assert (place["path"], place["source"]) == ("wiki/Start_page (Start_page.md)", "event")
    assert f"{github.server_url}/{REPOSITORY}/wiki/Start_page" in job.summary
    assert job.report["complete"]
    job = host.job("denied", event=payload, event_name="gollum")
    done = job.run(verify="false", report_issue="never", github_token="sandbox_unknown")
    assert (done.returncode, job.outputs["result"]) == (4, "incomplete")
    assert "the pages of the wiki" in job.summary


@pytest.mark.parametrize("redact", ["true", "false"])
def test_a_key_that_was_live_is_taken_out_of_the_comment_on_request(
    redact: str, host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    said = f"I use {leaked.key} here."
    kept = github.add_text(REPOSITORY, "issues/comments/99", body=said)
    payload = Payloads("public", "NONE", github.server_url).of("issue_comment", said)
    job = job_for(host, "issue_comment", payload)
    code, report = told(job, payload, leaked.key, redact=redact)
    assert (code, verdicts(report), status(sandbox, leaked)) == (1, ["live"], "Inactive")
    mark = (
        f"[leaked key {report['incidents'][0]['fingerprint'][:12]}, removed by Bedrock Key Guard]"
    )
    assert kept["body"] == (f"I use {mark} here." if redact == "true" else said)
    words = (
        "Delete revision from history" if redact == "true" else "With the input redact set to true"
    )
    assert words in job.summary
    # A run of the edited comment finds the key in what it was, and says what is left to do.
    edited = {**payload, "action": "edited", "changes": {"body": {"from": said}}}
    edited["comment"] = {**payload["comment"], **kept}
    again = host.job("again", event=edited, event_name="issue_comment", python=HURRIED)
    code, report = told(again, edited, leaked.key, redact="true")
    assert (code, verdicts(report)) == (1, ["dead"])


@pytest.mark.parametrize(("name", "head"), [("pull_request", FORK), ("pull_request_target", FORK)])
def test_an_untrusted_run_redacts_nothing(
    name: str, head: str, host: Host, github: GitHubServer, leaked: LongTermKey
) -> None:
    payload = Payloads("public", "NONE", github.server_url, head).of(name, leaked.key)
    code, _ = told(job_for(host, name, payload), payload, leaked.key, redact="true")
    assert code == 1
    assert github.requests("PATCH") == github.requests("POST") == []
