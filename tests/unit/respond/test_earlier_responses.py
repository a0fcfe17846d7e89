from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.model.evidence import Account, CredentialRecord, IamAnswer, Verdict
from bedrock_key_guard.respond.credential_writer import IamCredentialWriter
from bedrock_key_guard.respond.earlier_responses import EarlierResponses
from bedrock_key_guard.respond.purpose import purpose_of, stated
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.base.faults import ACCESS_DENIED
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.respond.doubles import live, other
from tests.unit.verify.doubles import ACCOUNT, NOW, found

FINGERPRINT = "0123456789ab" + "0" * 52


@pytest.fixture
def earlier_response(session: Session) -> EarlierResponses:
    return EarlierResponses(session, datetime.now(timezone.utc))


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
    earlier_response: EarlierResponses, session: Session, leaked: Leaked
) -> None:
    IamCredentialWriter(session).set_status(record(leaked, session), "Inactive")
    outcome = earlier_response.earlier_response(FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state) == ("disable", "not-needed")
    assert outcome.confirmed_dead
    what = f"an earlier run set credential {leaked.credential_id} of user alice Inactive at 20"
    assert outcome.reason.startswith(what)


def test_what_an_earlier_run_reset_is_known_as_reset(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked
) -> None:
    writer, credential = IamCredentialWriter(session), record(leaked, session)
    writer.set_status(credential, "Inactive")
    writer.reset(credential)
    outcome = earlier_response.earlier_response(FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.confirmed_dead) == ("reset", True)
    assert "see whether the store holds its new key" in outcome.reason


def test_what_somebody_else_disabled_is_nobodys_response(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    by_owner(leaked, sandbox, "Inactive")
    assert earlier_response.earlier_response(FINGERPRINT, dead(leaked, session)) is None


def test_what_somebody_changed_since_is_not_the_guards_any_more(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    IamCredentialWriter(session).set_status(record(leaked, session), "Inactive")
    for status in ("Active", "Inactive"):
        by_owner(leaked, sandbox, status)
    assert earlier_response.earlier_response(FINGERPRINT, dead(leaked, session)) is None


def test_without_the_trail_it_is_said_that_nothing_is_known(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    IamCredentialWriter(session).set_status(record(leaked, session), "Inactive")
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", times=None)
    for _ in range(3):
        outcome = earlier_response.earlier_response(FINGERPRINT, dead(leaked, session))
        assert outcome is not None
        assert (outcome.action, outcome.state) == ("nothing", "not-needed")
        assert not outcome.confirmed_dead
        assert "whether an earlier run did it is not known" in outcome.reason
        assert "give credentials that may call cloudtrail:LookupEvents" in outcome.reason
    assert lookups(sandbox) == 1


def test_the_trail_is_read_once_in_a_run(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    by_owner(leaked, sandbox, "Inactive")
    for _ in range(3):
        earlier_response.earlier_response(FINGERPRINT, dead(leaked, session))
    assert lookups(sandbox) == 3  # one for each kind of change


@pytest.mark.parametrize("verdict", [live(), other("rejected"), other("foreign"), other("dead")])
def test_nothing_is_looked_up_for_a_key_that_no_guard_can_have_disabled(
    verdict: Verdict, earlier_response: EarlierResponses, sandbox: Sandbox
) -> None:
    assert earlier_response.earlier_response(FINGERPRINT, verdict) is None
    assert lookups(sandbox) == 0


def test_the_trail_is_asked_about_ninety_days(session: Session) -> None:
    now = datetime(2026, 11, 23, tzinfo=timezone.utc)
    assert EarlierResponses(session, now)._since == now - timedelta(days=90)


def test_other_credentials_are_told_apart(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked, sandbox: Sandbox
) -> None:
    second: Any = sandbox.make_long_term_key(ACCOUNT, "alice")
    IamCredentialWriter(session).set_status(record(second, session), "Inactive")
    by_owner(leaked, sandbox, "Inactive")
    assert earlier_response.earlier_response(FINGERPRINT, dead(leaked, session)) is None
    assert earlier_response.earlier_response(FINGERPRINT, dead(second, session)) is not None


def deleting(key: str = FINGERPRINT) -> AbstractContextManager[None]:
    return stated(purpose_of("delete", key))


def test_a_delete_that_was_cut_off_is_known_by_its_key(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked
) -> None:
    with deleting():
        IamCredentialWriter(session).set_status(record(leaked, session), "Inactive")
    outcome = earlier_response.earlier_response(FINGERPRINT, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("delete", "failed", True)
    outcome = earlier_response.earlier_response("f" * 64, dead(leaked, session))
    assert outcome is not None
    assert (outcome.action, outcome.state) == ("disable", "not-needed")


def gone() -> Verdict:
    verdict = other("dead")
    absent = IamAnswer("absent", NOW, Account(ACCOUNT))
    return replace(verdict, evidence=replace(verdict.evidence, iam=absent))


def test_what_an_earlier_run_deleted_is_known_by_its_key(
    earlier_response: EarlierResponses, session: Session, leaked: Leaked
) -> None:
    with deleting():
        IamCredentialWriter(session).delete(record(leaked, session))
    outcome = earlier_response.earlier_response(FINGERPRINT, gone())
    assert outcome is not None
    assert (outcome.action, outcome.state, outcome.confirmed_dead) == ("delete", "not-needed", True)
    assert leaked.credential_id in outcome.reason
    assert earlier_response.earlier_response("f" * 64, gone()) is None


def test_what_somebody_else_deleted_is_nobodys_response(
    earlier_response: EarlierResponses, leaked: Leaked, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).delete_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=leaked.credential_id
    )
    assert earlier_response.earlier_response(FINGERPRINT, gone()) is None
