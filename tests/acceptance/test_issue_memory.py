"""Let issues outlive the run that opened them: each tells the truth until somebody closes it."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedrock_key_guard.github.marker import memory_in
from bedrock_key_guard.github.memory import read_memory, write_memory
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from sandbox.github.state import Issue
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, Job
from tests.leaks import leak, probed
from tests.needles import leaks_in

DAILY = "schedule"


def change(sandbox: Sandbox, key: LongTermKey, status: str) -> None:
    """Switch a credential, as its owner does."""
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName=key.user_name,
        ServiceSpecificCredentialId=key.credential_id,
        Status=status,
    )


def run(host: Host, name: str, event: str = DAILY, **inputs: str) -> Job:
    job = host.job(name, python=HURRIED, event_name=event)
    done = job.run(**inputs)
    assert (done.returncode in (0, 1), done.stderr) == (True, b""), done.stdout.decode()
    return job


def forget(host: Host) -> None:
    """Take the key out of the files, as people do."""
    (host.workspace / "settings.env").write_text("TOKEN=\n", encoding="utf-8")


def kept(github: GitHubServer) -> Issue:
    (issue,) = github.state.repositories[REPOSITORY].issues.values()
    return issue


def tick(github: GitHubServer) -> None:
    issue = kept(github)
    issue.body = (issue.body or "").replace("- [ ]", "- [x]")


def told(github: GitHubServer) -> list[str]:
    """Return what happened, as the issue tells it."""
    return re.findall(r"^\| \d{4}-\S+ \S+ UTC \| (.*) \|$", kept(github).body or "", re.MULTILINE)


@pytest.fixture
def opened(host: Host, leaked: LongTermKey) -> LongTermKey:
    """Open the issue of a live key that nobody may change, which people then take out."""
    leak(host.workspace, leaked.key)
    run(host, "first", "push", respond="off")
    forget(host)
    return leaked


def test_an_issue_follows_a_credential_whose_key_no_run_meets(
    host: Host, sandbox: Sandbox, github: GitHubServer, opened: LongTermKey
) -> None:
    assert "Bedrock accepts this key" in (kept(github).body or "")
    change(sandbox, opened, "Inactive")
    asked = len(sandbox.bedrock.log.calls())
    run(host, "second")
    issue = kept(github)
    assert (issue.state, "IAM calls the credential of this key Inactive" in str(issue.body)) == (
        "open",
        True,
    )
    tick(github)
    run(host, "third")
    assert kept(github).state == "closed"
    body = kept(github).body
    run(host, "fourth", "workflow_dispatch")
    assert kept(github).body == body
    # A quarter of an hour later IAM's word is no echo of what was before.
    remember(github, minutes=-20)
    change(sandbox, opened, "Active")
    run(host, "fifth")
    assert kept(github).state == "open"
    assert "**Switched on again.**" in (kept(github).body or "")
    assert told(github)[1:] == ["proven genuine by Bedrock", "confirmed dead", "switched on again"]
    # No run had the key, so none could show it to Bedrock, and none changed anything.
    assert len(sandbox.bedrock.log.calls()) == asked
    assert sandbox.writes() == ()
    assert leaks_in(opened.key, json.dumps(github.issues(REPOSITORY)).encode()) == []


def remember(github: GitHubServer, minutes: int) -> None:
    """Let what happened have happened earlier."""
    issue, by = kept(github), timedelta(minutes=minutes)
    line = memory_in(issue.body or "")
    moved: dict[str, Any] = json.loads(line)
    for each in moved["milestones"]:
        each[0] = (datetime.fromisoformat(each[0]) + by).isoformat()
    issue.body = (issue.body or "").replace(line, json.dumps(moved))


def test_a_clean_push_asks_nobody_about_open_issues(
    host: Host, sandbox: Sandbox, github: GitHubServer, opened: LongTermKey
) -> None:
    change(sandbox, opened, "Inactive")
    before = len(github.exchanges), len(sandbox.calls()), kept(github).body
    run(host, "second", "push")
    assert (len(github.exchanges), len(sandbox.calls()), kept(github).body) == before


def test_a_run_that_meets_another_key_brings_the_issue_up_to_date(
    host: Host, sandbox: Sandbox, github: GitHubServer, opened: LongTermKey
) -> None:
    change(sandbox, opened, "Inactive")
    other = sandbox.make_long_term_key(ACCOUNT, "another")
    leak(host.workspace, other.key)
    run(host, "second", "push")
    first, second = github.issues(REPOSITORY)
    assert "IAM calls the credential of this key Inactive" in first["body"]
    assert other.alias in second["body"]


def test_the_issue_of_an_expired_short_term_key_is_closed_without_the_key(
    host: Host, sandbox: Sandbox, github: GitHubServer
) -> None:
    key = sandbox.make_short_term_key(ACCOUNT, role="ml").key
    leak(host.workspace, key)
    run(host, "first", "push")
    forget(host)
    issue = kept(github)
    line = memory_in(issue.body or "")
    memory = read_memory(line)
    assert memory.expires_at is not None
    assert memory.credential is None
    run(host, "before")
    assert "expired" not in (kept(github).body or "")
    # Twelve hours later.
    past = memory.expires_at - timedelta(hours=13)
    assert past < datetime.now(timezone.utc)
    issue.body = (issue.body or "").replace(
        line, line.replace(memory.expires_at.isoformat(), past.isoformat())
    )
    run(host, "second")
    assert "**Dead.** This key has expired." in (kept(github).body or "")
    tick(github)
    run(host, "third")
    assert kept(github).state == "closed"


def test_a_change_of_token_finds_the_issues_of_the_one_before(
    host: Host, github: GitHubServer, leaked: LongTermKey
) -> None:
    github.state.repositories[REPOSITORY].pushers.add("guard-bot")
    leak(host.workspace, leaked.key)
    run(host, "first", "push", github_token=github.add_token("guard-bot"), respond="off")
    assert kept(github).author == "guard-bot"
    run(host, "second", "push", issue_authors="guard-bot\ngithub-actions[bot]")
    assert kept(github).author == "guard-bot"
    assert "dead now" in (kept(github).body or "")


def test_an_issue_of_somebody_else_is_named_and_never_adopted(
    host: Host, github: GitHubServer, leaked: LongTermKey
) -> None:
    github.state.repositories[REPOSITORY].pushers.add("mallory")
    leak(host.workspace, leaked.key)
    run(host, "first", "push", github_token=github.add_token("mallory"), respond="off")
    before = kept(github).body
    job = run(host, "second", "push", respond="off")
    theirs, ours = github.issues(REPOSITORY)
    assert (theirs["body"], ours["user"]["login"]) == (before, "github-actions[bot]")
    assert "#1 of mallory" in job.summary.replace("`", "")


def test_people_may_call_an_issue_what_they_like(
    host: Host, sandbox: Sandbox, github: GitHubServer, opened: LongTermKey
) -> None:
    kept(github).title = "The chat bot's key (Ada looks after it)"
    leak(host.workspace, opened.key)
    run(host, "second", "push")
    change(sandbox, opened, "Inactive")
    run(host, "third")
    assert kept(github).title == "The chat bot's key (Ada looks after it)"


def test_a_twin_run_tells_nothing_twice(
    host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    leak(host.workspace, leaked.key)
    run(host, "first", "push")
    assert told(github) == [
        f"found in `{REPOSITORY}`",
        "proven genuine by Bedrock",
        "switched off or denied",
        "confirmed dead",
    ]
    body = kept(github).body
    for name in ("second", "third"):
        run(host, name, "push")
    assert (kept(github).body, kept(github).state) == (body, "open")
    assert len(sandbox.writes()) == 1


def test_a_forged_block_leads_to_no_probe_no_write_and_no_other_account(
    host: Host, sandbox: Sandbox, github: GitHubServer, opened: LongTermKey
) -> None:
    """Whoever may edit the issue may write there what they like."""
    victim = sandbox.make_long_term_key(ACCOUNT, "victim")
    issue, probes = kept(github), probed(sandbox)
    line = memory_in(issue.body or "")
    for account, credential in (
        (ACCOUNT, victim.credential_id),
        ("210987654321", "ACCA" + "Q" * 17),
    ):
        memory = json.loads(line) | {"account": account, "credential": credential}
        issue.body = (issue.body or "").replace(memory_in(issue.body or ""), json.dumps(memory))
        run(host, f"in-{account}")
        assert credential not in (issue.body or "").partition("\n\n")[2]
    assert sandbox.writes() == ()
    assert probed(sandbox) == probes
    assert {call.operation for call in sandbox.calls()} <= {
        "GetCallerIdentity",
        "ListServiceSpecificCredentials",
    }


def test_a_public_issue_remembers_nothing_that_helps_a_stranger(
    host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey
) -> None:
    github.state.repositories[REPOSITORY].visibility = "public"
    leak(host.workspace, leaked.key)
    run(host, "first", "push", respond="off", mask_identities="true")
    issue = kept(github)
    memory = read_memory(memory_in(issue.body or ""))
    assert memory == memory.outline
    assert write_memory(memory) == memory_in(issue.body or "")
    body = issue.body or ""
    names = (leaked.alias, leaked.user_name, leaked.credential_id, ACCOUNT, "settings.env")
    assert [name for name in names if name in body] == []
    forget(host)
    change(sandbox, leaked, "Inactive")
    before, asked = issue.body, len(sandbox.calls())
    run(host, "second")
    assert (issue.body, len(sandbox.calls())) == (before, asked)
