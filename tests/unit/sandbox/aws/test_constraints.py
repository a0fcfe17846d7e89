"""What the API's own model does not allow is refused, before permissions are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.unit.sandbox.credential_calls import create, refusal

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
LIST = "list_service_specific_credentials"
UPDATE = "update_service_specific_credential"
CREATE = "create_service_specific_credential"
ASSUME = "assume_role"
KNOWN = {"UserName": "Alice", "ServiceSpecificCredentialId": "ACCAAAAAAAAAAAAAAAAAA"}
ROLE = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/ops", "RoleSessionName": "guard"}
LENGTH = "Member must have length {} than or equal to {}"
VALUE = "Member must have value {} than or equal to {}"
PATTERN = "Member must satisfy regular expression pattern: {}"


@pytest.fixture
def careless(sandbox: Sandbox) -> dict[str, Any]:
    """Make clients that send anything: botocore itself refuses a part of it."""
    key = sandbox.credentials(ACCOUNT)
    settings: dict[str, Any] = {
        "region_name": "us-east-1",
        "endpoint_url": sandbox.aws_url,
        "aws_access_key_id": key.access_key_id,
        "aws_secret_access_key": key.secret_access_key,
        "config": Config(parameter_validation=False, proxies={}, retries={"total_max_attempts": 1}),
    }
    return {name: sandbox._session.create_client(name, **settings) for name in ("iam", "sts")}


BEDROCK = {"ServiceName": "bedrock.amazonaws.com"}
ROWS = [
    (LIST, {"UserName": ""}, "'' at 'userName'", LENGTH.format("greater", 1)),
    (LIST, {"UserName": "a" * 65}, f"'{'a' * 65}' at 'userName'", LENGTH.format("less", 64)),
    (LIST, {"UserName": "a b"}, "'a b' at 'userName'", PATTERN.format(r"[\w+=,.@-]+")),
    (LIST, {"UserName": "ä"}, "'ä' at 'userName'", PATTERN.format(r"[\w+=,.@-]+")),
    (LIST, {"MaxItems": 0}, "'0' at 'maxItems'", VALUE.format("greater", 1)),
    (LIST, {"MaxItems": 1001}, "'1001' at 'maxItems'", VALUE.format("less", 1000)),
    (LIST, {"Marker": ""}, "'' at 'marker'", LENGTH.format("greater", 1)),
    (
        UPDATE,
        KNOWN | {"Status": "Disabled"},
        "'Disabled' at 'status'",
        "Member must satisfy enum value set: [Active, Inactive, Expired]",
    ),
    (UPDATE, KNOWN, "null at 'status'", "Member must not be null"),
    (
        UPDATE,
        {"ServiceSpecificCredentialId": "ACCA", "Status": "Inactive"},
        "'ACCA' at 'serviceSpecificCredentialId'",
        LENGTH.format("greater", 20),
    ),
    (
        CREATE,
        BEDROCK | {"UserName": "Alice", "CredentialAgeDays": 0},
        "'0' at 'credentialAgeDays'",
        VALUE.format("greater", 1),
    ),
    (ASSUME, ROLE | {"RoleSessionName": "x"}, "'x' at 'roleSess", LENGTH.format("greater", 2)),
    (ASSUME, ROLE | {"DurationSeconds": 899}, "'899' at 'durat", VALUE.format("greater", 900)),
]


@pytest.mark.parametrize(("operation", "asked", "value", "constraint"), ROWS)
def test_a_parameter_outside_the_model_is_a_validation_error(
    careless: dict[str, Any], operation: str, asked: dict[str, Any], value: str, constraint: str
) -> None:
    client = careless["sts" if operation == ASSUME else "iam"]
    with pytest.raises(ClientError) as caught:
        getattr(client, operation)(**asked)
    code, said, status = refusal(caught.value)
    assert (code, status) == ("ValidationError", 400)
    assert said.startswith(f"1 validation error detected: Value {value}")
    assert said.endswith(f"' failed to satisfy constraint: {constraint}")


def test_each_broken_constraint_is_told(careless: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="3 validation errors detected: Value null at") as caught:
        careless["iam"].update_service_specific_credential(UserName="a b")
    assert "; Value 'a b' at 'userName' failed" in refusal(caught.value)[1]


def test_the_model_comes_before_permissions(careless: dict[str, Any], sandbox: Sandbox) -> None:
    sandbox.client("iam", ACCOUNT).delete_user_policy(UserName="sandbox-admin", PolicyName="guard")
    with sandbox.enforced(), pytest.raises(ClientError) as caught:
        careless["iam"].list_service_specific_credentials(UserName="a b")
    assert refusal(caught.value)[0] == "ValidationError"


def test_the_bounds_themselves_are_allowed(careless: dict[str, Any], iam: Any, alice: str) -> None:
    create(iam, alice)
    for size in (1, 1000):
        answer = careless["iam"].list_service_specific_credentials(UserName=alice, MaxItems=size)
        assert len(answer["ServiceSpecificCredentials"]) == 1
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        careless["iam"].list_service_specific_credentials(UserName="a" * 64)
