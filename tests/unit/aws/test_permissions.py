from __future__ import annotations

import pytest

from bedrock_key_guard.aws.permissions import Finding, policy_source, simulated, tried
from bedrock_key_guard.aws.session import Session, open_session
from bedrock_key_guard.iam.features import Trial
from sandbox.base.faults import (
    ACCESS_DENIED,
    AWS_THROTTLED,
    NO_SUCH_ENTITY,
    UNAVAILABLE,
    Fault,
    ServiceError,
    html,
)
from sandbox.front.sandbox import Sandbox
from tests.unit.variables import use

ACCOUNT = "111122223333"
GET_USER = Trial("iam:GetUser", "*", call=(("UserName", "nobody"),))
WRITE = Trial("iam:UpdateServiceSpecificCredential", "*")
EXPIRED = ServiceError(403, "ExpiredToken", "The security token included is expired")


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (NO_SUCH_ENTITY, "allowed"),
        (ACCESS_DENIED, "denied"),
        (ServiceError(403, "UnauthorizedOperation", "No."), "denied"),
        (EXPIRED, "unknown"),
        (AWS_THROTTLED, "unknown"),
        (UNAVAILABLE, "unknown"),
        (html(), "unknown"),
    ],
)
def test_what_a_call_is_told_is_a_permission_only_where_iam_has_looked(
    fault: Fault,
    found: Finding,
    session: Session,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    sandbox.aws_faults.add(fault, on="iam:GetUser", times=None)
    assert tried(session, GET_USER).found == found


def test_what_changes_something_is_never_called(session: Session, sandbox: Sandbox) -> None:
    answer = tried(session, WRITE)
    assert answer.found == "unknown"
    assert "iam:SimulatePrincipalPolicy" in answer.reason
    assert [call.action for call in sandbox.calls()] == ["sts:GetCallerIdentity"]


def test_a_simulation_that_is_refused_is_a_reason(session: Session, sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="iam:SimulatePrincipalPolicy")
    assert "AccessDenied" in str(simulated(session, session.arn, [GET_USER]))


def test_a_simulation_answers_each_trial(session: Session) -> None:
    answers = simulated(session, session.arn, [GET_USER, WRITE])
    assert isinstance(answers, list)
    assert {each.trial: each.found for each in answers} == {GET_USER: "allowed", WRITE: "allowed"}


def test_a_page_in_the_place_of_an_answer_allows_nothing(
    session: Session, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(html(), on="iam:SimulatePrincipalPolicy", times=None)
    assert isinstance(simulated(session, session.arn, [GET_USER]), str)


@pytest.mark.parametrize("may_look", [True, False])
def test_a_session_acts_by_the_policies_of_its_role(
    may_look: bool, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = sandbox.environment(ACCOUNT, role="guard")
    use(environment, monkeypatch)
    session = open_session(environment)
    assert isinstance(session, Session)
    if not may_look:
        sandbox.aws_faults.add(ACCESS_DENIED, on="iam:GetRole")
    assert policy_source(session) == f"arn:aws:iam::{ACCOUNT}:role/guard"
