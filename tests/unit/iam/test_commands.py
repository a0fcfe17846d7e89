from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.iam.commands import (
    by_hand,
    to_delete,
    to_disable,
    to_find_out,
    to_make_quarantine,
    to_quarantine,
)
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.keys.families import CLAUDE_PLATFORM_SHORT_TERM
from bedrock_key_guard.model import actions
from bedrock_key_guard.model.principals import Account, Holder
from tests.unit.respond.doubles import DENIES_KEYS, QUARANTINE
from tests.unit.verify.doubles import (
    ACCOUNT,
    OWN,
    SIGNER,
    USER,
    credential,
    key_of,
    long_term,
    short_term,
)

USER_NAMES = st.text("abcXYZ019+=,.@_-", min_size=1, max_size=64)
HOSTILE = ["--profile", "-x", "a+b=c,d.e@f_g", "$(reboot)", "`id`", "a b", "'; rm -rf ~; '", 'x"y']


def words(*commands: str) -> list[list[str]]:
    return [shlex.split(command) for command in commands]


@pytest.mark.parametrize("user", [USER, *HOSTILE])
def test_an_unknown_credential_is_listed_first(user: str) -> None:
    key = replace(long_term(), user_name_candidates=(user, "other"))
    find, disable = words(*to_disable(key, None))
    assert find == [
        *("aws", "iam", "list-service-specific-credentials"),
        f"--user-name={user}",
        *("--service-name", "bedrock.amazonaws.com"),
    ]
    assert disable == [
        *("aws", "iam", "update-service-specific-credential"),
        f"--user-name={user}",
        *("--service-specific-credential-id", "ID", "--status", "Inactive"),
    ]
    assert to_find_out(key) == to_disable(key, None)


@pytest.mark.parametrize("user", [USER, *HOSTILE])
def test_a_known_credential_is_set_inactive_by_its_id(user: str) -> None:
    (update,) = words(*to_disable(long_term(), credential(user=user)))
    assert update == [
        *("aws", "iam", "update-service-specific-credential"),
        f"--user-name={user}",
        *("--service-specific-credential-id", "ACCAQNZGKIQYEXAMPLE22", "--status", "Inactive"),
    ]


@given(USER_NAMES)
def test_every_user_name_of_iam_comes_out_as_it_went_in(user: str) -> None:
    (update,) = words(*to_disable(long_term(), credential(user=user)))
    assert update[3] == f"--user-name={user}"
    assert len(update) == 8


@pytest.mark.parametrize("status", ["Inactive", "Expired"])
def test_a_key_that_lives_on_without_its_credential_is_denied(status: str) -> None:
    (deny,) = words(*to_disable(long_term(), credential(status)))
    assert deny[:4] == ["aws", "iam", "put-user-policy", f"--user-name={USER}"]
    assert _statement(deny) == {
        "Effect": "Deny",
        "Action": ["bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken"],
        "Resource": "*",
    }


@pytest.mark.parametrize(
    ("principal", "operation", "who"),
    [
        (OWN, "put-user-policy", f"--user-name={USER}"),
        (f"arn:aws:iam::{ACCOUNT}:user/a/b/-x", "put-user-policy", "--user-name=-x"),
        (SIGNER, "put-role-policy", "--role-name=ml-pipeline"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/-r/-s", "put-role-policy", "--role-name=-r"),
    ],
)
def test_who_signed_is_denied_the_use_of_keys(principal: str, operation: str, who: str) -> None:
    (deny,) = words(*to_quarantine(short_term(), principal))
    assert deny[:4] == ["aws", "iam", operation, who]
    assert _statement(deny)["Action"] == [
        "bedrock:CallWithBearerToken",
        "bedrock-mantle:CallWithBearerToken",
    ]


SSO = "AWSReservedSSO_Admin_0123456789abcdef"


@pytest.mark.parametrize(
    ("principal", "condition"),
    [
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}/sam@x.example",
            {
                "ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*/{SSO}"},
                "StringLike": {"aws:userid": "*:sam@x.example"},
            },
        ),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s",
            {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*/AWSServiceRoleForX"}},
        ),
        (
            f"arn:aws:iam::{ACCOUNT}:root",
            {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:root"}},
        ),
    ],
)
def test_who_cannot_be_changed_is_denied_by_the_organisation(
    principal: str, condition: dict[str, object]
) -> None:
    (command,) = to_quarantine(short_term(), principal)
    make, attach = ran_as_shell(command)
    assert make[:4] == ["organizations", "create-policy", "--type", "SERVICE_CONTROL_POLICY"]
    statement = _statement(make)
    assert (statement["Effect"], statement["Condition"]) == ("Deny", condition)
    assert attach == [
        *("organizations", "attach-policy", "--target-id", ACCOUNT),
        *("--policy-id", "p-made"),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_one_word_in_the_organisations_command_too(name: str) -> None:
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/{SSO}{name}/{name}"
    (command,) = to_quarantine(short_term(), principal)
    make, attach = ran_as_shell(command)
    assert len(make) == 14
    assert len(attach) == 6


def ran_as_shell(command: str) -> tuple[list[str], list[str]]:
    """Let a shell run a command with a stand-in for `aws`, and return the words of both calls."""
    aws = "aws() { printf '%s\\0' \"$@\" '' >&2; echo p-made; }; "
    ran = subprocess.run(["sh", "-c", aws + command], check=True, capture_output=True, text=True)
    make, attach, _ = ran.stderr.split("\0\0")
    return make.split("\0"), attach.split("\0")


@pytest.mark.parametrize("user", [USER, *HOSTILE])
def test_a_quarantine_is_made_and_attached_by_two_commands(user: str) -> None:
    holder = Holder(Account(ACCOUNT), "user", user)
    make, attach = words(*to_make_quarantine(short_term(), QUARANTINE, holder))
    assert make[:4] == ["aws", "iam", "create-policy", "--policy-name=BedrockKeyGuardQuarantine"]
    assert {"Version": "2012-10-17", "Statement": [_statement(make)]} == DENIES_KEYS
    assert attach == [
        *("aws", "iam", "attach-user-policy", f"--user-name={holder.name}"),
        *("--policy-arn", QUARANTINE),
    ]


@pytest.mark.parametrize("user", [USER, *HOSTILE])
def test_a_credential_is_deleted_by_its_id(user: str) -> None:
    (delete,) = words(*to_delete(credential(user=user)))
    assert delete == [
        *("aws", "iam", "delete-service-specific-credential", f"--user-name={user}"),
        *("--service-specific-credential-id", "ACCAQNZGKIQYEXAMPLE22"),
    ]


@pytest.mark.parametrize("action", get_args(actions.CredentialAction))
def test_whatever_is_done_about_a_credential_a_person_sets_it_inactive(
    action: type[actions.CredentialAction],
) -> None:
    assert by_hand(action(credential(), "live")) == to_disable(long_term(), credential())


@pytest.mark.parametrize("action", get_args(actions.HolderAction))
@pytest.mark.parametrize("arn", [SIGNER, OWN])
def test_whatever_is_done_about_a_signer_a_person_denies_it_keys(
    action: type[actions.HolderAction], arn: str
) -> None:
    signer = read_principal(arn)
    assert signer is not None
    assert signer.as_holder is not None
    carried_out = action(signer.as_holder, signer, short_term(), "live")
    assert by_hand(carried_out) == to_quarantine(short_term(), arn)


def test_a_person_gets_the_commands_that_the_plan_found_and_none_for_nothing() -> None:
    assert by_hand(actions.Manual("look", ("aws iam get-user",))) == ("aws iam get-user",)
    assert by_hand(actions.Nothing("it is dead")) == ()


def test_a_family_is_denied_its_own_actions() -> None:
    key = replace(short_term(), family=CLAUDE_PLATFORM_SHORT_TERM)
    (deny,) = words(*to_quarantine(key, SIGNER))
    assert _statement(deny)["Action"] == ["aws-external-anthropic:CallWithBearerToken"]


@pytest.mark.parametrize("principal", [None, f"arn:aws:sts::{ACCOUNT}:federated-user/sam"])
def test_a_session_whose_owner_is_not_named_is_looked_up_in_its_region(
    principal: str | None,
) -> None:
    key = short_term(region="eu-west-1")
    (look_up,) = words(*to_quarantine(key, principal))
    assert look_up == [
        *("aws", "cloudtrail", "lookup-events", "--region", "eu-west-1"),
        *("--lookup-attributes", f"AttributeKey=AccessKeyId,AttributeValue={key.access_key_id}"),
    ]


def test_a_users_access_key_is_looked_up_in_iam() -> None:
    key = short_term(kind="AKIA")
    (look_up,) = words(*to_find_out(key))
    assert look_up == [
        *("aws", "iam", "get-access-key-last-used", "--access-key-id", key.access_key_id)
    ]


def test_part_of_a_key_has_no_commands() -> None:
    part = key_of("ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4")
    assert to_find_out(part) == ()


def test_a_shell_reads_a_command_as_it_was_meant() -> None:
    for user in HOSTILE:
        (update,) = to_disable(long_term(), credential(user=user))
        echo = f"aws() {{ printf '%s\\n' \"$@\"; }}; {update}"
        ran = subprocess.run(["sh", "-c", echo], check=True, capture_output=True, text=True)
        assert ran.stdout.splitlines() == shlex.split(update)[1:]


def test_the_hook_can_write_commands_without_loading_aws() -> None:
    code = (
        "import sys, bedrock_key_guard.iam.commands;"
        "heavy = {'boto3', 'botocore', 'requests', 'dataclasses', 'bedrock_key_guard.aws'};"
        "raise SystemExit(bool(heavy - {'dataclasses'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-Ic", code], check=False).returncode == 0


def _statement(command: list[str]) -> dict[str, object]:
    document = json.loads(next(word for word in command if word.startswith("{")))
    assert document["Version"] == "2012-10-17"
    (statement,) = document["Statement"]
    return dict(statement)
