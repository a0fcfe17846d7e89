"""Give back at the wire: what several keys share, what was lost, and what a ledger only claims."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedrock_key_guard.action.lifting import Lifting
from bedrock_key_guard.action.lifting import lifted as lifted_by_a_run
from bedrock_key_guard.iam.policy_documents import session_denial
from bedrock_key_guard.model.findings import Scan
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.pipeline.options import Surroundings
from bedrock_key_guard.report.report import Report, Visibility
from bedrock_key_guard.respond.ledger.entries import Ledger, read_ledger
from bedrock_key_guard.respond.ledger.records import (
    Hold,
    PoliciesDetached,
    PolicyAttached,
    PolicyPut,
    Record,
)
from bedrock_key_guard.respond.undo import lift_all
from sandbox.base.faults import ACCESS_DENIED
from sandbox.front import signers
from sandbox.front.sandbox import GUARD_USER, Sandbox
from tests.answers import Answering
from tests.iam_state import iam_state
from tests.jobs import ACCOUNT, HURRIED, Host, guard
from tests.leakers import CONSOLE, by_role, iam_of, long_term, role_session
from tests.leaks import leak
from tests.sweeps import sweep

BY_QUARANTINE = ("--short-term", "quarantine")
BY_REVOCATION = ("--short-term", "revoke-sessions")
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
GUARD = f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"


@pytest.fixture
def now() -> datetime:
    return datetime.now(timezone.utc)


@pytest.fixture
def in_reach(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let this process reach the sandbox as the command does."""
    for name, value in answering.environment.items():
        monkeypatch.setenv(name, value)
    return answering


def lifted(answering: Answering, at: datetime, *, search: bool = False) -> list[str]:
    done = lift_all(answering.ledger, answering.environment, at, search=search, dry_run=False)
    return [f"{outcome.state}: {outcome.reason}" for _, outcome in done]


def signed(sandbox: Sandbox, hours: float, session: str = "run-7") -> str:
    signer = role_session(sandbox, "ml-pipeline", session)
    return signers.short_term_key(sandbox, signer, expires=int(hours * 3600)).key


def hours(number: float) -> timedelta:
    return timedelta(hours=number, minutes=6)


# ── several keys under one quarantine ───────────────────────────────────────────────────────────


def test_a_quarantine_stays_until_the_last_of_its_keys_has_expired(
    in_reach: Answering, now: datetime
) -> None:
    sandbox = in_reach.sandbox
    before = iam_state(sandbox, ACCOUNT)["details"]["Policies"]
    keys = [signed(sandbox, number, f"run-{number}") for number in (1, 3)]
    for key in keys:  # the second is found contained by what the first has led to
        leak(in_reach.tree, key)
        in_reach.respond(*BY_QUARANTINE)
    assert [entry.action for entry in read_ledger(in_reach.ledger)] == ["quarantine", "hold"]
    assert len(sandbox.writes()) == 1
    assert lifted(in_reach, now + hours(1))[0].startswith("not-needed: not yet")
    assert lifted(in_reach, now + hours(3))[0].startswith("done")
    assert iam_state(sandbox, ACCOUNT)["details"]["Policies"] == before


def test_two_keys_of_one_role_in_one_run_are_one_attachment(
    in_reach: Answering, now: datetime
) -> None:
    sandbox = in_reach.sandbox
    leak(in_reach.tree, signed(sandbox, 1, "run-1"), signed(sandbox, 3, "run-2"))
    ledger = ("--ledger", str(in_reach.ledger))
    arguments = ("respond", *BY_QUARANTINE, *ledger, "--format", "json", ".")
    done = guard(*arguments, cwd=in_reach.tree, env=in_reach.environment, hurried=True)
    outcomes = [incident["outcome"] for incident in json.loads(done.stdout)["incidents"]]
    assert all(o["confirmed_dead"] or o["action"] == "nothing" for o in outcomes), outcomes
    assert len(sandbox.writes()) == 1
    assert lifted(in_reach, now + hours(1))[0].startswith("not-needed: not yet")
    assert [line[:4] for line in lifted(in_reach, now + hours(3))] == ["done"]


def test_what_its_owner_attached_is_never_lifted(in_reach: Answering, now: datetime) -> None:
    sandbox = in_reach.sandbox
    leak(in_reach.tree, signed(sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    policy = f"arn:aws:iam::{ACCOUNT}:policy/BedrockKeyGuardQuarantine"
    for change in ("detach", "attach"):
        getattr(iam_of(sandbox), f"{change}_role_policy")(RoleName="ml-pipeline", PolicyArn=policy)
    writes = sandbox.writes()
    (line,) = lifted(in_reach, now + hours(1))
    assert line.startswith("refused")
    assert sandbox.writes() == writes


def test_a_quarantine_is_not_lifted_without_the_trail(in_reach: Answering, now: datetime) -> None:
    sandbox = in_reach.sandbox
    leak(in_reach.tree, signed(sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", times=None)
    writes = sandbox.writes()
    for ledger in ("there", "lost"):
        if ledger == "lost":
            in_reach.ledger.unlink()
        lines = lifted(in_reach, now + hours(1))
        assert len(lines) == (2 if ledger == "there" else 1)
        for line in lines:
            assert line.startswith("refused: CloudTrail could not be read (")
            assert "cloudtrail:LookupEvents failed (AccessDenied)" in line
            assert line.endswith("give credentials that may call cloudtrail:LookupEvents")
    assert sandbox.writes() == writes


def test_a_session_policy_is_found_by_its_name_alone(in_reach: Answering, now: datetime) -> None:
    """With no ledger and no trail, IAM still says who made it and until when."""
    sandbox = in_reach.sandbox
    made = by_role(sandbox)
    leak(in_reach.tree, made.key)
    before = iam_state(sandbox, ACCOUNT)
    in_reach.respond(*BY_REVOCATION)
    in_reach.ledger.unlink()
    sandbox.trail.replace(ACCOUNT, "us-east-1", [])
    assert lifted(in_reach, now + hours(12)) == []
    assert lifted(in_reach, now + hours(11), search=True)[0].startswith("not-needed: not yet")
    assert lifted(in_reach, now + hours(12), search=True)[0].startswith("done")
    assert iam_state(sandbox, ACCOUNT) == before


def test_a_policy_that_only_bears_the_guards_name_is_not_deleted(
    in_reach: Answering, now: datetime
) -> None:
    sandbox = in_reach.sandbox
    by_role(sandbox)
    iam_of(sandbox).put_role_policy(
        RoleName="web",
        PolicyName="BedrockKeyGuard-revoke-until-20200101T0000Z-0123456789ab",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            }
        ),
    )
    (line,) = lifted(in_reach, now, search=True)
    assert line.startswith("refused")
    assert "does more than revoke sessions" in line
    assert sandbox.writes() == ()


# ── forged ledgers ──────────────────────────────────────────────────────────────────────────────


def unique_id(sandbox: Sandbox, kind: str, name: str) -> str:
    found: Any = getattr(iam_of(sandbox), f"get_{kind}")(**{f"{kind.title()}Name": name})
    return str(found[kind.title()][f"{kind.title()}Id"])


def forge(answering: Answering, action: str, record: Record) -> None:
    Ledger(answering.ledger).open_change(
        action=action,
        actor=GUARD,
        account=Account(ACCOUNT),
        fingerprint="0" * 64,
        record=record,
    )


def refused(answering: Answering, *words: str) -> str:
    ledger = ("--ledger", str(answering.ledger))
    done = guard(*words, *ledger, cwd=answering.tree, env=answering.environment)
    assert done.returncode == 4, done
    return done.stdout.decode()


def test_a_forged_ledger_grants_no_policy(answering: Answering) -> None:
    sandbox = answering.sandbox
    sandbox.make_user(ACCOUNT, "eve")
    record = PoliciesDetached("eve", unique_id(sandbox, "user", "eve"), "eve-at-1", (ADMIN,))
    forge(answering, "strip-policies", record)
    assert "CloudTrail does not show" in refused(answering, "restore")
    assert sandbox.writes() == ()


def test_a_ledger_that_was_edited_grants_no_more_than_was_taken(answering: Answering) -> None:
    sandbox = answering.sandbox
    leak(answering.tree, long_term(CONSOLE, beside=False)(sandbox).key)
    answering.respond("--action", "strip-policies")
    text = answering.ledger.read_text()
    answering.ledger.write_text(text.replace('"policies": [', f'"policies": ["{ADMIN}", '))
    writes = sandbox.writes()
    assert "CloudTrail does not show" in refused(answering, "restore")
    assert sandbox.writes() == writes


def test_a_ledger_that_names_another_user_grants_nothing(answering: Answering) -> None:
    sandbox = answering.sandbox
    leak(answering.tree, long_term(CONSOLE, beside=False)(sandbox).key)
    answering.respond("--action", "strip-policies")
    sandbox.make_user(ACCOUNT, "eve", permissions=False)
    text = answering.ledger.read_text().replace(f'"user_name": "{CONSOLE}"', '"user_name": "eve"')
    owner = unique_id(sandbox, "user", CONSOLE)
    answering.ledger.write_text(text.replace(owner, unique_id(sandbox, "user", "eve")))
    writes = sandbox.writes()
    assert "CloudTrail does not show" in refused(answering, "restore")
    assert sandbox.writes() == writes


@pytest.mark.parametrize("command", ["restore", "lift"])
def test_a_forged_ledger_takes_no_denial_away(answering: Answering, command: str) -> None:
    """What an administrator denies stays denied, whatever a file says of it."""
    sandbox = answering.sandbox
    by_role(sandbox)
    policy = f"arn:aws:iam::{ACCOUNT}:policy/BedrockKeyGuardQuarantine"
    iam_of(sandbox).attach_role_policy(RoleName="web", PolicyArn=policy)
    denial = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": denial})
    iam_of(sandbox).put_role_policy(RoleName="web", PolicyName="no", PolicyDocument=document)
    role, past = unique_id(sandbox, "role", "web"), "2026-01-01T00:00:00+00:00"
    attached = PolicyAttached("role", "web", role, policy, past, was_attached=False)
    forge(answering, "quarantine", attached)
    forge(answering, "revoke-sessions", PolicyPut("role", "web", role, "no", document, past))
    assert refused(answering, command).count("refused") == 2
    assert sandbox.writes() == ()


@pytest.mark.parametrize("by", [BY_QUARANTINE, BY_REVOCATION], ids=["quarantine", "revocation"])
@pytest.mark.parametrize(
    "claimed", sweep([-12, 9, 9_999], quick=lambda hours: hours < 0), ids=["over", "later", "never"]
)
def test_how_long_a_key_lives_is_not_believed_of_a_ledger(
    in_reach: Answering, now: datetime, by: tuple[str, str], claimed: int
) -> None:
    """CloudTrail and the policy's own name say it, and a ledger that was edited changes nothing."""
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*by)
    until = (now + timedelta(hours=claimed)).isoformat()
    text = re.sub(r'"until": "[^"]*"', f'"until": "{until}"', in_reach.ledger.read_text())
    in_reach.ledger.write_text(text)
    assert [line[:19] for line in lifted(in_reach, now)] == ["not-needed: not yet"]
    assert [line[:4] for line in lifted(in_reach, now + hours(1))] == ["done"]


@pytest.mark.parametrize("by", [BY_QUARANTINE, BY_REVOCATION], ids=["quarantine", "revocation"])
def test_a_stale_ledger_forgets_nothing_that_aws_shows(
    in_reach: Answering, now: datetime, by: tuple[str, str]
) -> None:
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*by)
    in_reach.ledger.write_text(in_reach.ledger.read_text().replace('"done"', '"lifted"'))
    assert [line[:4] for line in lifted(in_reach, now + hours(1))] == ["done"]


def test_a_key_that_only_a_ledger_knows_holds_no_longer_than_keys_live(
    in_reach: Answering, now: datetime
) -> None:
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    forge(in_reach, "hold", Hold("role", "ml-pipeline", "2999-01-01T00:00:00+00:00"))
    assert [line[:19] for line in lifted(in_reach, now + hours(1))] == ["not-needed: not yet"]
    assert [line[:4] for line in lifted(in_reach, now + hours(12))] == ["done"]


def test_a_forged_ledger_does_not_take_away_what_the_guard_gave_back(
    answering: Answering,
) -> None:
    """The guard attached it last, but as what a user may have, and not as a quarantine."""
    sandbox = answering.sandbox
    leak(answering.tree, long_term(CONSOLE, beside=False)(sandbox).key)
    answering.respond("--action", "strip-policies")
    time.sleep(1)  # CloudTrail tells seconds apart, and no less
    answering.command("restore")
    (entry,) = read_ledger(answering.ledger)
    assert isinstance(entry.record, PoliciesDetached)
    user, past = unique_id(sandbox, "user", CONSOLE), "2026-01-01T00:00:00+00:00"
    for policy in entry.record.policies:
        attached = PolicyAttached("user", CONSOLE, user, policy, past, was_attached=False)
        forge(answering, "quarantine", attached)
    writes = sandbox.writes()
    assert "not attach it as a quarantine" in refused(answering, "lift")
    assert sandbox.writes() == writes


def test_a_forged_ledger_deletes_no_revocation_of_somebody_else(answering: Answering) -> None:
    """The console revokes sessions by an inline policy that does just that."""
    sandbox = answering.sandbox
    by_role(sandbox)
    past = "2026-01-01T00:00:00+00:00"
    document = json.dumps(session_denial(("*",), datetime.now(timezone.utc), None))
    name = "AWSRevokeOlderSessions"
    iam_of(sandbox).put_role_policy(RoleName="web", PolicyName=name, PolicyDocument=document)
    role = unique_id(sandbox, "role", "web")
    forge(answering, "revoke-sessions", PolicyPut("role", "web", role, name, document, past))
    assert "is not named as the guard names its own" in refused(answering, "lift")
    assert sandbox.writes() == ()


def test_a_user_made_anew_gets_nothing_back(answering: Answering) -> None:
    sandbox = answering.sandbox
    leaked = long_term(CONSOLE, beside=False)(sandbox)
    leak(answering.tree, leaked.key)
    answering.respond("--action", "strip-policies")
    iam = iam_of(sandbox)
    for item in iam.list_service_specific_credentials(UserName=CONSOLE)[
        "ServiceSpecificCredentials"
    ]:
        iam.delete_service_specific_credential(
            UserName=CONSOLE, ServiceSpecificCredentialId=item["ServiceSpecificCredentialId"]
        )
    iam.delete_user(UserName=CONSOLE)
    iam.create_user(UserName=CONSOLE)
    writes = sandbox.writes()
    assert "made anew" in refused(answering, "restore")
    assert sandbox.writes() == writes


# ── at the end of a run of the Action ───────────────────────────────────────────────────────────


def at_the_end(answering: Answering, now: datetime, visibility: Visibility) -> Report:
    lifting = Lifting(
        (ACCOUNT,), None, answering.ledger.with_name("another.jsonl"), now, dry_run=False
    )
    around = Surroundings(answering.environment)
    return lifted_by_a_run(Report(Scan()), lifting, around, visibility)


def test_a_run_of_the_action_takes_off_what_no_key_needs(
    in_reach: Answering, now: datetime
) -> None:
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    early = at_the_end(in_reach, now, "private")
    assert (early.notes, early.warnings) == ((), ())
    (note,) = at_the_end(in_reach, now + hours(1), "private").notes
    assert note.startswith("role ml-pipeline, done: ")
    assert at_the_end(in_reach, now + hours(1), "private").notes == ()


def test_strangers_are_not_told_whom_a_run_has_given_something_back(
    in_reach: Answering, now: datetime
) -> None:
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    in_reach.sandbox.aws_faults.add(ACCESS_DENIED, on="iam:Detach*", times=None)
    assert at_the_end(in_reach, now + hours(1), "public").warnings == (
        "1 denial of the guard not lifted.",
    )


def test_a_run_without_credentials_says_that_nothing_was_lifted(
    in_reach: Answering, now: datetime
) -> None:
    bare = replace(in_reach, environment={"HOME": str(in_reach.tree)})
    (warning,) = at_the_end(bare, now, "private").warnings
    assert warning.startswith("Nothing was lifted: Nothing can be lifted: ")


def test_the_action_lifts_on_request_and_nothing_that_is_needed(
    host: Host, in_reach: Answering
) -> None:
    leak(in_reach.tree, signed(in_reach.sandbox, 1))
    in_reach.respond(*BY_QUARANTINE)
    before = iam_state(in_reach.sandbox, ACCOUNT)
    (in_reach.tree / "settings.env").write_text("nothing\n")
    done = host.job(python=HURRIED).run(scan="tree", lift="true")
    assert done.returncode == 0, done
    assert b"lifted" not in done.stdout
    assert iam_state(in_reach.sandbox, ACCOUNT) == before
    asked = [call.operation for call in in_reach.sandbox.calls()]
    assert "LookupEvents" in asked
