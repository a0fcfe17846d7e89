"""One test for each recorded behaviour of IAM's service-specific credentials."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.credential_calls import (
    ACCOUNT,
    PASSWORD_SERVICES,
    PREFIXES,
    create,
    listed,
    refusal,
    update,
)

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox


@pytest.mark.parametrize(("service", "prefix"), PREFIXES.items())
def test_the_secret_is_the_whole_key(iam: Any, alice: str, service: str, prefix: str) -> None:
    made = create(iam, alice, service)
    key = made["ServiceCredentialSecret"]
    alias, _, password = base64.b64decode(key.removeprefix(prefix)).decode().partition(":")
    assert key.startswith(prefix)
    assert alias == made["ServiceCredentialAlias"] == f"Alice-at-{ACCOUNT}"
    assert re.fullmatch(r"[A-Za-z0-9+/]{59}=", password)
    assert "ServicePassword" not in made


@pytest.mark.parametrize("service", PASSWORD_SERVICES)
def test_an_older_service_has_a_user_name_and_a_password(
    iam: Any, alice: str, service: str
) -> None:
    made = create(iam, alice, service)
    assert made["ServiceUserName"] == f"Alice-at-{ACCOUNT}"
    assert len(made["ServicePassword"]) == 60
    assert "ServiceCredentialSecret" not in made


def test_ids_are_of_the_observed_form(iam: Any, alice: str) -> None:
    assert re.fullmatch(r"ACCA[A-Z2-7]{17}", create(iam, alice)["ServiceSpecificCredentialId"])


def test_the_second_credential_of_a_user_is_plus_one(iam: Any, alice: str) -> None:
    create(iam, alice)
    assert create(iam, alice)["ServiceCredentialAlias"] == f"Alice+1-at-{ACCOUNT}"


def test_a_service_has_aliases_of_its_own(iam: Any, alice: str) -> None:
    create(iam, alice)
    made = create(iam, alice, "logs.amazonaws.com")
    assert made["ServiceCredentialAlias"] == f"Alice-at-{ACCOUNT}"


def test_a_third_credential_exceeds_the_limit_even_when_others_are_inactive(
    iam: Any, alice: str
) -> None:
    for _ in range(2):
        made = create(iam, alice)
        update(iam, alice, made["ServiceSpecificCredentialId"], "Inactive")
    with pytest.raises(iam.exceptions.LimitExceededException) as caught:
        create(iam, alice)
    text = "Cannot exceed quota for ContextSpecificCredentialsPerUserPerContext: 2"
    assert refusal(caught.value) == ("LimitExceeded", text, 409)
    create(iam, alice, "logs.amazonaws.com")


def test_a_renamed_user_keeps_the_alias_and_blocks_it_for_a_new_user(iam: Any, alice: str) -> None:
    kept = create(iam, alice)
    iam.update_user(UserName=alice, NewUserName="Alicia")
    iam.create_user(UserName=alice)
    assert create(iam, alice)["ServiceCredentialAlias"] == f"Alice+1-at-{ACCOUNT}"
    (found,) = listed(iam, UserName="Alicia")
    assert found["UserName"] == "Alicia"
    assert found["ServiceCredentialAlias"] == kept["ServiceCredentialAlias"]


def test_a_new_user_of_an_old_name_does_not_own_the_old_credentials(iam: Any, alice: str) -> None:
    made = create(iam, alice)
    iam.update_user(UserName=alice, NewUserName="Alicia")
    iam.create_user(UserName=alice)
    with pytest.raises(ClientError) as caught:
        update(iam, alice, made["ServiceSpecificCredentialId"], "Inactive")
    assert refusal(caught.value)[0] == "ValidationError"


def test_the_alias_of_a_deleted_credential_is_used_again(iam: Any, alice: str) -> None:
    first = create(iam, alice)
    iam.delete_service_specific_credential(
        UserName=alice, ServiceSpecificCredentialId=first["ServiceSpecificCredentialId"]
    )
    second = create(iam, alice)
    assert second["ServiceCredentialAlias"] == first["ServiceCredentialAlias"]
    assert second["ServiceCredentialSecret"] != first["ServiceCredentialSecret"]


def test_an_age_sets_the_expiry_to_the_second(iam: Any, alice: str) -> None:
    made = create(iam, alice, CredentialAgeDays=36_600)
    assert (made["ExpirationDate"] - made["CreateDate"]).days == 36_600
    assert "ExpirationDate" not in create(iam, alice)


def test_an_age_beyond_a_century_is_refused(iam: Any, alice: str) -> None:
    with pytest.raises(ClientError) as caught:
        create(iam, alice, CredentialAgeDays=36_601)
    assert refusal(caught.value)[0] == "ValidationError"


def test_a_credential_past_its_expiry_is_listed_as_expired(
    sandbox: Sandbox, iam: Any, alice: str
) -> None:
    made = create(iam, alice, CredentialAgeDays=1)
    sandbox.expire(ACCOUNT, made["ServiceSpecificCredentialId"])
    assert [found["Status"] for found in listed(iam, UserName=alice)] == ["Expired"]


def test_a_credential_is_deactivated_and_activated_again(iam: Any, alice: str) -> None:
    credential_id = create(iam, alice)["ServiceSpecificCredentialId"]
    for status in ("Inactive", "Active"):
        update(iam, alice, credential_id, status)
        assert [found["Status"] for found in listed(iam, UserName=alice)] == [status]


def test_nobody_can_set_expired(iam: Any, alice: str) -> None:
    made = create(iam, alice)
    with pytest.raises(ClientError) as caught:
        update(iam, alice, made["ServiceSpecificCredentialId"], "Expired")
    assert refusal(caught.value) == (
        "InvalidInput",
        "Operation does not support status Expired",
        400,
    )


@pytest.mark.parametrize("operation", ["update", "reset", "delete"])
def test_a_credential_of_another_user_is_a_validation_error(
    iam: Any, alice: str, operation: str
) -> None:
    iam.create_user(UserName="Bob")
    credential_id = create(iam, alice)["ServiceSpecificCredentialId"]
    status = {"Status": "Inactive"} if operation == "update" else {}
    call = getattr(iam, f"{operation}_service_specific_credential")
    with pytest.raises(ClientError) as caught:
        call(UserName="Bob", ServiceSpecificCredentialId=credential_id, **status)
    text = f"User Bob does not have a service specific credential with id {credential_id}"
    assert refusal(caught.value) == ("ValidationError", text, 400)


@pytest.mark.parametrize("operation", ["update", "reset", "delete"])
def test_an_unknown_id_is_no_such_entity(iam: Any, alice: str, operation: str) -> None:
    missing = "ACCAAAAAAAAAAAAAAAAAA"
    status = {"Status": "Inactive"} if operation == "update" else {}
    call = getattr(iam, f"{operation}_service_specific_credential")
    with pytest.raises(iam.exceptions.NoSuchEntityException) as caught:
        call(UserName=alice, ServiceSpecificCredentialId=missing, **status)
    assert refusal(caught.value) == ("NoSuchEntity", f"No such credential {missing} exists", 404)


def test_an_unknown_user_is_no_such_entity(iam: Any) -> None:
    with pytest.raises(iam.exceptions.NoSuchEntityException) as caught:
        listed(iam, UserName="ghost")
    assert refusal(caught.value)[1] == "The user with name ghost cannot be found."


def test_an_unknown_service_is_no_such_entity(iam: Any, alice: str) -> None:
    text = "No such service sqs.amazonaws.com is supported for Service Specific Credentials"
    with pytest.raises(ClientError) as caught:
        create(iam, alice, "sqs.amazonaws.com")
    assert refusal(caught.value) == ("NoSuchEntity", text, 404)
    with pytest.raises(ClientError) as caught:
        listed(iam, UserName=alice, ServiceName="sqs.amazonaws.com")
    assert refusal(caught.value) == ("NoSuchEntity", text, 404)


@pytest.mark.parametrize("status", ["Active", "Inactive"])
def test_a_reset_changes_the_secret_alone(iam: Any, alice: str, status: str) -> None:
    made = create(iam, alice, CredentialAgeDays=30)
    credential_id = made["ServiceSpecificCredentialId"]
    update(iam, alice, credential_id, status)
    answer = iam.reset_service_specific_credential(
        UserName=alice, ServiceSpecificCredentialId=credential_id
    )
    renewed = answer["ServiceSpecificCredential"]
    assert renewed.pop("ServiceCredentialSecret") != made.pop("ServiceCredentialSecret")
    assert renewed == made | {"Status": status}


def test_an_expired_credential_cannot_be_reset(sandbox: Sandbox, iam: Any, alice: str) -> None:
    credential_id = create(iam, alice)["ServiceSpecificCredentialId"]
    sandbox.expire(ACCOUNT, credential_id)
    with pytest.raises(ClientError) as caught:
        iam.reset_service_specific_credential(
            UserName=alice, ServiceSpecificCredentialId=credential_id
        )
    assert refusal(caught.value)[0] == "InvalidInput"


def test_a_user_with_credentials_cannot_be_deleted(iam: Any, alice: str) -> None:
    credential_id = create(iam, alice)["ServiceSpecificCredentialId"]
    with pytest.raises(iam.exceptions.DeleteConflictException) as caught:
        iam.delete_user(UserName=alice)
    text = "Cannot delete entity, must remove referenced objects first."
    assert refusal(caught.value) == ("DeleteConflict", text, 409)
    iam.delete_service_specific_credential(
        UserName=alice, ServiceSpecificCredentialId=credential_id
    )
    iam.delete_user(UserName=alice)


def test_a_deleted_credential_is_gone(sandbox: Sandbox, iam: Any, alice: str) -> None:
    credential_id = create(iam, alice)["ServiceSpecificCredentialId"]
    iam.delete_service_specific_credential(
        UserName=alice, ServiceSpecificCredentialId=credential_id
    )
    assert listed(iam, UserName=alice) == []
    assert sandbox.credential_status(ACCOUNT, credential_id) is None
