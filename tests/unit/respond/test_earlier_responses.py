from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedrock_key_guard.aws.roles import RoleToAssume
from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.model.evidence import CredentialRecord, IamAnswer, Verdict
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.earlier_responses import earlier_response
from bedrock_key_guard.respond.identities import CredentialWriter
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.base.faults import ACCESS_DENIED
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.investigate.records import NOW as TRAIL_NOW
from tests.unit.investigate.records import FakeSession, FakeTrail, Record, at, iam, stamp
from tests.unit.respond.doubles import live, other
from tests.unit.verify.doubles import ACCOUNT, NOW, USER, credential, found

FINGERPRINT = "0123456789ab" + "0" * 52


@pytest.fixture
def events(session: Session) -> ChangeEvents:
    return ChangeEvents(session, datetime.now(timezone.utc))


def record(leaked: Leaked, session: Session) -> CredentialRecord:
    found = IamDirectory(session).by_id(leaked.credential_id)
    assert found is not None
    return found


def dead(leaked: Leaked, session: Session) -> Verdict:
    """Return the verdict that a later run reaches on a key whose credential is Inactive."""
    verdict = other("dead")
    return replace(verdict, evidence=replace(verdict.evidence, iam=found(record(leaked, session))))


def lookups(sandbox: Sandbox) -> int:
    return sum(call.operation == "LookupEvents" for call in sandbox.calls())


def by_owner(leaked: Leaked, sandbox: Sandbox, status: str) -> None:
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=leaked.credential_id, Status=status
    )


def test_what_an_earlier_run_disabled_is_known_again(
    events: ChangeEvents, session: Session, leaked: Leaked
) -> None:
    CredentialWriter(session).set_status(record(leaked, session), "Inactive")
    outcome = earlier_response(events, FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state) == ("disable", "not-needed")
    assert outcome.confirmed_dead
    what = f"an earlier run set credential {leaked.credential_id} of user alice Inactive at 20"
    assert outcome.reason.startswith(what)


def test_what_an_earlier_run_reset_is_known_as_reset(
    events: ChangeEvents, session: Session, leaked: Leaked
) -> None:
    writer, credential = CredentialWriter(session), record(leaked, session)
    writer.set_status(credential, "Inactive")
    writer.reset(credential)
    outcome = earlier_response(events, FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.confirmed_dead) == ("reset", True)
    assert "see whether the store holds its new key" in outcome.reason


def test_what_somebody_else_disabled_is_nobodys_response(
    events: ChangeEvents, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    by_owner(leaked, sandbox, "Inactive")
    assert earlier_response(events, FINGERPRINT, dead(leaked, session)) is None


def test_what_somebody_changed_since_is_not_the_guards_any_more(
    events: ChangeEvents, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    CredentialWriter(session).set_status(record(leaked, session), "Inactive")
    for status in ("Active", "Inactive"):
        by_owner(leaked, sandbox, status)
    assert earlier_response(events, FINGERPRINT, dead(leaked, session)) is None


def test_without_the_trail_it_is_said_that_nothing_is_known(
    events: ChangeEvents, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    CredentialWriter(session).set_status(record(leaked, session), "Inactive")
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", times=None)
    for _ in range(3):
        outcome = earlier_response(events, FINGERPRINT, dead(leaked, session))
        assert outcome is not None
        assert (outcome.action, outcome.state) == ("nothing", "not-needed")
        assert not outcome.confirmed_dead
        assert "whether an earlier run did it is not known" in outcome.reason
        assert "give credentials that may call cloudtrail:LookupEvents" in outcome.reason
    assert lookups(sandbox) == 1


def test_the_trail_is_read_once_in_a_run(
    events: ChangeEvents, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    by_owner(leaked, sandbox, "Inactive")
    for _ in range(3):
        earlier_response(events, FINGERPRINT, dead(leaked, session))
    assert lookups(sandbox) == 3  # one for each kind of change


@pytest.mark.parametrize("verdict", [live(), other("rejected"), other("foreign"), other("dead")])
def test_nothing_is_looked_up_for_a_key_that_no_guard_can_have_disabled(
    verdict: Verdict, events: ChangeEvents, sandbox: Sandbox
) -> None:
    assert earlier_response(events, FINGERPRINT, verdict) is None
    assert lookups(sandbox) == 0


def test_the_trail_is_asked_about_ninety_days(session: Session) -> None:
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    assert ChangeEvents(session, now).begin == now - timedelta(days=90)


def test_other_credentials_are_told_apart(
    events: ChangeEvents, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    second: Any = sandbox.make_long_term_key(ACCOUNT, "alice")
    CredentialWriter(session).set_status(record(second, session), "Inactive")
    by_owner(leaked, sandbox, "Inactive")
    assert earlier_response(events, FINGERPRINT, dead(leaked, session)) is None
    assert earlier_response(events, FINGERPRINT, dead(second, session)) is not None


def deleting(key: str = FINGERPRINT) -> AbstractContextManager[None]:
    return stated(purpose_of("delete", key))


def test_a_delete_that_was_cut_off_is_known_by_its_key(
    events: ChangeEvents, session: Session, leaked: Leaked
) -> None:
    with deleting():
        CredentialWriter(session).set_status(record(leaked, session), "Inactive")
    outcome = earlier_response(events, FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("delete", "failed", True)
    outcome = earlier_response(events, "f" * 64, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state) == ("disable", "not-needed")


def gone() -> Verdict:
    verdict = other("dead")
    absent = IamAnswer("absent", NOW, Account(ACCOUNT))
    return replace(verdict, evidence=replace(verdict.evidence, iam=absent))


def test_what_an_earlier_run_deleted_is_known_by_its_key(
    events: ChangeEvents, session: Session, leaked: Leaked
) -> None:
    with deleting():
        CredentialWriter(session).delete(record(leaked, session))
    outcome = earlier_response(events, FINGERPRINT, gone())
    assert outcome is not None
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("delete", "not-needed", True)
    assert leaked.credential_id in outcome.reason
    assert earlier_response(events, "f" * 64, gone()) is None


def test_what_somebody_else_deleted_is_nobodys_response(
    events: ChangeEvents, leaked: Leaked, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).delete_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=leaked.credential_id
    )
    assert earlier_response(events, FINGERPRINT, gone()) is None


UPDATE, RESET = "UpdateServiceSpecificCredential", "ResetServiceSpecificCredential"
DELETE = "DeleteServiceSpecificCredential"
AGENT = "Boto3/1.44 bedrock-key-guard/0.1"


def shown(*changes: Record) -> ChangeEvents:
    """Give a trail of these events, the oldest first, each a minute after the one before."""
    trail = FakeTrail()
    moved = [{**each, "eventTime": stamp(at(minutes=9 - n))} for n, each in enumerate(changes)]
    trail.put(*moved)
    session: Any = FakeSession(trail)
    return ChangeEvents(session, TRAIL_NOW)


def change(name: str, status: str | None, agent: str, *, failed: bool = False) -> Record:
    request = {"userName": USER, "serviceSpecificCredentialId": credential().credential_id}
    more: dict[str, Any] = {"errorCode": "AccessDenied"} if failed else {}
    request |= {"status": status} if status else {}
    return iam(name, userAgent=agent, requestParameters=request, **more)


@pytest.mark.parametrize(
    ("name", "status", "user_agent", "failed", "own", "reset"),
    [
        (UPDATE, "Inactive", AGENT, False, True, False),
        (UPDATE, "Active", AGENT, False, False, False),
        (UPDATE, "Inactive", AGENT, True, False, False),
        (UPDATE, "Inactive", "aws-cli/2.30 bedrock-key-guard", False, False, False),
        (UPDATE, "Inactive", "console.amazonaws.com", False, False, False),
        (RESET, None, AGENT, False, False, True),
        (RESET, None, AGENT, True, False, False),
        (RESET, None, "console.amazonaws.com", False, False, False),
        (DELETE, None, AGENT, False, False, False),
    ],
)
def test_which_events_are_a_guards_own(
    *, name: str, status: str | None, user_agent: str, failed: bool, own: bool, reset: bool
) -> None:
    verdict = other("dead")
    evidence = replace(verdict.evidence, iam=found(credential("Inactive")))
    verdict = replace(verdict, evidence=evidence)
    last = change(name, status, user_agent, failed=failed)
    alone = earlier_response(shown(last), FINGERPRINT, verdict)
    after = earlier_response(shown(change(UPDATE, "Inactive", AGENT), last), FINGERPRINT, verdict)
    assert (alone is not None) == own
    assert (after is not None and after.action == "reset") == reset


@pytest.mark.parametrize(("actor", "action"), [("guard", "delete"), ("admin", "disable")])
def test_a_stranger_who_writes_the_guards_user_agent_has_nothing_deleted(
    actor: str, action: str
) -> None:
    agent = f"{AGENT} {purpose_of('delete', FINGERPRINT)}"
    cut_off = change(UPDATE, "Inactive", agent)
    cut_off["userIdentity"] = {"arn": f"arn:aws:iam::{ACCOUNT}:user/{actor}"}
    verdict = other("dead")
    evidence = replace(verdict.evidence, iam=found(credential("Inactive")))
    outcome = earlier_response(shown(cut_off), FINGERPRINT, replace(verdict, evidence=evidence))
    assert outcome is not None
    assert outcome.action == action


NAME = "20261123T055500Z-0badc0de"
BY_ROLE = RoleToAssume("arn:aws:iam::{account_id}:role/guard")


@pytest.mark.parametrize(
    ("actor", "name", "role", "undo"),
    [
        ("guard", NAME, None, f"--change {NAME} --guard arn:aws:iam::{ACCOUNT}:user/guard"),
        ("guard", NAME, BY_ROLE, f"--change {NAME} --role-to-assume-template '{BY_ROLE.template}'"),
        ("guard", None, None, None),
        # Whoever writes the guard's user agent is named in no command.
        ("admin", NAME, None, None),
    ],
)
def test_what_our_own_guard_did_is_undone_by_a_command_though_its_ledger_is_lost(
    actor: str, name: str | None, role: RoleToAssume | None, undo: str | None
) -> None:
    disabled = change(
        UPDATE, "Inactive", f"{AGENT} {purpose_of('disable', FINGERPRINT, change=name)}"
    )
    disabled["userIdentity"] = {"arn": f"arn:aws:iam::{ACCOUNT}:user/{actor}"}
    verdict = other("dead")
    evidence = replace(verdict.evidence, iam=found(credential("Inactive")))
    known = replace(verdict, evidence=evidence)
    outcome = earlier_response(shown(disabled), FINGERPRINT, known, role)
    assert outcome is not None
    command = f"bedrock-key-guard restore --account {ACCOUNT} {undo}"
    assert outcome.undo == (command if undo else None)
