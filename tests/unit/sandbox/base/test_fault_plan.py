from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from sandbox.base.fault_plan import FaultPlan, is_write
from sandbox.base.faults import (
    ACCESS_DENIED,
    AWS_THROTTLED,
    CONCURRENT,
    DELETE_CONFLICT,
    LIMIT_EXCEEDED,
    NO_SUCH_ENTITY,
    UNAVAILABLE,
    UNMODIFIABLE,
    AcceptEverything,
    Delay,
    Drop,
    Hang,
    Interrupt,
    Lost,
    html,
)

if TYPE_CHECKING:
    from sandbox.base.faults import Fault, ServiceError
    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "iam:ListUsers": ("list_users", {}),
    "sts:GetCallerIdentity": ("get_caller_identity", {}),
    "cloudtrail:LookupEvents": ("lookup_events", {}),
    "secretsmanager:PutSecretValue": (
        "put_secret_value",
        {"SecretId": "s", "SecretString": "x"},
    ),
    "ssm:PutParameter": ("put_parameter", {"Name": "p", "Value": "x", "Type": "SecureString"}),
}


def call(sandbox: Sandbox, action: str) -> Any:
    operation, parameters = CALLS[action]
    return getattr(sandbox.client(action.partition(":")[0], ACCOUNT), operation)(**parameters)


@pytest.mark.parametrize("action", CALLS)
@pytest.mark.parametrize("error", [AWS_THROTTLED, ACCESS_DENIED, UNAVAILABLE])
def test_a_service_refuses_in_its_own_format(
    sandbox: Sandbox, action: str, error: ServiceError
) -> None:
    sandbox.aws_faults.add(error, on=action, times=None)
    with pytest.raises(ClientError) as caught:
        call(sandbox, action)
    about, meta = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    assert (meta["HTTPStatusCode"], about["Code"]) == (error.status, error.code)
    assert about["Message"] == error.message


def test_throttling_ends_after_its_count(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(AWS_THROTTLED, on="sts:*", times=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="Throttling"):
            call(sandbox, "sts:GetCallerIdentity")
    assert call(sandbox, "sts:GetCallerIdentity")["Account"] == ACCOUNT


def test_a_fault_of_one_operation_leaves_the_others_alone(sandbox: Sandbox, iam: Any) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:UpdateServiceSpecificCredential", times=None)
    with pytest.raises(ClientError) as caught:
        iam.update_service_specific_credential(
            UserName="alice", ServiceSpecificCredentialId=made.credential_id, Status="Inactive"
        )
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    found = iam.list_service_specific_credentials(UserName="alice")
    assert len(found["ServiceSpecificCredentials"]) == 1
    assert sandbox.credential_status(ACCOUNT, made.credential_id) == "Active"


def test_a_dropped_connection_has_no_answer(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(Drop(), on="iam:*", times=None)
    with pytest.raises(ConnectionClosedError):
        call(sandbox, "iam:ListUsers")


def test_a_page_of_a_proxy_is_no_answer_of_aws(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(html(), on="sts:*", times=None)
    with pytest.raises(ResponseParserError):
        call(sandbox, "sts:GetCallerIdentity")


def test_a_hanging_service_outlasts_its_clients_patience(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(Hang())
    with pytest.raises(requests.Timeout):
        requests.post(sandbox.aws_url, data="Action=GetCallerIdentity", timeout=0.2)


def test_a_delayed_call_is_carried_out(sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(Delay(0.01), on="sts:*")
    assert call(sandbox, "sts:GetCallerIdentity")["Account"] == ACCOUNT


def test_a_fault_of_bedrock_makes_no_sense_here(sandbox: Sandbox) -> None:
    with pytest.raises(TypeError, match="fault of Bedrock"):
        sandbox.aws_faults.add(AcceptEverything())


def test_faults_are_handed_out_first_added_first() -> None:
    plan = FaultPlan()
    plan.add(Drop(), on="iam:List*")
    plan.add(Delay(1), times=2)
    taken = [plan.take("sts:X"), plan.take("iam:ListUsers"), plan.take("iam:ListUsers")]
    assert taken == [Delay(1), Drop(), Delay(1)]
    assert plan.take("iam:ListUsers") is None


def test_a_standing_fault_is_cleared() -> None:
    plan = FaultPlan()
    plan.add(Drop(), times=None)
    assert [plan.take("x:Y"), plan.take("x:Y")] == [Drop(), Drop()]
    plan.clear()
    assert plan.take("x:Y") is None


def deactivate(sandbox: Sandbox, credential_id: str) -> None:
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=credential_id, Status="Inactive"
    )


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Drop(), "Active"),
        (Lost(), "Inactive"),
        (Interrupt(lambda: None), "Active"),
        (Interrupt(lambda: None, carried_out=True), "Inactive"),
    ],
)
def test_a_call_without_an_answer_may_have_been_carried_out(
    sandbox: Sandbox, fault: Fault, status: str
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.aws_faults.add(fault, on="iam:Update*")
    with pytest.raises(ConnectionClosedError):
        deactivate(sandbox, made.credential_id)
    assert sandbox.credential_status(ACCOUNT, made.credential_id) == status


@pytest.mark.parametrize("carried_out", [True, False])
def test_something_can_be_done_at_the_nth_write(sandbox: Sandbox, carried_out: bool) -> None:
    seen: list[str | None] = []
    made = [sandbox.make_long_term_key(ACCOUNT, "alice").credential_id for _ in range(2)]

    def look() -> None:
        seen.extend(sandbox.credential_status(ACCOUNT, one) for one in made)

    sandbox.aws_faults.add(Interrupt(look, carried_out=carried_out), on=is_write, after=1)
    call(sandbox, "iam:ListUsers")
    deactivate(sandbox, made[0])
    with pytest.raises(ConnectionClosedError):
        deactivate(sandbox, made[1])
    assert seen == ["Inactive", "Inactive" if carried_out else "Active"]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (CONCURRENT, "ConcurrentModification", 409),
        (DELETE_CONFLICT, "DeleteConflict", 409),
        (LIMIT_EXCEEDED, "LimitExceeded", 409),
        (NO_SUCH_ENTITY, "NoSuchEntity", 404),
        (UNMODIFIABLE, "UnmodifiableEntity", 400),
    ],
)
def test_iam_refuses_with_the_codes_of_its_api_reference(
    sandbox: Sandbox, iam: Any, fault: ServiceError, code: str, status: int
) -> None:
    """Each is an error of `AttachRolePolicy` or `DeletePolicy`, known to the SDK by its class."""
    sandbox.aws_faults.add(fault, on="iam:*")
    names = {"ConcurrentModification": "ConcurrentModificationException"}
    names |= {"UnmodifiableEntity": "UnmodifiableEntityException"}
    with pytest.raises(getattr(iam.exceptions, names.get(code, f"{code}Exception"))) as caught:
        iam.attach_role_policy(RoleName="ops", PolicyArn="arn:aws:iam::aws:policy/AWSDenyAll")
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("action", "writes"),
    [
        ("iam:UpdateServiceSpecificCredential", True),
        ("secretsmanager:PutSecretValue", True),
        ("iam:ListUsers", False),
        ("sts:AssumeRole", False),
        ("cloudtrail:LookupEvents", False),
    ],
)
def test_what_changes_something_is_a_write(action: str, writes: bool) -> None:
    assert is_write(action) is writes


def test_a_rule_lets_some_calls_go_by() -> None:
    plan = FaultPlan()
    plan.add(Drop(), on="iam:*", after=2)
    assert [plan.take(f"{service}:X") for service in ("iam", "s3", "iam", "iam", "iam")] == [
        None,
        None,
        None,
        Drop(),
        None,
    ]
