"""Take each permission that a feature declares away in turn: doctor names it, and nothing else.

The rows are made from the declarations, so a permission that is added to one is a row by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bedrock_key_guard.aws.roles import ORGANIZATION, RoleToAssume
from bedrock_key_guard.aws.session import Session, open_session
from bedrock_key_guard.aws.sessions import Sessions
from bedrock_key_guard.doctor.aws_checks import check_accounts, check_permissions
from bedrock_key_guard.doctor.checks import Check
from bedrock_key_guard.iam.features import FEATURES, OTHER_ACCOUNTS, USUAL, Where, trials
from bedrock_key_guard.model.principals import Account
from sandbox.front.sandbox import Sandbox
from tests.cloudformation import DEPLOY, parameters
from tests.jobs import ACCOUNT
from tests.privileges import FEATURES as SWITCHES
from tests.privileges import (
    ROLE,
    Policies,
    deployed,
    granted,
    quarantine,
    trust_in_hub,
    without,
)

POLICY = f"arn:aws:iam::{ACCOUNT}:policy/{quarantine()['ManagedPolicyName']}"
MEMBER = "210987654321"
WHERE = Where(Account(ACCOUNT), "us-east-1", POLICY)
EVERYTHING = deployed(*SWITCHES)
DECLARED = sorted({action for each in FEATURES.values() for action in each.permissions})
READABLE = {
    trial.action
    for each in FEATURES.values()
    for trial in trials(each, WHERE)
    if trial.call is not None
}


INSTALLED: dict[str, object] = {}
"""What the role has, so that a row changes only what differs from the last."""


@pytest.fixture(scope="module")
def role(running_sandbox: Sandbox) -> Iterator[Session]:
    """Open one session of the guard's role, whose policies each row changes."""
    running_sandbox.reset()
    INSTALLED.clear()
    running_sandbox.make_role(ACCOUNT, ROLE, permissions=False)
    with pytest.MonkeyPatch.context() as patch:
        environment = running_sandbox.environment(ACCOUNT, role=ROLE)
        for name, value in environment.items():
            patch.setenv(name, value)
        session = open_session(environment)
        assert isinstance(session, Session)
        yield session


def looked_at(
    sandbox: Sandbox, session: Session, policies: Policies, *features: str
) -> dict[str, Check]:
    """Return what doctor says of each feature under these policies, and that it changed nothing."""
    nothing = [{"Effect": "Deny", "Action": "none:None", "Resource": "*"}]
    for name, statements in policies.items():
        document = {"Version": "2012-10-17", "Statement": statements or nothing}
        if INSTALLED.get(name) != document:
            sandbox.client("iam", ACCOUNT).put_role_policy(
                RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(document)
            )
            INSTALLED[name] = document
    before = len(sandbox.writes())
    with sandbox.enforced():
        found = list(check_permissions(session, features or FEATURES, WHERE))
    assert len(sandbox.writes()) == before
    return {check.name: check for check in found}


def test_under_the_policies_of_the_template_every_feature_works(
    running_sandbox: Sandbox, role: Session
) -> None:
    found = looked_at(running_sandbox, role, EVERYTHING)
    assert {check.state for check in found.values()} == {"works"}
    assert found.keys() == FEATURES.keys()


@pytest.mark.parametrize("action", DECLARED)
def test_simulation_names_the_permission_that_lacks(
    action: str, running_sandbox: Sandbox, role: Session
) -> None:
    found = looked_at(running_sandbox, role, without(EVERYTHING, action))
    for feature in FEATURES.values():
        check, needed = found[feature.name], action in feature.permissions
        assert check.missing == ((action,) if needed else ())
        assert check.state == ("lacks" if needed else "works")
        assert (action in check.said, bool(check.mend)) == (needed, needed)


@pytest.mark.parametrize("action", sorted(READABLE))
def test_where_nothing_may_be_simulated_a_call_that_reads_names_it(
    action: str, running_sandbox: Sandbox, role: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role.limiter, "_apart", 0.0)
    feature = next(each for each in FEATURES.values() if action in each.permissions)
    policies = without(without(EVERYTHING, "iam:SimulatePrincipalPolicy"), action)
    check = looked_at(running_sandbox, role, policies, feature.name)[feature.name]
    assert (check.state, check.missing) == ("lacks", (action,)), check.said
    assert set(check.untold) == set(feature.permissions) - READABLE


def test_of_changes_that_nobody_may_simulate_doctor_says_that_it_does_not_know(
    running_sandbox: Sandbox, role: Session
) -> None:
    policies = without(EVERYTHING, "iam:SimulatePrincipalPolicy")
    disable = looked_at(running_sandbox, role, policies, "disable")["disable"]
    assert disable.state == "unknown"
    assert disable.untold == ("iam:UpdateServiceSpecificCredential",)
    assert "iam:SimulatePrincipalPolicy" in disable.said
    assert disable.mend.endswith("Doctor=true")


@pytest.mark.parametrize("action", OTHER_ACCOUNTS)
def test_what_lacks_to_enter_another_account_is_named(
    action: str, running_sandbox: Sandbox, role: Session
) -> None:
    running_sandbox.organize(ACCOUNT)
    running_sandbox.make_role(MEMBER, ROLE, permissions=False, trust=trust_in_hub())
    named = RoleToAssume(f"arn:aws:iam::{{account_id}}:role/{ROLE}", tags=("repository=acme/app",))
    for policies, named_once in ((EVERYTHING, []), (without(EVERYTHING, action), [True])):
        looked_at(running_sandbox, role, policies, "verify")
        with running_sandbox.enforced():
            sessions = Sessions(role, named)
            found = [*check_accounts(sessions, (ORGANIZATION, MEMBER), has_role=True)]
        assert [action in check.said for check in found if check.state != "works"] == named_once
        assert {check.state for check in found} <= {"works", "lacks"}


def test_what_other_accounts_take_is_what_the_template_grants() -> None:
    assert granted(deployed("MemberAccounts")) == granted(deployed()).union(OTHER_ACCOUNTS)


def test_what_a_feature_declares_is_what_the_template_grants_it() -> None:
    look = set(FEATURES["verify"].permissions)
    assert look == granted(deployed())
    for feature in FEATURES.values():
        switches = (feature.parameter,) if feature.parameter else ()
        assert look.union(feature.permissions) == granted(deployed(*switches)), feature.name


def test_the_usual_features_are_those_that_the_template_switches_on() -> None:
    declared = parameters(DEPLOY / "guard.yaml")
    on = {name for name, about in declared.items() if about.get("Default") == "true"}
    assert on == {FEATURES[name].parameter for name in USUAL} - {""}
