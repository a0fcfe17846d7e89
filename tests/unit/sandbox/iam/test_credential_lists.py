"""Whose credentials a listing names, by which filters, in which pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.sandbox.credential_calls import (
    ACCOUNT,
    BEDROCK,
    PASSWORD_SERVICES,
    PREFIXES,
    create,
    listed,
    refusal,
)

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox


def test_a_service_name_has_an_alphabet(iam: Any, alice: str) -> None:
    with pytest.raises(ClientError) as caught:
        listed(iam, UserName=alice, ServiceName="bed_rock")
    assert refusal(caught.value) == (
        "ValidationError",
        "ServiceName must match [a-zA-Z0-9.-]*",
        400,
    )


def test_service_names_are_compared_without_case(iam: Any, alice: str) -> None:
    made = create(iam, alice, "BEDROCK.amazonaws.com")
    assert made["ServiceName"] == BEDROCK
    assert len(listed(iam, UserName=alice, ServiceName="Bedrock.AmazonAWS.com")) == 1


def test_an_empty_service_name_lists_all_services(iam: Any, alice: str) -> None:
    create(iam, alice)
    create(iam, alice, "logs.amazonaws.com")
    assert len(listed(iam, UserName=alice, ServiceName="")) == 2


def test_a_listing_holds_no_secret(iam: Any, alice: str) -> None:
    made = create(iam, alice)
    assert made["ServiceCredentialSecret"] not in json.dumps(
        listed(iam, UserName=alice), default=str
    )


def test_all_users_are_listed_by_service_or_not_at_all(iam: Any, alice: str) -> None:
    iam.create_user(UserName="Bob")
    create(iam, alice)
    create(iam, "Bob")
    create(iam, "Bob", "logs.amazonaws.com")
    assert len(listed(iam, AllUsers=True)) == 3
    users = {found["UserName"] for found in listed(iam, AllUsers=True, ServiceName=BEDROCK)}
    assert users == {"Alice", "Bob"}


def test_all_users_excludes_a_user_name_but_false_does_not(iam: Any, alice: str) -> None:
    create(iam, alice)
    assert len(listed(iam, UserName=alice, AllUsers=False)) == 1
    with pytest.raises(ClientError) as caught:
        listed(iam, UserName=alice, AllUsers=True)
    assert refusal(caught.value)[0] == "ValidationError"


def test_pages_are_walked_with_the_marker(iam: Any, alice: str) -> None:
    made = {
        create(iam, alice, service)["ServiceSpecificCredentialId"]
        for service in (*PREFIXES, *PASSWORD_SERVICES)
    }
    marker: dict[str, str] = {}
    walked, pages = [], 0
    while True:
        answer = iam.list_service_specific_credentials(UserName=alice, MaxItems=4, **marker)
        walked += answer["ServiceSpecificCredentials"]
        pages += 1
        if not answer["IsTruncated"]:
            break
        marker = {"Marker": answer["Marker"]}
    assert "Marker" not in answer
    assert pages == 2
    assert [found["ServiceSpecificCredentialId"] for found in walked] == sorted(made)


def test_without_a_user_name_the_callers_own_credentials_are_meant(
    sandbox: Sandbox, iam: Any
) -> None:
    create(iam, "bedrock-key-guard")
    guard = sandbox.client("iam", ACCOUNT, user="bedrock-key-guard")
    assert [found["UserName"] for found in listed(guard)] == ["bedrock-key-guard"]
    assert listed(iam) == []


def test_a_role_has_no_credentials_of_its_own(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError) as caught:
        listed(sandbox.client("iam", ACCOUNT, role="ops"))
    text = "Must specify userName when calling with non-User credentials"
    assert refusal(caught.value) == ("ValidationError", text, 400)
