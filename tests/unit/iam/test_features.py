from __future__ import annotations

import pytest

from bedrock_key_guard.iam.features import FEATURES, Trial, Where, trials
from bedrock_key_guard.model.principals import Account

ACCOUNT = "111122223333"
QUARANTINE = f"arn:aws:iam::{ACCOUNT}:policy/BedrockKeyGuardQuarantine"
WHERE = Where(Account(ACCOUNT), "eu-west-1", QUARANTINE)
NOBODY = "bedrock-key-guard-doctor"
START = f"arn:aws:iam::{ACCOUNT}"
EVERY = [trial for feature in FEATURES.values() for trial in trials(feature, WHERE)]


def of(feature: str, action: str, where: Where = WHERE) -> Trial:
    (found,) = (each for each in trials(FEATURES[feature], where) if each.action == action)
    return found


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda each: each.name)
def test_each_permission_of_a_feature_is_tried_once(feature: object) -> None:
    each = FEATURES[feature.name]  # type: ignore[attr-defined]
    assert [trial.action for trial in trials(each, WHERE)] == list(each.permissions)


@pytest.mark.parametrize(
    ("feature", "action", "resource", "context"),
    [
        (
            "disable",
            "iam:UpdateServiceSpecificCredential",
            f"{START}:user/{NOBODY}",
            (("iam:ServiceSpecificCredentialServiceName", "bedrock.amazonaws.com"),),
        ),
        (
            "quarantine",
            "iam:AttachRolePolicy",
            f"{START}:role/{NOBODY}",
            (("iam:PolicyARN", QUARANTINE),),
        ),
        (
            "strip-policies",
            "iam:DetachUserPolicy",
            f"{START}:user/BedrockAPIKey-{NOBODY}",
            (("iam:PolicyARN", "arn:aws:iam::aws:policy/AmazonBedrockLimitedAccess"),),
        ),
        ("verify", "iam:ListServiceSpecificCredentials", f"{START}:user/*", ()),
        ("verify", "iam:GetPolicyVersion", QUARANTINE, ()),
        ("revoke-sessions", "iam:ListRoles", f"{START}:role/", ()),
        ("timeline", "ec2:DescribeRegions", "*", ()),
        (
            "reset",
            "ssm:PutParameter",
            f"arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/bedrock/{NOBODY}",
            (),
        ),
    ],
)
def test_a_permission_is_tried_on_what_the_template_limits_it_to(
    feature: str, action: str, resource: str, context: tuple[tuple[str, str], ...]
) -> None:
    trial = of(feature, action)
    assert (trial.resource, trial.context) == (resource, context)


def test_only_calls_that_read_are_ever_made() -> None:
    called = {trial.action.partition(":")[2] for trial in EVERY if trial.call is not None}
    assert called
    assert all(each.startswith(("Get", "List", "Lookup", "Describe")) for each in called)


def test_of_a_store_that_is_named_the_other_is_not_wanted() -> None:
    where = Where(Account(ACCOUNT), "eu-west-1", QUARANTINE, ("ssm", "/new/key"))
    wanted = {trial.action: trial.resource for trial in trials(FEATURES["reset"], where)}
    assert wanted["ssm:PutParameter"].endswith(":parameter/new/key")
    assert not any(action.startswith("secretsmanager:") for action in wanted)
