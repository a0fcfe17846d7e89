"""Hold the guard to ten mistakes that a tool which revokes keys is known to make."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from bedrock_key_guard.respond.undo import lift_all
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from tests import keysmith
from tests.answers import Answering
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, STRANGER, guard, said
from tests.leakers import iam_of, role_session, signed
from tests.leaks import leak, probed, status
from tests.needles import leaks
from tests.planes import asked

WORKS = ("accepted", "accepted")
QUARANTINE = ("--short-term", "quarantine")
BOTH_REFUSE = {"refused", "denied"}


def is_done(incident: dict[str, object]) -> bool:
    outcome = incident["outcome"]
    assert isinstance(outcome, dict)
    return outcome["state"] == "done" and outcome["confirmed_dead"] is True


def writes(sandbox: Sandbox) -> list[tuple[str, str | None]]:
    """Return what was changed, and whose."""
    return [
        (call.action, call.parameter("UserName") or call.parameter("RoleName"))
        for call in sandbox.writes()
    ]


def unpadded(sandbox: Sandbox) -> tuple[str, str]:
    """Return a key that ends in padding, and the same without it."""
    for lifetime in (3600, 36_000) * 50:
        signer = role_session(sandbox, "ml-pipeline", "run-7")
        key = signers.short_term_key(sandbox, signer, expires=lifetime).key
        if key.endswith("="):
            return key, key.rstrip("=")
    raise AssertionError("no key of a hundred has padding")


def test_1_a_plus_in_a_users_name_is_part_of_the_name(answering: Answering) -> None:
    """Wrong user: what follows a plus is not always the number of a further key."""
    sandbox = answering.sandbox
    of_dev = [sandbox.make_long_term_key(ACCOUNT, "dev") for _ in range(2)]
    signer = signers.user(sandbox, ACCOUNT, "dev")
    leaked = sandbox.make_long_term_key(ACCOUNT, "dev+bot")
    leak(answering.tree, leaked.key)
    assert is_done(answering.respond())
    assert writes(sandbox) == [("iam:UpdateServiceSpecificCredential", "dev+bot")]
    assert status(sandbox, leaked) == "Inactive"
    assert [asked(sandbox, key.key) for key in of_dev] == [WORKS, WORKS]
    assert asked(sandbox, signed(sandbox, signer)) == WORKS


def test_2_a_key_of_another_account_touches_no_user_of_ours(answering: Answering) -> None:
    """Wrong account: a user of the same name is somebody else."""
    sandbox = answering.sandbox
    theirs = sandbox.make_long_term_key(STRANGER, "dev")
    sandbox.make_long_term_key(ACCOUNT, "dev")
    before = iam_state(sandbox, ACCOUNT)
    leak(answering.tree, theirs.key)
    incident = answering.respond()
    assert (incident["verdict"]["state"], incident["outcome"]["state"]) == ("foreign", "not-needed")
    assert iam_state(sandbox, ACCOUNT) == before
    assert (sandbox.writes(), probed(sandbox)) == ((), set())


def test_3_an_at_in_a_users_name_is_part_of_the_name(answering: Answering) -> None:
    """Unreadable names: the last `-at-` ends the name, and not the first."""
    sandbox = answering.sandbox
    bystander = sandbox.make_long_term_key(ACCOUNT, "sam")
    leaked = sandbox.make_long_term_key(ACCOUNT, "sam-at-work-at-night")
    leak(answering.tree, leaked.key)
    assert is_done(answering.respond())
    assert (status(sandbox, leaked), status(sandbox, bystander)) == ("Inactive", "Active")


def test_4_who_signed_a_key_is_looked_up_in_the_keys_own_region(answering: Answering) -> None:
    """Region of the look-up: a trail is one region's, and the key's is not ours."""
    sandbox = answering.sandbox
    sandbox.bedrock.region = None
    signer = role_session(sandbox, "ml-pipeline", "run-7")
    leaked = signers.short_term_key(sandbox, signer, region="eu-west-1").key
    leak(answering.tree, leaked)
    assert answering.environment["AWS_REGION"] != "eu-west-1"
    assert is_done(answering.respond(*QUARANTINE))
    assert writes(sandbox) == [("iam:AttachRolePolicy", "ml-pipeline")]
    looked_up = [call.region for call in sandbox.calls() if call.operation == "LookupEvents"]
    assert looked_up == ["eu-west-1"]


def test_5_a_key_that_has_expired_costs_nobody_anything(answering: Answering) -> None:
    """Expired keys: a key of years ago is no reason to stop a production role."""
    sandbox = answering.sandbox
    issued = datetime(2020, 2, 2, tzinfo=timezone.utc)
    leaked = sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline", issued_at=issued)
    before = iam_state(sandbox, ACCOUNT)
    leak(answering.tree, leaked.key)
    for action in (QUARANTINE, ("--short-term", "revoke-sessions", "--revoke-everything")):
        incident = answering.respond(*action)
        assert incident["verdict"]["state"] == "dead"
        assert "expired" in incident["verdict"]["reason"]
    assert iam_state(sandbox, ACCOUNT) == before
    assert (sandbox.writes(), probed(sandbox)) == ((), set())


def test_6_a_key_whose_padding_is_lost_is_the_same_key(answering: Answering) -> None:
    """Stripped padding: people and tools drop it, and Bedrock is shown the key that it knows."""
    padded, stripped = unpadded(answering.sandbox)
    told = [
        guard("explain", cwd=answering.tree, env=answering.environment, stdin=key.encode()).stdout
        for key in (padded, stripped)
    ]
    assert told[0] == told[1]
    assert ACCOUNT.encode() in told[0]
    leak(answering.tree, stripped)
    assert is_done(answering.respond(*QUARANTINE))
    assert set(asked(answering.sandbox, padded)) <= BOTH_REFUSE


def test_7_a_key_is_not_dead_while_one_plane_accepts_it(answering: Answering) -> None:
    """One plane left open: a denial on `bedrock` alone leaves `bedrock-mantle` open."""
    sandbox = answering.sandbox
    leaked = sandbox.make_long_term_key(ACCOUNT, "dev")
    denial = {"Effect": "Deny", "Action": "bedrock:*", "Resource": "*"}
    iam_of(sandbox).put_user_policy(
        UserName="dev",
        PolicyName="half-a-quarantine",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": denial}),
    )
    assert asked(sandbox, leaked.key) == ("denied", "accepted")
    leak(answering.tree, leaked.key)
    incident = answering.respond()
    assert incident["verdict"]["state"] == "live"
    assert is_done(incident)
    assert set(asked(sandbox, leaked.key)) <= BOTH_REFUSE


def test_8_of_a_users_credentials_only_the_leaked_one_is_changed(answering: Answering) -> None:
    """All credentials hit: what did not leak works on."""
    sandbox, iam = answering.sandbox, iam_of(answering.sandbox)
    leaked, other = (sandbox.make_long_term_key(ACCOUNT, "dev") for _ in range(2))
    iam.create_service_specific_credential(UserName="dev", ServiceName="codecommit.amazonaws.com")
    access_key = signers.user(sandbox, ACCOUNT, "dev")
    policies = iam_state(sandbox, ACCOUNT)["details"]
    leak(answering.tree, leaked.key)
    assert is_done(answering.respond())
    listed = iam.list_service_specific_credentials(UserName="dev")["ServiceSpecificCredentials"]
    assert {each["ServiceSpecificCredentialId"]: each["Status"] for each in listed} == {
        **{each["ServiceSpecificCredentialId"]: "Active" for each in listed},
        leaked.credential_id: "Inactive",
    }
    assert len(listed) == 3
    assert asked(sandbox, other.key) == WORKS
    (kept,) = iam.list_access_keys(UserName="dev")["AccessKeyMetadata"]
    assert (kept["AccessKeyId"], kept["Status"]) == (access_key.access_key_id, "Active")
    assert iam_state(sandbox, ACCOUNT)["details"] == policies


def test_9_no_denial_is_left_behind(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    """Denials left behind: once the key has expired, whoever signed it is as free as before."""
    sandbox = answering.sandbox
    keys = [signed(sandbox, role_session(sandbox, role, "run-7")) for role in ("one", "two")]
    before = iam_state(sandbox, ACCOUNT)
    for key, action in zip(keys, ("quarantine", "revoke-sessions"), strict=True):
        leak(answering.tree, key)
        assert is_done(answering.respond("--short-term", action)), action
    assert iam_state(sandbox, ACCOUNT) != before
    for name, value in answering.environment.items():
        monkeypatch.setenv(name, value)
    expired = datetime.now(timezone.utc) + timedelta(hours=12, minutes=7)
    lift_all(answering.ledger, answering.environment, expired, search=False, dry_run=False)
    assert iam_state(sandbox, ACCOUNT) == before


@pytest.mark.parametrize("command", ["explain", "scan", "verify", "respond", "timeline"])
def test_10_a_key_on_the_command_line_is_not_taken_and_not_told_back(
    answering: Answering, command: str
) -> None:
    """Key on the command line: it stays in histories and lists of processes. Input is read."""
    key = keysmith.short_term(kind="AKIA")
    done = guard(command, key, cwd=answering.tree, env=answering.environment)
    assert done.returncode == 2, said(done)
    assert leaks({"the key": key}, {"output": done.stdout, "errors": done.stderr}) == []
    assert (answering.sandbox.writes(), probed(answering.sandbox)) == ((), set())
    by_input = guard(
        *(("explain",) if command == "explain" else ("scan", "--stdin")),
        cwd=answering.tree,
        env=answering.environment,
        stdin=key.encode(),
    )
    assert by_input.returncode == (0 if command == "explain" else 1)
    assert ACCOUNT.encode() in by_input.stdout
