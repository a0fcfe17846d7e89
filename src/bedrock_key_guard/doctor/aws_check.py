"""Check as whom AWS is asked, and which other accounts can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.permissions import DENIALS
from bedrock_key_guard.aws.roles import ORGANIZATION
from bedrock_key_guard.aws.session import NoSession, Session, error_code
from bedrock_key_guard.doctor.checks import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from bedrock_key_guard.aws.sessions import Sessions

SIGN_IN = "aws configure sso, or set AWS_PROFILE; in a job, aws-actions/configure-aws-credentials"
_TRUST = "let the role trust who asks: deploy/guard.yaml with HubRoleArn=ARN"
_NAME_A_ROLE = "--role-to-assume-template 'arn:aws:iam::{account_id}:role/BedrockKeyGuard'"
_DESCRIBE = "organizations:DescribeAccount"


def check_identity(own: Session) -> Check:
    """Return as whom AWS is asked."""
    return Check("aws", "aws", "works", own.arn)


def check_accounts(
    sessions: Sessions, accounts: Collection[str], *, has_role: bool
) -> Iterator[Check]:
    """Yield whether each account of the allow-list can be reached, by a role if one is named."""
    if not isinstance(sessions.own, Session):
        return
    if ORGANIZATION in accounts:
        yield _organization(sessions.own)
    for account_id in sorted(set(accounts) - {ORGANIZATION, sessions.own.account.account_id}):
        yield _of_account(f"account {account_id}", sessions.of(account_id), has_role=has_role)


def _of_account(name: str, session: Session | NoSession, *, has_role: bool) -> Check:
    if isinstance(session, Session):
        return Check("aws", name, "works", session.arn)
    if not has_role:
        return Check("aws", name, "wrong", session.reason, _NAME_A_ROLE)
    return Check("aws", name, "lacks" if session.lacking else "unknown", session.reason, _TRUST)


def _organization(own: Session) -> Check:
    try:
        client = own.global_client("organizations")
        client.describe_account(AccountId=own.account.account_id)
    except Exception as error:  # noqa: BLE001  # whatever failed, the organisation is not known
        code = error_code(error)
        said = f"{_DESCRIBE} failed ({code})"
        if code not in DENIALS:
            return Check("aws", ORGANIZATION, "unknown", said)
        mend = "deploy/guard.yaml with MemberAccounts=true, or list the accounts by their ids"
        return Check("aws", ORGANIZATION, "lacks", said, mend, missing=(_DESCRIBE,))
    return Check("aws", ORGANIZATION, "works", "its accounts can be asked for")
