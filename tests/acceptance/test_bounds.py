"""Hold the guard to its bounds: whose credentials it takes, and what it may change."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import keysmith
from tests.jobs import (
    ACCOUNT,
    HURRIED,
    REPOSITORY,
    Host,
    guard,
    pull_request,
    report_of,
    said,
    verdicts,
)
from tests.leaks import leak, probed, status
from tests.traps import ambush

# ── what lies about in the environment ──────────────────────────────────────────────────────────


def test_credentials_of_a_netrc_are_used_for_no_host(host: Host, leaked: LongTermKey) -> None:
    leak(host.workspace, leaked.key)
    netrc = "default login eve password made-up\nmachine 127.0.0.1 login eve password made-up\n"
    (host.workspace / ".netrc").write_text(netrc, encoding="utf-8")
    job = host.job(settings={"NETRC": str(host.workspace / ".netrc")}, python=HURRIED)
    (job.folder / "home" / ".netrc").write_text(netrc, encoding="utf-8")
    (job.folder / "home" / ".netrc").chmod(0o600)
    done = job.run()
    assert (done.returncode, said(done)) == (1, "")
    assert verdicts(job.report) == ["live"]
    (issue,) = host.github.issues(REPOSITORY)
    assert issue["user"]["login"] == "github-actions[bot]"


def test_every_request_to_bedrock_bears_the_leaked_key_and_no_other(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    own = sandbox.make_long_term_key(ACCOUNT, "the-developer")
    leak(tree, leaked.key)
    environment = {**credentials, "AWS_BEARER_TOKEN_BEDROCK": own.key}
    done = guard("respond", "--format", "json", ".", cwd=tree, env=environment, hurried=True)
    assert verdicts(report_of(done)) == ["live"]
    assert probed(sandbox) == {keysmith.fingerprint_of(leaked.key)}
    assert {call.access_key_id for call in sandbox.calls()} == {credentials["AWS_ACCESS_KEY_ID"]}
    assert status(sandbox, own) == "Active"


def test_a_bearer_token_of_the_environment_is_no_credential(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    leak(tree, leaked.key)
    environment = {**credentials, "AWS_BEARER_TOKEN_BEDROCK": leaked.key}
    del environment["AWS_ACCESS_KEY_ID"], environment["AWS_SECRET_ACCESS_KEY"]
    done = guard("respond", "--format", "json", ".", cwd=tree, env=environment, hurried=True)
    assert verdicts(report_of(done)) == ["unverified"]
    assert sandbox.calls() == ()
    assert sandbox.bedrock.log.calls() == ()


# ── the bounds of a response ────────────────────────────────────────────────────────────────────


def test_from_proof_to_refusal_there_are_three_calls_one_after_the_other(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    """One more probe, the write, the first refusal: the planes are asked side by side."""
    leak(tree, leaked.key)
    guard("respond", ".", cwd=tree, env=credentials, hurried=True)
    assert [call.operation for call in sandbox.calls()] == [
        "GetCallerIdentity",
        "ListServiceSpecificCredentials",
        "UpdateServiceSpecificCredential",
    ]
    asked = [str(call.plane) for call in sandbox.bedrock.log.calls()]
    # For proof, before the write, and after it two refusals and one in a second region.
    assert sorted(asked) == ["bedrock"] * 5 + ["bedrock-mantle"] * 5


@pytest.mark.parametrize("name", ["bedrockapikey-EX4M", f"arn:aws:iam::{ACCOUNT}:user/team/{{}}"])
def test_a_protected_user_is_never_changed(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey, name: str
) -> None:
    leak(tree, leaked.key)
    protect = name.format(leaked.user_name)
    arguments = ("--protect", protect, "--format", "json", ".")
    done = guard("respond", *arguments, cwd=tree, env=credentials, hurried=True)
    (incident,) = report_of(done)["incidents"]
    assert incident["verdict"]["state"] == "live"
    assert (incident["outcome"]["state"], incident["outcome"]["urgent"]) == ("refused", True)
    assert "protected" in incident["outcome"]["reason"]
    assert any(leaked.credential_id in line for line in incident["outcome"]["commands"])
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"


def test_the_action_leaves_a_protected_user_alone_too(
    host: Host, sandbox: Sandbox, leaked: LongTermKey
) -> None:
    leak(host.workspace, leaked.key)
    assert host.job().run(protect=f"somebody\n{leaked.user_name}").returncode == 1
    assert sandbox.writes() == ()
    assert len(host.github.issues(REPOSITORY)) == 1


def test_beyond_max_responses_nothing_is_changed_and_the_run_is_incomplete(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str]
) -> None:
    keys = [sandbox.make_long_term_key(ACCOUNT, f"user-{number}") for number in range(5)]
    leak(tree, *(key.key for key in keys))
    arguments = ("--max-responses", "2", "--format", "json", ".")
    done = guard("respond", *arguments, cwd=tree, env=credentials, hurried=True)
    report = report_of(done)
    assert len(sandbox.writes()) == 2
    assert sorted(str(status(sandbox, key)) for key in keys) == ["Active"] * 3 + ["Inactive"] * 2
    assert report["complete"] is False
    states = [incident["outcome"]["state"] for incident in report["incidents"]]
    assert sorted(states) == ["done"] * 2 + ["refused"] * 3


def test_what_its_owner_has_just_reset_is_left_alone(
    tree: Path,
    sandbox: Sandbox,
    credentials: dict[str, str],
    leaked: LongTermKey,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leak(tree, leaked.key)

    def owner_resets() -> None:
        sandbox.client("iam", ACCOUNT).reset_service_specific_credential(
            UserName=leaked.user_name, ServiceSpecificCredentialId=leaked.credential_id
        )

    # The verdict took one probe of each plane; the third is the one right before the change.
    ambush(monkeypatch, sandbox.bedrock.faults, bool, owner_resets, after=2)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    (incident,) = report_of(done)["incidents"]
    assert incident["verdict"]["state"] == "live"
    assert incident["outcome"]["state"] == "refused"
    assert "right before the change" in incident["outcome"]["reason"]
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"


@pytest.mark.parametrize(
    ("event_name", "head", "trusted"),
    [
        ("pull_request", REPOSITORY, True),
        ("pull_request", "stranger/app", False),
        ("pull_request_target", REPOSITORY, False),
        ("pull_request_target", "stranger/app", False),
    ],
)
def test_only_a_pull_request_of_the_repository_itself_may_change_anything(
    host: Host, sandbox: Sandbox, leaked: LongTermKey, event_name: str, head: str, trusted: bool
) -> None:
    leak(host.workspace, leaked.key)
    job = host.job(event=pull_request(head), event_name=event_name)
    assert job.run().returncode == 1
    assert verdicts(job.report) == ["live"]
    assert status(sandbox, leaked) == ("Inactive" if trusted else "Active")
    assert len(sandbox.writes()) == len(host.github.issues(REPOSITORY)) == int(trusted)
