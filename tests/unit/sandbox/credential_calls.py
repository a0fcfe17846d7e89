"""Call IAM's operations on service-specific credentials, and read its refusals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

ACCOUNT = "111122223333"
BEDROCK = "bedrock.amazonaws.com"
PASSWORD_SERVICES = ("codecommit.amazonaws.com", "cassandra.amazonaws.com")
PREFIXES = {
    BEDROCK: "ABSK",
    "aws-external-anthropic.amazonaws.com": "AEAA",
    "logs.amazonaws.com": "ACWL",
    "cloudwatch.amazonaws.com": "APIAACWM",
}


def create(iam: Any, user: str, service: str = BEDROCK, **limits: int) -> dict[str, Any]:
    answer = iam.create_service_specific_credential(UserName=user, ServiceName=service, **limits)
    made: dict[str, Any] = answer["ServiceSpecificCredential"]
    return made


def listed(iam: Any, **query: Any) -> list[dict[str, Any]]:
    answer = iam.list_service_specific_credentials(**query)
    found: list[dict[str, Any]] = answer["ServiceSpecificCredentials"]
    return found


def refusal(error: ClientError) -> tuple[str, str, int]:
    about, meta = error.response["Error"], error.response["ResponseMetadata"]
    return about["Code"], about["Message"], meta["HTTPStatusCode"]


def update(iam: Any, user: str, credential_id: str, status: str) -> None:
    iam.update_service_specific_credential(
        UserName=user, ServiceSpecificCredentialId=credential_id, Status=status
    )
