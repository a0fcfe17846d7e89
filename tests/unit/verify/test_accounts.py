from __future__ import annotations

from dataclasses import replace

import pytest

from bedrock_key_guard.aws.roles import ORGANIZATION
from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.keys.key import ShortTermKey
from bedrock_key_guard.model.evidence import AllowedAccounts
from bedrock_key_guard.verify.accounts import Accounts
from sandbox.base.faults import ACCESS_DENIED, Answer, Fault, ServiceError, html
from sandbox.front.sandbox import Sandbox
from tests.unit.verify.doubles import (
    ACCOUNT,
    STRANGER,
    key_of,
    long_term,
    old_generation,
    short_term,
)

NOBODY = NoSession("there are no AWS credentials")
OURS = frozenset((ACCOUNT,))


@pytest.fixture
def old(sandbox: Sandbox) -> ShortTermKey:
    """Return a key of our account whose access key id does not hold the account."""
    key = key_of(sandbox.make_short_term_key(ACCOUNT, user="alice").key)
    assert isinstance(key, ShortTermKey)
    return replace(key, account_id=None)


def lookups(sandbox: Sandbox) -> int:
    return sum(call.operation == "GetAccessKeyInfo" for call in sandbox.calls())


def test_without_list_and_credentials_nothing_is_allowed() -> None:
    accounts = Accounts((), NOBODY)
    assert accounts.allowed is None
    expected = AllowedAccounts(ACCOUNT, None, detail=NOBODY.reason)
    assert accounts.allowed_for(long_term()) == expected
    assert accounts.allowed_for(old_generation(short_term())) == replace(expected, account_id=None)


def test_without_a_list_the_account_of_the_credentials_is_allowed(session: Session) -> None:
    accounts = Accounts((), session)
    assert accounts.allowed == OURS
    assert accounts.allowed_for(long_term()) == AllowedAccounts(ACCOUNT, OURS)
    assert accounts.allowed_for(long_term(account=STRANGER)) == AllowedAccounts(STRANGER, OURS)


def test_an_account_is_permitted_by_the_list_that_counts(session: Session) -> None:
    for listed, who, permitted in (
        ((), session, [ACCOUNT]),
        ((STRANGER,), session, [STRANGER]),
        ((ORGANIZATION,), NOBODY, []),
        ((), NOBODY, []),
    ):
        accounts = Accounts(listed, who)
        assert [each for each in (ACCOUNT, STRANGER) if accounts.permits(each)] == permitted


def test_a_list_takes_the_place_of_the_credentials_own_account(session: Session) -> None:
    for who in (session, NOBODY):
        assert Accounts((STRANGER,), who).allowed == frozenset((STRANGER,))


@pytest.mark.parametrize("key", [long_term(), short_term(), short_term(kind="AKIA")])
def test_an_account_that_the_key_holds_is_not_asked_for(
    key: ShortTermKey, session: Session, sandbox: Sandbox
) -> None:
    assert Accounts((), session).allowed_for(key) == AllowedAccounts(ACCOUNT, OURS)
    assert lookups(sandbox) == 0


def test_an_account_that_the_key_does_not_hold_is_named_by_aws(
    old: ShortTermKey, session: Session, sandbox: Sandbox
) -> None:
    assert Accounts((), session).allowed_for(old) == AllowedAccounts(ACCOUNT, OURS, "named")
    assert lookups(sandbox) == 1


def test_a_strangers_access_key_is_named_too(session: Session, sandbox: Sandbox) -> None:
    theirs = sandbox.make_short_term_key(STRANGER, user="bob")
    key = key_of(theirs.key)
    assert isinstance(key, ShortTermKey)
    standing = Accounts((), session).allowed_for(replace(key, account_id=None))
    assert standing == AllowedAccounts(STRANGER, OURS, "named")


@pytest.mark.parametrize("code", ["ValidationError", "NoSuchEntity"])
def test_an_access_key_that_aws_does_not_know_is_nobodys(
    code: str, old: ShortTermKey, session: Session, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(ServiceError(400, code, "The key does not exist."), on="sts:*")
    standing = Accounts((), session).allowed_for(old)
    assert standing == AllowedAccounts(None, OURS, "not-found", code)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ACCESS_DENIED, "STS said AccessDenied"),
        # Of our own credentials, not of the key: nothing was found out.
        (ServiceError(403, "InvalidClientTokenId", "invalid"), "STS said InvalidClientTokenId"),
        (ServiceError(400, "ExpiredToken", "expired"), "STS said ExpiredToken"),
        (html(), "STS said ResponseParserError"),
        (Answer(200, "<R><GetAccessKeyInfoResult/></R>"), "STS said KeyError"),
    ],
)
def test_a_question_that_failed_is_no_answer(
    fault: Fault, reason: str, old: ShortTermKey, session: Session, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(fault, on="sts:*", times=None)
    standing = Accounts((), session).allowed_for(old)
    assert standing == AllowedAccounts(None, OURS, "failed", reason)


def test_without_credentials_nobody_can_be_asked() -> None:
    standing = Accounts((ACCOUNT,), NOBODY).allowed_for(old_generation(short_term()))
    assert standing == AllowedAccounts(None, OURS, "failed", NOBODY.reason)


# ── an organisation ─────────────────────────────────────────────────────────────────────────────


def asked_about(sandbox: Sandbox) -> int:
    return sum(call.operation == "DescribeAccount" for call in sandbox.calls())


def test_every_account_of_our_organisation_is_allowed(session: Session, sandbox: Sandbox) -> None:
    sandbox.organize(ACCOUNT, members={STRANGER: "ACTIVE"})
    accounts = Accounts((ORGANIZATION,), session)
    for account in (ACCOUNT, STRANGER):
        standing = accounts.allowed_for(long_term(account=account))
        assert standing == AllowedAccounts(account, frozenset((account,)))


def test_an_account_of_nobodys_is_not_allowed(session: Session, sandbox: Sandbox) -> None:
    sandbox.organize(ACCOUNT, members={})
    standing = Accounts((ORGANIZATION,), session).allowed_for(long_term(account=STRANGER))
    assert standing == AllowedAccounts(STRANGER, frozenset())


def test_the_organisation_is_asked_once_about_each_account(
    session: Session, sandbox: Sandbox
) -> None:
    sandbox.organize(ACCOUNT, members={STRANGER: "ACTIVE"})
    accounts = Accounts((ORGANIZATION, ACCOUNT), session)
    for number in range(20):
        accounts.allowed_for(long_term(f"user-{number}", STRANGER))
        accounts.allowed_for(long_term(f"user-{number}", ACCOUNT))
    assert asked_about(sandbox) == 1


def test_an_account_that_could_not_be_asked_about_is_neither_ours_nor_foreign(
    session: Session, sandbox: Sandbox
) -> None:
    sandbox.organize(ACCOUNT, members={STRANGER: "ACTIVE"})
    sandbox.aws_faults.add(ACCESS_DENIED, on="organizations:*", times=None)
    standing = Accounts((ORGANIZATION,), session).allowed_for(long_term(account=STRANGER))
    detail = "organizations:DescribeAccount failed (AccessDenied)"
    assert standing == AllowedAccounts(STRANGER, None, detail=detail)


def test_without_credentials_no_organisation_can_be_asked() -> None:
    standing = Accounts((ORGANIZATION,), NOBODY).allowed_for(long_term())
    assert standing == AllowedAccounts(ACCOUNT, None, detail=NOBODY.reason)
