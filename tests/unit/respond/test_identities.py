from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.model.evidence import CredentialRecord
from bedrock_key_guard.respond.identities import CredentialWriter, Status
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from tests.unit.verify.doubles import ACCOUNT


@pytest.fixture
def writer(session: Session) -> CredentialWriter:
    return CredentialWriter(session)


@pytest.fixture
def record(session: Session, leaked: Leaked) -> CredentialRecord:
    record = IamDirectory(session).by_id(leaked.credential_id)
    assert record is not None
    return record


@pytest.mark.parametrize("status", ["Inactive", "Active"])
def test_the_status_of_one_credential_is_set(
    status: Status, writer: CredentialWriter, record: CredentialRecord, sandbox: Sandbox
) -> None:
    other = sandbox.make_long_term_key(ACCOUNT, "alice")
    writer.set_status(record, status)
    assert sandbox.credential_status(ACCOUNT, record.credential_id) == status
    assert sandbox.credential_status(ACCOUNT, other.credential_id) == "Active"
    (call,) = sandbox.writes()
    assert call.action == "iam:UpdateServiceSpecificCredential"
    assert dict(call.parameters) == {
        "UserName": "alice",
        "ServiceSpecificCredentialId": record.credential_id,
        "Status": status,
    }


def test_a_reset_gives_the_new_key_and_keeps_the_status(
    writer: CredentialWriter, record: CredentialRecord, leaked: Leaked, sandbox: Sandbox
) -> None:
    writer.set_status(record, "Inactive")
    secret = writer.reset(record)
    assert secret.unseal() != leaked.key
    assert secret.unseal().startswith("ABSK")
    assert secret.unseal() not in repr(secret)
    assert sandbox.credential_status(ACCOUNT, record.credential_id) == "Inactive"
    assert sandbox.writes()[-1].parameter("UserName") == "alice"


def test_a_credential_of_another_user_is_not_changed(
    writer: CredentialWriter, record: CredentialRecord, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).update_user(UserName="alice", NewUserName="alicia")
    sandbox.make_user(ACCOUNT, "alice")
    for change in (lambda: writer.set_status(record, "Inactive"), lambda: writer.reset(record)):
        with pytest.raises(ClientError, match="does not have"):
            change()
    assert sandbox.credential_status(ACCOUNT, record.credential_id) == "Active"
