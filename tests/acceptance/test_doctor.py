"""Ask doctor through its door, in this process: nothing of it needs one of its own."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bedrock_key_guard.cli.main import main
from bedrock_key_guard.doctor.checks import SUBJECTS
from sandbox.base.faults import ACCESS_DENIED, AcceptEverything, html, redirect
from sandbox.front.sandbox import GUARD_USER, Sandbox
from sandbox.github.github_server import GitHubServer
from tests.doors import git
from tests.jobs import ACCOUNT, REPOSITORY
from tests.leakers import QUARANTINE, make_quarantine
from tests.privileges import HUB_ROLE, ROLE, deployed, install, trust_in_hub, without
from tests.unit.variables import use

MEMBER = "210987654321"
Captured = pytest.CaptureFixture[str]
Doctor = Callable[..., tuple[int, dict[tuple[str, str], dict[str, Any]]]]
SCHEMA = json.loads(files("bedrock_key_guard.doctor").joinpath("doctor-v1.json").read_text("utf-8"))


@pytest.fixture
def repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git("init", cwd=tree)
    git("remote", "add", "origin", f"https://github.com/{REPOSITORY}.git", cwd=tree)
    monkeypatch.chdir(tree)
    return tree


@pytest.fixture
def doctor(repository: Path, capsys: Captured) -> Doctor:
    """Give what runs doctor, and returns its exit code and its checks by subject and name."""

    def run(*words: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
        code = main(["doctor", "--format", "json", *words])
        out, err = capsys.readouterr()
        assert err == ""
        document = json.loads(out)
        Draft202012Validator(SCHEMA).validate(document)
        assert document["exit_code"] == code
        return code, {(each["subject"], each["name"]): each for each in document["checks"]}

    return run


@pytest.fixture
def aws(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Surround the process with AWS, in an account in which all is well."""
    make_quarantine(sandbox)
    use(sandbox.environment(ACCOUNT), monkeypatch)
    return sandbox


@pytest.fixture
def token(github: GitHubServer, monkeypatch: pytest.MonkeyPatch) -> GitHubServer:
    """Surround the process with GitHub, and a token for the repository."""
    monkeypatch.setenv("GITHUB_TOKEN", github.add_actions_token(REPOSITORY))
    monkeypatch.setenv("GITHUB_API_URL", github.api_url)
    return github


def states(checks: dict[tuple[str, str], dict[str, Any]]) -> set[str]:
    return {each["state"] for each in checks.values()}


# ── all is well ─────────────────────────────────────────────────────────────────────────────────


def test_where_all_is_well_every_subject_works_and_nothing_was_changed(
    doctor: Doctor, aws: Sandbox, token: GitHubServer, repository: Path, capsys: Captured
) -> None:
    assert main(["hooks", "install"]) == 0
    capsys.readouterr()
    code, checks = doctor()
    assert [each for each in checks.values() if each["state"] != "works"] == []
    assert code == 0
    assert {subject for subject, _ in checks} == set(SUBJECTS)
    assert aws.writes() == ()
    assert {request.method for request in token.requests()} == {"GET"}
    assert all(call.fingerprint is None for call in aws.bedrock.log.calls())


def test_both_planes_are_reached_where_keys_are_probed_and_changes_confirmed(
    doctor: Doctor, aws: Sandbox
) -> None:
    _, checks = doctor("bedrock")
    regions = ("us-east-1", "us-west-2", "eu-central-1")
    planes = ("bedrock", "bedrock-mantle")
    assert {name for _, name in checks} == {f"{p} in {r}" for p in planes for r in regions}


# ── nothing to ask with ─────────────────────────────────────────────────────────────────────────


@pytest.fixture
def unplugged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_nobody_is_asked_where_there_is_nothing_to_ask_with(
    doctor: Doctor, unplugged: None
) -> None:
    code, checks = doctor("aws", "permissions", "quarantine", "bedrock", "github", "clock")
    assert code == 3
    assert "works" not in states(checks)
    assert checks["aws", "aws"]["state"] == "lacks"
    assert "there are no AWS credentials" in checks["permissions", "permissions"]["said"]
    assert checks["clock", "clock"]["state"] == "unknown"


def test_offline_the_network_is_left_alone(
    doctor: Doctor, aws: Sandbox, token: GitHubServer, unplugged: None
) -> None:
    code, checks = doctor("--offline")
    assert {subject for subject, _ in checks} == {"python", "git", "hooks"}
    assert code == 2  # no hook is installed
    assert checks["hooks", "pre-push"]["mend"] == "bedrock-key-guard hooks install"


def test_without_the_sdk_the_line_that_installs_it_is_given(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    code, checks = doctor("aws")
    assert (code, checks["aws", "aws"]["state"]) == (2, "wrong")
    assert "pip install" in checks["aws", "aws"]["mend"]


# ── what is not well ────────────────────────────────────────────────────────────────────────────


def test_credentials_that_aws_does_not_take_lack(
    doctor: Doctor, aws: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "EXAMPLE-of-somebody-else")
    code, checks = doctor("aws", "permissions")
    assert (code, states(checks)) == (3, {"lacks"})
    assert "SignatureDoesNotMatch" in checks["aws", "aws"]["said"]


def test_an_aws_that_is_silent_is_no_aws_that_works(
    doctor: Doctor, aws: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    code, checks = doctor("aws", "permissions", "quarantine")
    assert (code, states(checks)) == (4, {"unknown"})


@pytest.mark.parametrize(
    ("document", "state", "command"),
    [
        (None, "wrong", "aws iam create-policy "),
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, "wrong", "create-policy-version"),
        (
            {"Effect": "Deny", "Action": "bedrock:CallWithBearerToken", "Resource": "*"},
            "wrong",
            "create-policy-version",
        ),
    ],
    ids=["none", "allows", "one plane"],
)
def test_a_quarantine_that_is_none_is_named_with_the_command_that_makes_it(
    document: dict[str, Any] | None,
    state: str,
    command: str,
    doctor: Doctor,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(sandbox.environment(ACCOUNT), monkeypatch)
    if document:
        whole = json.dumps({"Version": "2012-10-17", "Statement": document})
        iam = sandbox.client("iam", ACCOUNT)
        iam.create_policy(PolicyName=QUARANTINE, PolicyDocument=whole)
    code, checks = doctor("quarantine")
    check = checks["quarantine", QUARANTINE]
    assert (code, check["state"]) == (2, state)
    assert command in check["mend"]


def test_a_quarantine_that_nobody_could_read_is_not_called_right(
    doctor: Doctor, aws: Sandbox
) -> None:
    aws.aws_faults.add(ACCESS_DENIED, on="iam:GetPolicy")
    code, checks = doctor("quarantine")
    assert (code, checks["quarantine", QUARANTINE]["state"]) == (3, "lacks")


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (redirect("https://example.com"), "unknown"),
        (html(403), "unknown"),
        (AcceptEverything(), "wrong"),
    ],
    ids=["a portal", "a proxy", "an impostor"],
)
def test_a_plane_that_does_not_answer_as_itself_is_named(
    fault: Any, state: str, doctor: Doctor, aws: Sandbox
) -> None:
    aws.bedrock.faults.add(fault, on="bedrock-mantle:*", times=None)
    _, checks = doctor("bedrock")
    found = {name: each["state"] for (_, name), each in checks.items()}
    assert {each for name, each in found.items() if name.startswith("bedrock-mantle ")} == {state}
    assert {each for name, each in found.items() if name.startswith("bedrock ")} == {"works"}


@pytest.mark.parametrize(("minutes", "state"), [(0, "works"), (4, "works"), (-7, "wrong")])
def test_a_clock_that_is_wrong_is_told_by_the_servers(
    minutes: int, state: str, doctor: Doctor, aws: Sandbox
) -> None:
    aws.set_clock(ahead=timedelta(minutes=minutes))
    _, checks = doctor("clock", "bedrock")
    assert checks["clock", "clock"]["state"] == state


def test_what_the_guards_role_may_is_asked_of_iam_by_whoever_may_ask(
    doctor: Doctor, aws: Sandbox
) -> None:
    """The role trusts GitHub alone, and its permissions can be asked about all the same."""
    aws.make_role(ACCOUNT, ROLE, permissions=False, trust=trust_in_hub())
    install(aws, without(deployed("Disable", "Quarantine"), "iam:AttachRolePolicy"))
    code, checks = doctor("permissions", "--guard", HUB_ROLE)
    assert code == 3
    assert checks["permissions", "disable"]["state"] == "works"
    assert checks["permissions", "quarantine"]["missing"] == ["iam:AttachRolePolicy"]
    assert "Quarantine=true" in checks["permissions", "quarantine"]["mend"]


def test_of_anybody_else_calls_tell_nothing(doctor: Doctor, aws: Sandbox) -> None:
    aws.make_role(ACCOUNT, ROLE, permissions=False)
    aws.aws_faults.add(ACCESS_DENIED, on="iam:SimulatePrincipalPolicy", times=None)
    code, checks = doctor("permissions", "--guard", HUB_ROLE)
    assert (code, states(checks)) == (4, {"unknown"})
    asks = f"allow arn:aws:iam::{ACCOUNT}:user/{GUARD_USER} to iam:SimulatePrincipalPolicy"
    assert {each["mend"] for each in checks.values()} == {f"{asks} on {HUB_ROLE}"}


def test_each_other_account_is_looked_at_by_the_role(doctor: Doctor, aws: Sandbox) -> None:
    aws.make_role(MEMBER, ROLE, permissions=False)
    install(aws, without(deployed("Disable", account=MEMBER), "iam:ListAccessKeys"), MEMBER)
    template = f"arn:aws:iam::{{account_id}}:role/{ROLE}"
    code, checks = doctor(
        *("aws", "permissions", "--feature", "verify", "--role-to-assume-template", template),
        *("--allowed-account-ids", f"{ACCOUNT},{MEMBER}"),
    )
    assert checks["aws", f"account {MEMBER}"]["state"] == "works"
    check = checks["permissions", "verify"]  # the last one: that of the member
    assert (code, check["account"], check["missing"]) == (3, MEMBER, ["iam:ListAccessKeys"])


def test_an_account_whose_role_trusts_nobody_here_lacks(doctor: Doctor, aws: Sandbox) -> None:
    aws.aws_faults.add(ACCESS_DENIED, on="sts:AssumeRole")
    template = f"arn:aws:iam::{{account_id}}:role/{ROLE}"
    code, checks = doctor(
        *("aws", "--role-to-assume-template", template, "--allowed-account-ids", MEMBER)
    )
    assert (code, checks["aws", f"account {MEMBER}"]["state"]) == (3, "lacks")


def test_another_account_needs_a_role_by_name(doctor: Doctor, aws: Sandbox) -> None:
    code, checks = doctor("aws", "--allowed-account-ids", MEMBER)
    check = checks["aws", f"account {MEMBER}"]
    assert (code, check["state"]) == (2, "wrong")
    assert "--role-to-assume-template" in check["mend"]


@pytest.mark.parametrize(
    ("management", "state"), [(ACCOUNT, "works"), (MEMBER, "lacks"), (None, "unknown")]
)
def test_an_organisation_is_asked_for_its_accounts_where_it_is_the_allow_list(
    management: str | None, state: str, doctor: Doctor, aws: Sandbox
) -> None:
    if management:
        aws.organize(management)
    _, checks = doctor("aws", "--allowed-account-ids", "organization")
    check = checks["aws", "organization"]
    assert check["state"] == state
    assert check["missing"] == (["organizations:DescribeAccount"] if state == "lacks" else [])


# ── GitHub ──────────────────────────────────────────────────────────────────────────────────────


def test_a_token_that_sees_no_repository_lacks(
    doctor: Doctor, token: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, checks = doctor("github", "--repository", "acme/none")
    assert (code, checks["github", "token"]["state"]) == (3, "lacks")
    assert os.environ["GITHUB_TOKEN"] not in json.dumps(list(checks.values()))


# ── what is refused ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "word"),
    [
        (["hook"], "nothing that doctor looks at"),
        (["aws", "--offline"], "Without the network"),
        (["--drill"], "--yes"),
        (["--drill", "aws"], "--drill"),
        (["--guard", "me"], "no ARN"),
    ],
)
def test_what_cannot_be_looked_at_is_refused(
    words: list[str], word: str, repository: Path, capsys: Captured
) -> None:
    assert main(["doctor", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert word in err


def test_a_folder_that_is_gone_is_named(
    repository: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = repository / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["doctor", "git"]) == 2
    assert "does not exist any more" in capsys.readouterr().err


def test_a_drill_needs_credentials(repository: Path, capsys: Captured) -> None:
    assert main(["doctor", "--drill", "--yes"]) == 3
    assert "there are no AWS credentials" in capsys.readouterr().err


def test_whoever_says_no_makes_nothing(
    aws: Sandbox, repository: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    import io
    import sys

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    monkeypatch.setattr("bedrock_key_guard.console.agreement.somebody_is_there", lambda: True)
    guard = f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
    assert main(["doctor", "--drill", "--guard", guard]) == 0
    assert "Nothing was made." in capsys.readouterr().err
    assert aws.writes() == ()
