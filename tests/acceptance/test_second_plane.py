"""Respond to keys that expire meanwhile, and to keys of which the second plane says nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.base.faults import UNAVAILABLE, Interrupt
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.answers import Answering
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, push
from tests.leakers import iam_of, role_session, signed
from tests.leaks import leak, status

MANTLE = "bedrock-mantle:*"


@pytest.mark.parametrize(
    ("after", "state", "words"),
    [
        (1, "not-needed", "nothing had to be changed: Bedrock says that the key has expired"),
        (2, "done", "is attached to role ml-pipeline"),
    ],
    ids=["before the change", "after it"],
)
def test_a_key_that_expires_during_its_response_is_dead_all_the_same(
    answering: Answering, after: int, state: str, words: str
) -> None:
    sandbox = answering.sandbox
    session = role_session(sandbox, "ml-pipeline", "run-7")
    leak(answering.tree, signed(sandbox, session))
    ends = Interrupt(lambda: signers.age(sandbox, session, hours=2))
    sandbox.bedrock.faults.add(ends, on="bedrock:*", after=after)
    incident = answering.respond("--short-term", "quarantine")
    assert incident["verdict"]["state"] == "live"
    outcome = incident["outcome"]
    assert (outcome["state"], outcome["confirmed_dead"], outcome["urgent"]) == (state, True, False)
    assert words in outcome["reason"]
    attached = [call for call in sandbox.writes() if call.operation == "AttachRolePolicy"]
    assert len(attached) == (state == "done")


def test_nothing_is_deleted_before_the_second_plane_has_refused_it(
    answering: Answering, leaked: LongTermKey
) -> None:
    leak(answering.tree, leaked.key)
    # It has accepted the key before, at the verdict and right before the change.
    answering.sandbox.bedrock.faults.add(UNAVAILABLE, on=MANTLE, times=None, after=2)
    outcome = answering.respond("--action", "delete")["outcome"]
    assert (outcome["state"], outcome["confirmed_dead"], outcome["urgent"]) == (
        "failed",
        False,
        True,
    )
    assert "not confirmed on bedrock-mantle" in outcome["reason"]
    assert status(answering.sandbox, leaked) == "Inactive"


Die = Callable[[Sandbox, LongTermKey], None]


def inactive(sandbox: Sandbox, key: LongTermKey) -> None:
    iam_of(sandbox).update_service_specific_credential(
        UserName=key.user_name, ServiceSpecificCredentialId=key.credential_id, Status="Inactive"
    )


def deleted(sandbox: Sandbox, key: LongTermKey) -> None:
    iam_of(sandbox).delete_service_specific_credential(
        UserName=key.user_name, ServiceSpecificCredentialId=key.credential_id
    )


@pytest.mark.parametrize("die", [inactive, deleted])
def test_while_the_second_plane_is_silent_no_place_is_published_and_no_issue_closed(
    host: Host, sandbox: Sandbox, github: GitHubServer, leaked: LongTermKey, die: Die
) -> None:
    github.add_repository(REPOSITORY, visibility="public")
    leak(host.workspace, leaked.key)
    assert "settings.env" not in run(host, "live", respond="off")
    (opened,) = github.issues(REPOSITORY)
    assert opened["state"] == "open"

    die(sandbox, leaked)
    sandbox.bedrock.faults.add(UNAVAILABLE, on=MANTLE, times=None)
    assert "settings.env" not in run(host, "dead", second_plane="unasked")
    assert github.issues(REPOSITORY) == [opened]

    sandbox.bedrock.faults.clear()
    assert "settings.env" in run(host, "confirmed")
    (issue,) = github.state.repositories[REPOSITORY].issues.values()
    assert issue.body
    issue.body = issue.body.replace("- [ ]", "- [x]")
    run(host, "after all is ticked")
    (closed,) = github.issues(REPOSITORY)
    assert closed["state"] == "closed"


def run(host: Host, name: str, second_plane: str = "asked", **inputs: str) -> str:
    """Run the Action for a push to a public repository, and return all that people see of it."""
    job = host.job(name, event=push("public"), python=HURRIED)
    done = job.run(allowed_account_ids=ACCOUNT, report_issue="auto", **inputs)
    (incident,) = job.report["incidents"]
    assert incident["verdict"]["second_plane"] == second_plane
    return done.stdout.decode() + done.stderr.decode() + job.summary
