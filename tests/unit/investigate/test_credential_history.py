from __future__ import annotations

import random
from typing import Any

import pytest

from bedrock_key_guard.investigate.credential_history import (
    MOST_CHANGES,
    Changes,
    read_change,
)
from bedrock_key_guard.investigate.subject import UserKey
from tests.unit.investigate.records import ACCOUNT, NOW, USER, Record, at, iam, parsed, record

CREDENTIAL = "ACCAQNZGKIQYEXAMPLE22"
GUARD_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/BedrockKeyGuard/run-1"
KEY = UserKey((USER,), CREDENTIAL)
UPDATE = "UpdateServiceSpecificCredential"


def about(credential: str, **more: str) -> dict[str, str]:
    return {"userName": USER, "serviceSpecificCredentialId": credential, **more}


def created(credential: str) -> dict[str, Any]:
    return {"serviceSpecificCredential": {"serviceSpecificCredentialId": credential}}


@pytest.mark.parametrize(
    ("of", "name", "target", "of_key"),
    [
        (
            iam("CreateServiceSpecificCredential", responseElements=created(CREDENTIAL)),
            "CreateServiceSpecificCredential",
            CREDENTIAL,
            True,
        ),
        (
            iam("CreateServiceSpecificCredential", responseElements=created("ACCAOTHER")),
            "CreateServiceSpecificCredential",
            "ACCAOTHER",
            False,
        ),
        (
            iam(UPDATE, requestParameters=about(CREDENTIAL, status="Active")),
            f"{UPDATE} Active",
            CREDENTIAL,
            True,
        ),
        (
            iam("ResetServiceSpecificCredential", requestParameters=about(CREDENTIAL)),
            "ResetServiceSpecificCredential",
            CREDENTIAL,
            True,
        ),
        (
            iam("CreateAccessKey", responseElements={"accessKey": {"accessKeyId": "AKIAX"}}),
            "CreateAccessKey",
            "AKIAX",
            False,
        ),
        (iam("CreateAccessKey", responseElements=None), "CreateAccessKey", "", False),
        (iam("CreateLoginProfile"), "CreateLoginProfile", "", False),
        (
            iam("AddUserToGroup", requestParameters={"userName": USER, "groupName": "admins"}),
            "AddUserToGroup",
            "admins",
            False,
        ),
    ],
)
def test_a_change_says_what_was_changed(of: Record, name: str, target: str, of_key: bool) -> None:
    change = read_change(parsed(of), KEY, GUARD_ARN)
    assert change is not None
    assert (change.name, change.target, change.of_key) == (name, target, of_key)


@pytest.mark.parametrize(
    ("of", "known"),
    [
        (iam("CreateAccessKey", requestParameters={"userName": USER.upper()}), True),
        (iam("CreateAccessKey", requestParameters={"userName": "bob"}), False),
        (iam("CreateAccessKey", requestParameters=None), False),
        (
            iam(
                "CreateAccessKey",
                requestParameters=None,
                userIdentity={"type": "IAMUser", "userName": USER},
            ),
            True,
        ),
        (
            iam(
                UPDATE,
                requestParameters={"userName": "renamed", **about(CREDENTIAL)} | {"userName": "x"},
            ),
            True,
        ),
        (iam("ListAccessKeys"), False),
        (record(), False),
    ],
)
def test_only_changes_to_the_user_or_the_credential_are_known(of: Record, known: bool) -> None:
    assert (read_change(parsed(of), KEY, GUARD_ARN) is not None) == known


@pytest.mark.parametrize(
    ("agent", "arn", "own"),
    [
        ("Boto3/1.44 bedrock-key-guard/0.1", GUARD_ARN, True),
        (f"Boto3/1.44 {'x' * 300} bedrock-key-guard/0.1", GUARD_ARN, True),
        ("Boto3/1.44 bedrock-key-guard/0.1", GUARD_ARN.replace("run-1", "run-2"), True),
        ("Boto3/1.44 bedrock-key-guard/0.1", f"arn:aws:iam::{ACCOUNT}:user/mallory", False),
        ("aws-cli/2", GUARD_ARN, False),
        ("Boto3/1.44 bedrock-key-guard/0.1", "", False),
    ],
)
def test_the_guards_own_are_its_principals_and_its_programs(
    agent: str, arn: str, own: bool
) -> None:
    attached = iam("AttachUserPolicy", userAgent=agent, userIdentity={"arn": arn})
    change = read_change(parsed(attached), KEY, GUARD_ARN)
    assert change is not None
    assert change.by_guard == own


def test_the_latest_changes_are_kept_in_any_order_and_the_others_counted() -> None:
    records = [iam("CreateAccessKey", at(hours=n), f"i-{n}") for n in range(MOST_CHANGES + 7)]
    random.shuffle(records)
    changes = Changes(KEY, GUARD_ARN)
    for each in records:
        changes.take(parsed(each))
    latest, more = changes.done()
    assert [change.seen.event_id for change in latest] == [
        f"i-{n}" for n in reversed(range(MOST_CHANGES))
    ]
    assert more == 7
    assert latest[-1].seen.time == NOW
