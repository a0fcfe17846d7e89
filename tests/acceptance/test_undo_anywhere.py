"""Give back on another machine: no file of the run that made the change is there.

What is known is the command that the report prints, and what AWS's own records say.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.respond.purpose import name_change
from sandbox.base.faults import ACCESS_DENIED
from sandbox.base.lag import Lag
from sandbox.front.sandbox import Sandbox
from tests.answers import Answering
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, STRANGER, Done, guard, said
from tests.leakers import CONSOLE, Making, by_role, iam_of, long_term
from tests.leaks import leak
from tests.planes import asked

WORKS = ("accepted", "accepted")
FORGED = "bedrock-key-guard/0.1.0 respond/disable key/{} change/{}"


def elsewhere(sandbox: Sandbox, folder: Path, *words: str, **more: str) -> Done:
    """Run the command on a machine that has nothing of ours, with the credentials of `more`."""
    home = folder / "elsewhere"
    home.mkdir(exist_ok=True)
    environment: Mapping[str, str] = {
        **sandbox.environment(ACCOUNT, **more),
        **{name: str(home) for name in ("HOME", "XDG_STATE_HOME")},
    }
    done = guard(*words, cwd=home, env=environment, hurried=True)
    assert [*home.rglob("*.jsonl")] == []
    return done


def printed(answered: Mapping[str, Any]) -> list[str]:
    program, *words = shlex.split(answered["outcome"]["undo"])
    assert program == "bedrock-key-guard"
    return words


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (long_term(CONSOLE), ("--action", "disable")),
        (long_term(CONSOLE, beside=False), ("--action", "strip-policies")),
        (by_role, ("--short-term", "quarantine")),
        (by_role, ("--short-term", "revoke-sessions")),
    ],
    ids=["disable", "strip-policies", "quarantine", "revoke-sessions"],
)
def test_the_printed_command_gives_back_to_the_letter_and_needs_no_file(
    make: Making, options: tuple[str, ...], answering: Answering, tmp_path: Path
) -> None:
    sandbox = answering.sandbox
    made = make(sandbox)
    leak(answering.tree, made.key)
    before = iam_state(sandbox, ACCOUNT)
    words = printed(answering.respond(*options))
    answering.ledger.unlink()
    assert iam_state(sandbox, ACCOUNT) != before
    done = elsewhere(sandbox, tmp_path, *words)
    assert done.returncode == 0, said(done)
    assert b"its leaked key works again" in done.stdout
    assert iam_state(sandbox, ACCOUNT) == before
    assert asked(sandbox, made.key) == WORKS
    writes = sandbox.writes()
    assert elsewhere(sandbox, tmp_path, *words).returncode == 0
    assert sandbox.writes() == writes


def test_somebody_elses_credentials_do_where_the_guard_is_named(
    answering: Answering, tmp_path: Path
) -> None:
    """The printed command names it; without that nobody knows who the guard was."""
    sandbox = answering.sandbox
    made = long_term(CONSOLE)(sandbox)
    leak(answering.tree, made.key)
    words = printed(answering.respond())
    sandbox.make_role(ACCOUNT, "on-call")
    guard_of, before = words.index("--guard"), sandbox.writes()
    unnamed = [*words[:guard_of], *words[guard_of + 2 :]]
    done = elsewhere(sandbox, tmp_path, *unnamed, role="on-call")
    assert done.returncode == 4
    assert f"but {words[guard_of + 1]} (if that is the guard, name it" in done.stdout.decode()
    assert sandbox.writes() == before
    done = elsewhere(sandbox, tmp_path, *words, role="on-call")
    assert done.returncode == 0, said(done)
    assert asked(sandbox, made.key) == WORKS


def test_nothing_is_given_back_that_aws_does_not_show_to_be_the_guards_last_deed(
    answering: Answering, tmp_path: Path
) -> None:
    sandbox = answering.sandbox
    made = long_term(CONSOLE, beside=False)(sandbox)
    leak(answering.tree, made.key)
    words = printed(answering.respond())
    mine, writes = words[words.index("--change") + 1], sandbox.writes()
    listed = ("restore", "--account", ACCOUNT)

    def refused(*command: str) -> str:
        done = elsewhere(sandbox, tmp_path, *command)
        assert (done.returncode, sandbox.writes()) == (4, writes), done
        return done.stdout.decode()

    # Another has switched a key off, and written down that it was the guard, by a name of its own.
    forged = name_change(datetime.now(timezone.utc))
    off_by_owner(sandbox, "BedrockAPIKey-0th3", FORGED.format("0" * 32, forged))
    assert "it was not the guard that did it" in refused(*listed, "--change", forged)
    done = elsewhere(sandbox, tmp_path, *listed, "--dry-run")
    assert done.returncode == 0
    (line,) = done.stdout.decode().splitlines()
    assert line.startswith(f"{mine}  {CONSOLE}-at-{ACCOUNT}  dry-run: would set")
    done = elsewhere(sandbox, tmp_path, *listed)
    assert (done.returncode, done.stdout) == (2, b"")
    assert "Name one; `--dry-run` lists them." in said(done)

    # What is not there yet, was never there, or is there no more.
    just_now = name_change(datetime.now(timezone.utc))
    assert "15 minutes late, so try again after 20" in refused(*listed, "--change", just_now)
    sandbox.trail.lag = Lag(seconds=900)
    assert "15 minutes late, so try again after 20" in refused(*words)
    sandbox.trail.lag = Lag()
    old = name_change(datetime.now(timezone.utc) - timedelta(days=91))
    told = refused(*listed, "--change", old)
    assert "older than 90 days" in told
    assert "  aws iam update-service-specific-credential --user-name=USER" in told
    assert f"shows no change x in account {ACCOUNT}" in refused(*listed, "--change", "x")
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", times=None)
    assert "CloudTrail could not be read (" in refused(*words)
    assert "CloudTrail could not be read (" in refused(*listed, "--dry-run")
    sandbox.aws_faults.clear()

    # The owner has decided since, and then there is nothing to give back.
    switch(sandbox, CONSOLE, "Active")
    switch(sandbox, CONSOLE, "Inactive")
    assert "it was not the guard that did it" in refused(*words)
    iam_of(sandbox).delete_service_specific_credential(**exact(sandbox, CONSOLE))
    assert "IAM has no such credential any more" in refused(*words)


def exact(sandbox: Sandbox, user: str) -> dict[str, str]:
    listed = iam_of(sandbox).list_service_specific_credentials(UserName=user)
    (item,) = listed["ServiceSpecificCredentials"]
    return {name: item[name] for name in ("UserName", "ServiceSpecificCredentialId")}


def switch(sandbox: Sandbox, user: str, status: str) -> None:
    iam_of(sandbox).update_service_specific_credential(**exact(sandbox, user), Status=status)


def off_by_owner(sandbox: Sandbox, user: str, agent: str) -> None:
    """Switch a key off in the name of the guard, as anybody may who can write a user agent."""
    iam, request = iam_of(sandbox), {**exact(sandbox, user), "Status": "Inactive"}

    def write(request: Any, **_: object) -> None:
        del request.headers["User-Agent"]
        request.headers["User-Agent"] = agent

    iam.meta.events.register_last("request-created", write, unique_id="forged")
    try:
        iam.update_service_specific_credential(**request)
    finally:
        iam.meta.events.unregister("request-created", unique_id="forged")


def test_a_denial_is_lifted_in_the_accounts_that_are_named(
    answering: Answering, tmp_path: Path
) -> None:
    sandbox = answering.sandbox
    leak(answering.tree, by_role(sandbox).key)
    answering.respond("--short-term", "quarantine")
    done = elsewhere(sandbox, tmp_path, "lift", "--account", ACCOUNT)
    assert done.returncode == 0, done
    assert done.stdout.startswith(b"role ml-pipeline  not-needed: not yet: a key that it is for")
    done = elsewhere(sandbox, tmp_path, "lift", "--account", STRANGER)
    assert done.returncode == 4
    told = f"account {STRANGER}  refused: there are no credentials for account {STRANGER}\n"
    assert done.stdout.decode() == told
