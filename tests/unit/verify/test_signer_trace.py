from __future__ import annotations

import pytest

from bedrock_key_guard.aws.cloudtrail import Trail
from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.keys.key import ShortTermKey
from bedrock_key_guard.model.evidence import TrailAnswer
from bedrock_key_guard.verify.iam_directory import IamDirectory
from bedrock_key_guard.verify.signer import ENOUGH, Named, read_trace, trace
from sandbox.base.faults import ACCESS_DENIED
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import AccessKey
from tests.unit.investigate.records import CAUSES, FakeSession, FakeTrail, of_session, unread
from tests.unit.verify.doubles import ACCOUNT, NOW, key_of, short_term

SAM, BOB = ("arn:aws:iam::1:user/sam",) * 2, ("arn:aws:iam::1:user/bob",) * 2


@pytest.mark.parametrize(
    ("named", "state"),
    [
        (set(), "absent"),
        ({SAM}, "found"),
        ({SAM, BOB}, "unknown"),
        ({SAM, (SAM[0], "x")}, "unknown"),
    ],
)
def test_whom_events_name(named: set[Named], state: str) -> None:
    answer = read_trace(named, "eu-west-1", NOW)
    assert (answer.state, answer.region) == (state, "eu-west-1")
    assert (answer.principal is not None) is (state == "found")
    assert bool(answer.detail) is (state != "found")


def traced(sandbox: Sandbox, session: Session, signer: AccessKey, region: str) -> TrailAnswer:
    """Let a signer do something in a region, and ask who that was."""
    sandbox.client_with(signer, "ssm", region=region).put_parameter(
        Name="x", Value="x", Type="String", Overwrite=True
    )
    key = key_of(signers.short_term_key(sandbox, signer, region="eu-west-1").key)
    assert isinstance(key, ShortTermKey)
    return IamDirectory(session).trace_signer(key)


def test_a_role_session_is_named_with_its_role(sandbox: Sandbox, session: Session) -> None:
    signer = sandbox.credentials(ACCOUNT, role="ml-pipeline")
    answer = traced(sandbox, session, signer, "eu-west-1")
    assert answer.state == "found"
    assert (answer.principal or "").startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/ml-pipeline/")
    assert answer.issuer == f"arn:aws:iam::{ACCOUNT}:role/ml-pipeline"


def test_a_federated_user_is_named_with_who_federated_it(
    sandbox: Sandbox, session: Session
) -> None:
    signer = signers.federated_user(sandbox, ACCOUNT, "sam", "bob")
    answer = traced(sandbox, session, signer, "eu-west-1")
    assert (answer.principal, answer.issuer) == (
        f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
        f"arn:aws:iam::{ACCOUNT}:user/sam",
    )


def test_a_users_session_is_named_as_the_user(sandbox: Sandbox, session: Session) -> None:
    answer = traced(sandbox, session, signers.user_session(sandbox, ACCOUNT, "sam"), "eu-west-1")
    assert answer.principal == answer.issuer == f"arn:aws:iam::{ACCOUNT}:user/sam"


def test_the_trail_is_asked_in_the_keys_own_region(sandbox: Sandbox, session: Session) -> None:
    signer = sandbox.credentials(ACCOUNT, role="ml-pipeline")
    assert traced(sandbox, session, signer, "us-east-1").state == "absent"
    (call,) = (call for call in sandbox.calls() if call.operation == "LookupEvents")
    assert call.region == "eu-west-1"


def test_a_trail_that_may_not_be_asked_is_unknown(sandbox: Sandbox, session: Session) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="cloudtrail:*", times=None)
    signer = sandbox.credentials(ACCOUNT, role="ml-pipeline")
    answer = traced(sandbox, session, signer, "eu-west-1")
    assert (answer.state, answer.detail) == (
        "unknown",
        "it would not say (cloudtrail:LookupEvents failed (AccessDenied))",
    )


KEY = short_term()


def answer_of(trail: FakeTrail) -> TrailAnswer:
    return trace(KEY, Trail(FakeSession(trail)))  # type: ignore[arg-type]


@pytest.mark.parametrize("cause", CAUSES)
def test_whom_a_trail_knows_that_was_read_in_part_is_unknown(cause: str) -> None:
    """None of the events that could be read names anybody, and others may."""
    nameless = of_session(arn="", accessKeyId=KEY.access_key_id)
    answer = answer_of(unread(cause, nameless, KEY.region))
    assert (answer.state, answer.principal) == ("unknown", None)
    assert answer.detail.startswith("it would not say (")


def test_the_latest_events_are_enough_to_name_somebody() -> None:
    trail = unread("bound", of_session(accessKeyId=KEY.access_key_id), KEY.region)
    assert answer_of(trail).state == "found"
    assert len(trail.asked) == 1
    assert ENOUGH == 50
