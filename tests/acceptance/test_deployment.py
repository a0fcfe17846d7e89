"""Hold the policies that are deployed against a simulator of IAM."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bedrock_key_guard.iam.policy_documents import session_denial
from bedrock_key_guard.keys.families import FAMILIES, Family
from bedrock_key_guard.model.actions import CHANGES, Remediation
from tests.cloudformation import DEPLOY, parameters, resources
from tests.jobs import ROOT
from tests.oidc import HOST as OIDC_HOST
from tests.privileges import FEATURES, actions_of, deployed, granted
from tests.simulate import ACCOUNT, EVERYTHING, Policy, Request, judge

PLANES = ("bedrock", "bedrock-mantle")
BEARER = tuple(f"{plane}:CallWithBearerToken" for plane in PLANES)
OTHER_CALLS = (
    "bedrock:InvokeModel",
    "bedrock:ListFoundationModels",
    "bedrock-mantle:ListModels",
    "iam:CreateUser",
    "s3:ListAllMyBuckets",
    "sts:GetCallerIdentity",
)
SERVICE_NAME = "iam:ServiceSpecificCredentialServiceName"
BEDROCK_KEYS = {SERVICE_NAME: "bedrock.amazonaws.com"}
OTHER_KEYS = {SERVICE_NAME: "codecommit.amazonaws.com"}
SIBLINGS = {
    "claude-platform": "aws-external-anthropic",
    "cloudwatch-logs": "logs",
    "cloudwatch-metrics": "cloudwatch",
}
USER = f"arn:aws:iam::{ACCOUNT}:user/team/dev"
CONSOLE_USER = f"arn:aws:iam::{ACCOUNT}:user/BedrockAPIKey-ex4m"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/server"
QUARANTINE = f"arn:aws:iam::{ACCOUNT}:policy/BedrockKeyGuardQuarantine"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
LIMITED = "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"
MARKETPLACE = "arn:aws:iam::aws:policy/AmazonBedrockMarketplaceAccess"
EVERY_FEATURE = dict.fromkeys(FEATURES, "true")
CONDITION_KEYS = {"iam:ServiceSpecificCredentialServiceName", "iam:PolicyARN"}
GITHUB = {
    "GitHubOwner": "acme",
    "GitHubOwnerId": "123456",
    "GitHubRepository": "app",
    "GitHubRepositoryId": "456789",
}
HUB = f"arn:aws:iam::{ACCOUNT}:role/BedrockKeyGuard"


def guard(**parameters: str) -> dict[str, dict[str, Any]]:
    return resources(DEPLOY / "guard.yaml", **(parameters or {"HubRoleArn": HUB}))


def policy(name: str) -> Policy:
    made = guard(HubRoleArn=HUB, **EVERY_FEATURE)
    document: Policy = made[name]["Properties"]["PolicyDocument"]
    return document


def control_policy(name: str) -> Policy:
    path = DEPLOY / "service-control-policies" / f"{name}.json"
    document: Policy = json.loads(path.read_text())
    return document


def is_allowed(requests: list[Request]) -> list[bool]:
    return [verdict == "Allowed" for verdict in judge(requests)]


# ── what denies ─────────────────────────────────────────────────────────────────────────────────


def test_the_quarantine_denies_keys_on_both_planes_and_nothing_else() -> None:
    everything: Policy = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
    }
    held = (everything, policy("QuarantinePolicy"))
    requests = [Request(action, identity=held) for action in (*BEARER, *OTHER_CALLS)]
    assert is_allowed(requests) == [False] * len(BEARER) + [True] * len(OTHER_CALLS)


BEFORE, CUTOFF, AFTER = (f"2026-11-23T{hour:02}:00:00Z" for hour in (5, 6, 7))
SESSION, ANOTHER = "AROAQNZGKIQYEXAMPLE22:run-7", "AROAQNZGKIQYEXAMPLE22:run-8"


@pytest.mark.parametrize(
    ("begun", "user_id", "aim", "is_denied"),
    [
        (BEFORE, SESSION, None, True),
        (AFTER, SESSION, None, False),
        (BEFORE, SESSION, SESSION, True),
        (BEFORE, ANOTHER, SESSION, False),
        (None, SESSION, None, False),
    ],
    ids=["older", "newer", "aimed at", "another session", "no session"],
)
def test_revoked_sessions_are_denied_keys_on_both_planes_and_nothing_else(
    begun: str | None, user_id: str, aim: str | None, is_denied: bool
) -> None:
    document = session_denial(BEARER, datetime.fromisoformat(CUTOFF[:-1] + "+00:00"), aim)
    context = {"aws:userid": user_id} | ({"aws:TokenIssueTime": begun} if begun else {})
    requests = [
        Request(action, identity=(EVERYTHING, document), context=context)
        for action in (*BEARER, *OTHER_CALLS)
    ]
    wanted = [not is_denied] * len(BEARER) + [True] * len(OTHER_CALLS)
    assert is_allowed(requests) == wanted


MAKE_A_KEY, AGE = "iam:CreateServiceSpecificCredential", "iam:ServiceSpecificCredentialAgeDays"
CONTROLS: list[tuple[str, str, dict[str, str], bool]] = [
    ("deny-long-term-keys", MAKE_A_KEY, BEDROCK_KEYS, False),
    ("deny-long-term-keys", MAKE_A_KEY, {k: v.upper() for k, v in BEDROCK_KEYS.items()}, False),
    ("deny-long-term-keys", MAKE_A_KEY, OTHER_KEYS, True),
    ("deny-long-term-keys", "bedrock:CallWithBearerToken", {}, True),
    ("cap-key-age", MAKE_A_KEY, {**BEDROCK_KEYS, AGE: "30"}, True),
    ("cap-key-age", MAKE_A_KEY, {**BEDROCK_KEYS, AGE: "31"}, False),
    ("cap-key-age", MAKE_A_KEY, BEDROCK_KEYS, False),
    ("cap-key-age", MAKE_A_KEY, OTHER_KEYS, True),
    *(("deny-key-calls", action, {}, False) for action in BEARER),
    *(("deny-key-calls", action, {}, True) for action in OTHER_CALLS),
    *(
        (
            "deny-long-term-key-calls",
            f"{plane}:CallWithBearerToken",
            {f"{plane}:BearerTokenType": kind},
            kind == "SHORT_TERM",
        )
        for plane in PLANES
        for kind in ("LONG_TERM", "SHORT_TERM")
    ),
    *(("deny-long-term-key-calls", action, {}, True) for action in OTHER_CALLS),
    *(
        (f"deny-{name}-keys", action, context, is_allowed)
        for name, service in SIBLINGS.items()
        for action, context, is_allowed in (
            (MAKE_A_KEY, {SERVICE_NAME: f"{service}.amazonaws.com"}, False),
            (MAKE_A_KEY, {SERVICE_NAME: f"{service}.AmazonAWS.com"}, False),
            (MAKE_A_KEY, BEDROCK_KEYS, True),
            (f"{service}:CallWithBearerToken", {}, False),
            ("bedrock:CallWithBearerToken", {}, True),
        )
    ),
]


def test_each_service_control_policy_denies_what_it_says_and_nothing_else() -> None:
    requests = [
        Request(
            action,
            USER if action.startswith("iam:") else "*",
            organization=(control_policy(name),),
            context=context,
        )
        for name, action, context, _ in CONTROLS
    ]
    judged = is_allowed(requests)
    assert [(*row[:3], said) for row, said in zip(CONTROLS, judged, strict=True)] == CONTROLS


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_of_keys_can_be_kept_from_being_made_and_used(family: Family) -> None:
    statements = [
        statement
        for path in (DEPLOY / "service-control-policies").glob("*.json")
        for statement in json.loads(path.read_text())["Statement"]
    ]
    denied = {action for each in statements for action in actions_of(each)}
    assert denied >= set(family.deny_actions)
    if family.kind == "long-term":
        conditions = [each.get("Condition", {}) for each in statements]
        assert {"StringEqualsIgnoreCase": {SERVICE_NAME: family.service_name}} in conditions


# ── what allows ─────────────────────────────────────────────────────────────────────────────────

MEMBER, MEMBERS_ADMIN = (
    f"arn:aws:iam::123456789012:role/{name}" for name in ("BedrockKeyGuard", "Admin")
)
ORG = "aws:ResourceOrgID"
SAME_ORGANIZATION = {ORG: "o-a", "aws:PrincipalOrgID": "o-a"}
UPDATE, RESET, DELETE = (
    f"iam:{verb}ServiceSpecificCredential" for verb in ("Update", "Reset", "Delete")
)
PERMISSIONS: list[tuple[str, str, str, dict[str, str], bool]] = [
    ("DisableKeys", UPDATE, USER, BEDROCK_KEYS, True),
    ("DisableKeys", UPDATE, USER, OTHER_KEYS, False),
    ("DisableKeys", RESET, USER, BEDROCK_KEYS, False),
    ("DisableKeys", DELETE, USER, BEDROCK_KEYS, False),
    ("ResetKeys", RESET, USER, BEDROCK_KEYS, True),
    ("ResetKeys", RESET, USER, OTHER_KEYS, False),
    ("DeleteKeys", DELETE, USER, BEDROCK_KEYS, True),
    ("DeleteKeys", DELETE, USER, OTHER_KEYS, False),
    ("QuarantineSigners", "iam:AttachUserPolicy", USER, {"iam:PolicyARN": QUARANTINE}, True),
    ("QuarantineSigners", "iam:AttachRolePolicy", ROLE, {"iam:PolicyARN": QUARANTINE}, True),
    ("QuarantineSigners", "iam:DetachRolePolicy", ROLE, {"iam:PolicyARN": QUARANTINE}, True),
    ("QuarantineSigners", "iam:AttachUserPolicy", USER, {"iam:PolicyARN": ADMINISTRATOR}, False),
    ("QuarantineSigners", "iam:DetachUserPolicy", USER, {"iam:PolicyARN": ADMINISTRATOR}, False),
    ("QuarantineSigners", "iam:PutUserPolicy", USER, {}, False),
    ("StripUsers", "iam:DetachUserPolicy", CONSOLE_USER, {"iam:PolicyARN": LIMITED}, True),
    ("StripUsers", "iam:DetachUserPolicy", CONSOLE_USER, {"iam:PolicyARN": MARKETPLACE}, True),
    ("StripUsers", "iam:DetachUserPolicy", USER, {"iam:PolicyARN": LIMITED}, False),
    ("StripUsers", "iam:AttachUserPolicy", CONSOLE_USER, {"iam:PolicyARN": ADMINISTRATOR}, False),
    ("RevokeSigners", "iam:PutRolePolicy", ROLE, {}, True),
    ("RevokeSigners", "iam:PutRolePolicy", HUB, {}, False),
    ("EnterAccounts", "sts:AssumeRole", MEMBER, SAME_ORGANIZATION, True),
    ("EnterAccounts", "sts:AssumeRole", MEMBER, {**SAME_ORGANIZATION, ORG: "o-b"}, False),
    ("EnterAccounts", "sts:AssumeRole", MEMBER, {"aws:PrincipalOrgID": "o-a"}, False),
    ("EnterAccounts", "sts:AssumeRole", MEMBER, {}, False),
    ("EnterAccounts", "sts:AssumeRole", MEMBERS_ADMIN, SAME_ORGANIZATION, False),
]


def test_each_permission_reaches_what_it_is_for_and_nothing_else() -> None:
    requests = [
        Request(action, resource, identity=(policy(name),), context=context)
        for name, action, resource, context, _ in PERMISSIONS
    ]
    judged = is_allowed(requests)
    assert [(*row[:4], said) for row, said in zip(PERMISSIONS, judged, strict=True)] == PERMISSIONS


# ── who may act ─────────────────────────────────────────────────────────────────────────────────


def trust(**parameters: str) -> list[dict[str, Any]]:
    document = guard(**parameters)["Role"]["Properties"]["AssumeRolePolicyDocument"]
    statements: list[dict[str, Any]] = document["Statement"]
    return statements


@pytest.mark.parametrize("external_id", ["", "our-guard"])
def test_a_hub_is_trusted_with_the_external_id_that_was_agreed(external_id: str) -> None:
    (statement,) = trust(HubRoleArn=HUB, ExternalId=external_id)
    assert statement["Principal"] == {"AWS": HUB}
    wanted = {"StringEquals": {"sts:ExternalId": external_id}} if external_id else None
    assert statement.get("Condition") == wanted


PATTERNS = [
    ("HubRoleArn", ["", HUB, "arn:aws-us-gov:iam::123456789012:role/team/Guard"]),
    ("GitHubProviderArn", ["", f"arn:aws:iam::{ACCOUNT}:oidc-provider/{OIDC_HOST}"]),
    ("GitHubWorkflow", ["guard.yml", "bedrock-key-guard.yaml"]),
    ("GitHubRef", ["refs/heads/main", "refs/heads/release/2", "refs/tags/v1.2.3"]),
    ("ResetStorePrefix", ["bedrock/", "team-a/bedrock_"]),
    ("PermissionsBoundaryArn", ["", ADMINISTRATOR, f"arn:aws:iam::{ACCOUNT}:policy/Boundary"]),
]
REFUSED = {
    "HubRoleArn": ["*", f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/*", ACCOUNT],
    "GitHubProviderArn": ["*", "arn:aws:iam::*:oidc-provider/x"],
    "GitHubWorkflow": ["", "*.yml", "../guard.yml", "guard.yml@refs/heads/x"],
    "GitHubRef": ["", "*", "main", "refs/heads/*", "refs/pull/7/merge"],
    "ResetStorePrefix": ["", "*", "/", "bedrock*"],
    "PermissionsBoundaryArn": ["*", f"arn:aws:iam::{ACCOUNT}:policy/*"],
}


@pytest.mark.parametrize(("name", "good"), PATTERNS)
def test_a_parameter_takes_no_pattern_and_nothing_that_is_wider_than_meant(
    name: str, good: list[str]
) -> None:
    allowed = parameters(DEPLOY / "guard.yaml")[name]["AllowedPattern"]
    assert [value for value in good if not re.fullmatch(allowed, value)] == []
    assert [value for value in REFUSED[name] if re.fullmatch(allowed, value)] == []


def test_the_provider_outlives_the_stack_for_others_may_trust_it() -> None:
    provider = guard(**GITHUB)["GitHubProvider"]
    assert provider["DeletionPolicy"] == provider["UpdateReplacePolicy"] == "Retain"
    assert "GitHubProvider" not in guard(
        **GITHUB, GitHubProviderArn="arn:aws:iam::1:oidc-provider/x"
    )


@pytest.mark.parametrize("boundary", ["", f"arn:aws:iam::{ACCOUNT}:policy/Boundary"])
def test_the_role_has_the_boundary_that_is_named(boundary: str) -> None:
    role = guard(HubRoleArn=HUB, PermissionsBoundaryArn=boundary)["Role"]["Properties"]
    assert role.get("PermissionsBoundary") == (boundary or None)


def test_what_may_grant_anything_or_cannot_be_undone_is_off_unless_asked_for() -> None:
    assert set(guard()) == {
        "Role",
        "Look",
        "DisableKeys",
        "QuarantinePolicy",
        "QuarantineSigners",
        "InvestigateUse",
    }


def members(**more: str) -> dict[str, Any]:
    given = {"TemplateUrl": "https://bucket/guard.yaml", "OrganizationalUnits": "r-root"}
    made = resources(DEPLOY / "organization.yaml", HubRoleArn=HUB, **given, **more)
    properties: dict[str, Any] = made["Members"]["Properties"]
    return properties


@pytest.mark.parametrize("caller", ["SELF", "DELEGATED_ADMIN"])
def test_members_get_the_role_from_either_account_that_may_and_the_hub_keeps_its_own(
    caller: str,
) -> None:
    made = members(CallAs=caller)
    assert made["CallAs"] == caller
    (group,) = made["StackInstancesGroup"]
    targets = group["DeploymentTargets"]
    assert (targets["AccountFilterType"], targets["Accounts"]) == ("DIFFERENCE", [ACCOUNT])


def test_every_parameter_that_members_need_is_one_of_the_guards_template() -> None:
    given = members()["Parameters"]
    made = guard(**{each["ParameterKey"]: each["ParameterValue"] for each in given})
    assert "QuarantinePolicy" in made


def test_every_file_and_every_policy_is_explained() -> None:
    text = (DEPLOY / "README.md").read_text()
    files = (path for path in DEPLOY.rglob("*") if path.suffix in {".yaml", ".yml", ".json", ".tf"})
    explained = [f"({path.relative_to(DEPLOY)})" for path in files]
    made = guard(HubRoleArn=HUB, **EVERY_FEATURE)
    explained += [f"`{name}`" for name in made if name not in ("Role", "QuarantinePolicy")]
    assert [name for name in explained if name not in text] == []


# ── what actions declare ────────────────────────────────────────────────────────────────────────

EACH_ACTION = pytest.mark.parametrize("action", CHANGES.values(), ids=lambda action: action.name)


def row_of(page: Path, column: int, text: str) -> list[str]:
    """Return the cells of the only row of a page's tables that has this text in a column."""
    tables = (line for line in page.read_text().splitlines() if line.startswith("| "))
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in tables]
    (row,) = (each for each in rows if column < len(each) and text in each[column])
    return row


@EACH_ACTION
def test_the_policies_of_an_action_grant_exactly_what_it_declares(
    action: type[Remediation],
) -> None:
    look, declared = granted(deployed()), {*action.permissions, *action.to_undo}
    assert granted(deployed(action.__name__)) == look | declared


@EACH_ACTION
def test_the_readme_names_the_policy_of_an_action_its_default_and_its_command(
    action: type[Remediation],
) -> None:
    policy, _, default, purpose = row_of(DEPLOY / "README.md", 1, f"`{action.__name__}`")
    assert policy.strip("`") in deployed(action.__name__)
    assert default == ("on" if policy.strip("`") in guard() else "off")
    assert f" {action.name}`" in purpose


@EACH_ACTION
def test_what_cannot_be_undone_or_may_grant_anything_has_to_be_asked_for(
    action: type[Remediation],
) -> None:
    grants = any(each.startswith("iam:Put") for each in action.permissions)
    is_on = set(deployed(action.__name__)) <= set(guard())
    assert not (is_on and (grants or action.undo != "always"))


@EACH_ACTION
def test_the_docs_say_of_an_action_whether_it_can_be_undone(action: type[Remediation]) -> None:
    *_, undone_by = row_of(ROOT / "docs/responses.md", 0, f" {action.name}`")
    assert (undone_by == "nothing") is (action.undo != "always")


def test_the_docs_name_no_permission_that_nobody_is_granted() -> None:
    text = (ROOT / "docs/permissions.md").read_text()
    named = set(re.findall(r"`((?:iam|sts|cloudtrail):[A-Z]\w+)`", text)) - CONDITION_KEYS
    assert named <= granted(deployed(*FEATURES))
    assert {each for each in granted(deployed()) if "Role" not in each} <= named
