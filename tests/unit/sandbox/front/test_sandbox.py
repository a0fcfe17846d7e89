from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.base.wire import fingerprint
from sandbox.front.sandbox import ACCOUNTS, GUARD_POLICY, GUARD_USER, Sandbox
from sandbox.front.seeding import AccessKey

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.sandbox.conftest import Asker

ACCOUNT, OTHER_ACCOUNT = ACCOUNTS
BEDROCK = "bedrock.amazonaws.com"
CHILD = """
import boto3, json, os, urllib.request, ssl
user = boto3.client("sts").get_caller_identity()
context = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
request = urllib.request.Request(
    os.environ["AWS_ENDPOINT_URL_BEDROCK_MANTLE"] + "/v1/models", headers={"x-api-key": input()}
)
with urllib.request.urlopen(request, context=context) as models:
    print(json.dumps([user["Arn"], models.status]))
"""


def account_in(access_key_id: str) -> str:
    """Read the account out of an access key id, by the bits that AWS puts it in."""
    number = int.from_bytes(base64.b32decode(access_key_id[4:])[:6], "big")
    assert number >> 47 == 1
    return f"{(number & 0x7FFFFFFFFF80) >> 7:012d}"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_access_key_ids_name_their_account(sandbox: Sandbox, account: str) -> None:
    user, role = sandbox.credentials(account), sandbox.credentials(account, role="ops")
    assert (user.access_key_id[:4], role.access_key_id[:4]) == ("AKIA", "ASIA")
    assert account_in(user.access_key_id) == account_in(role.access_key_id) == account


def test_two_accounts_have_nothing_in_common(sandbox: Sandbox, ask: Asker) -> None:
    keys = {account: sandbox.make_long_term_key(account, "alice") for account in ACCOUNTS}
    for account, made in keys.items():
        assert sandbox.client("sts", account).get_caller_identity()["Account"] == account
        answer = sandbox.client("iam", account).list_service_specific_credentials(AllUsers=True)
        (found,) = answer["ServiceSpecificCredentials"]
        assert found["ServiceCredentialAlias"] == made.alias == f"alice-at-{account}"
    sandbox.client("iam", ACCOUNT).delete_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=keys[ACCOUNT].credential_id
    )
    assert ask.bedrock(keys[ACCOUNT].key).status_code == 403
    assert ask.bedrock(keys[OTHER_ACCOUNT].key).status_code == 200


def test_a_key_is_asked_about_with_itself_and_nothing_of_this_shell(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login nobody password nothing\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    assert sandbox.accepts(made.key)
    assert not sandbox.accepts(made.key[:-4] + "AAA=")


def test_a_role_of_another_account_acts_there(sandbox: Sandbox) -> None:
    arn = sandbox.make_role(OTHER_ACCOUNT, "BedrockKeyGuard")
    sandbox.make_long_term_key(OTHER_ACCOUNT, "alice")
    guard = sandbox.client("sts", ACCOUNT, user=GUARD_USER)
    session = guard.assume_role(RoleArn=arn, RoleSessionName="guard")["Credentials"]
    key = AccessKey(session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    answer = sandbox.client_with(key, "iam").list_service_specific_credentials(AllUsers=True)
    assert len(answer["ServiceSpecificCredentials"]) == 1
    assert [(call.action, call.account_id) for call in sandbox.calls()] == [
        ("sts:AssumeRole", ACCOUNT),
        ("iam:ListServiceSpecificCredentials", OTHER_ACCOUNT),
    ]


@pytest.mark.parametrize("role", [None, "BedrockKeyGuard"])
def test_the_environment_is_all_that_a_child_needs(sandbox: Sandbox, role: str | None) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        env=os.environ | sandbox.environment(ACCOUNT, role=role),
        input=key,
        capture_output=True,
        text=True,
        check=True,
    )
    arn, status = json.loads(child.stdout)
    user = f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/sandbox-session"
    assert (arn, status) == (session if role else user, 200)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("iam", "list_users", "InvalidClientTokenId"),
        ("ssm", "describe_parameters", "UnrecognizedClientException"),
    ],
)
def test_an_unknown_access_key_is_refused(
    sandbox: Sandbox, service: str, operation: str, code: str
) -> None:
    stranger = AccessKey("AKIARTX3GSDSEXAMPLE2", "not-a-secret")
    with pytest.raises(ClientError, match=code):
        getattr(sandbox.client_with(stranger, service), operation)()
    assert sandbox.calls()[0].account_id is None


def test_an_inactive_access_key_is_refused(sandbox: Sandbox, iam: Any) -> None:
    guard = sandbox.client("sts", ACCOUNT, user=GUARD_USER)
    key = sandbox.credentials(ACCOUNT, user=GUARD_USER)
    iam.update_access_key(UserName=GUARD_USER, AccessKeyId=key.access_key_id, Status="Inactive")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        guard.get_caller_identity()


def test_calls_are_logged_in_order_and_writes_apart(sandbox: Sandbox) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    assert sandbox.calls() == ()
    guard = sandbox.client("iam", ACCOUNT, user=GUARD_USER)
    guard.list_service_specific_credentials(UserName="alice")
    guard.update_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=made.credential_id, Status="Inactive"
    )
    sandbox.client("cloudtrail", ACCOUNT, user=GUARD_USER, region="eu-west-1").lookup_events()
    assert [(call.action, call.region) for call in sandbox.calls()] == [
        ("iam:ListServiceSpecificCredentials", "us-east-1"),
        ("iam:UpdateServiceSpecificCredential", "us-east-1"),
        ("cloudtrail:LookupEvents", "eu-west-1"),
    ]
    (write,) = sandbox.writes()
    assert (write.account_id, write.parameter("Status")) == (ACCOUNT, "Inactive")
    assert write.parameter("ServiceSpecificCredentialId") == made.credential_id
    assert "Botocore" in write.user_agent


@pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
def test_a_store_keeps_a_new_key_and_the_log_does_not(sandbox: Sandbox, service: str) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    store = sandbox.client(service, ACCOUNT, user=GUARD_USER)
    if service == "ssm":
        store.put_parameter(Name="/bedrock/key", Value=key, Type="SecureString")
        kept = store.get_parameter(Name="/bedrock/key", WithDecryption=True)["Parameter"]["Value"]
    else:
        store.create_secret(Name="/bedrock/key", SecretString=key)
        kept = store.get_secret_value(SecretId="/bedrock/key")["SecretString"]
    assert kept == key
    assert sandbox.writes()[0].parameter("Name") == "/bedrock/key"
    assert key[-40:] not in repr(sandbox.calls())


def test_requests_to_bedrock_are_logged_with_a_fingerprint_of_the_key(
    sandbox: Sandbox, ask: Asker
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    ask.session.headers["User-Agent"] = "bedrock-key-guard/0.1"
    ask.bedrock(key)
    ask.get(f"/v1/models?key={key}", {"x-api-key": key})
    ask.get("/elsewhere")
    control, mantle, elsewhere = sandbox.bedrock.log.calls()
    assert (control.method, control.path, control.plane) == ("GET", "/foundation-models", "bedrock")
    assert control.host == sandbox.bedrock.url.removeprefix("https://")
    assert control.user_agent == "bedrock-key-guard/0.1"
    assert (mantle.path, mantle.plane) == ("/v1/models", "bedrock-mantle")
    assert control.fingerprint == mantle.fingerprint == fingerprint(key)
    assert (elsewhere.plane, elsewhere.fingerprint) == (None, None)
    assert key[-40:] not in repr(sandbox.bedrock.log.calls())


def test_seeded_values_do_not_show_their_secrets(sandbox: Sandbox) -> None:
    long = sandbox.make_long_term_key(ACCOUNT, "alice")
    short = sandbox.make_short_term_key(ACCOUNT, role="ops")
    access = sandbox.credentials(ACCOUNT, role="ops")
    shown = repr((long, short, access))
    for secret in (long.key, short.key, access.secret_access_key, access.session_token or ""):
        assert secret[:20] not in shown


def test_a_short_term_key_needs_a_signer(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="by a user or by a role"):
        sandbox.make_short_term_key(ACCOUNT)


def least_privilege(*actions: str, users: str) -> str:
    allow = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": f"arn:aws:iam::{ACCOUNT}:{users}",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


@pytest.mark.parametrize(
    ("actions", "users", "allowed"),
    [
        (["iam:ListServiceSpecificCredentials"], "user/*", {"one", "all"}),
        (["iam:ListServiceSpecificCredentials"], "user/alice", {"one"}),
        (["iam:UpdateServiceSpecificCredential"], "user/*", {"update"}),
        (["iam:UpdateServiceSpecificCredential"], "user/bob", set[str]()),
    ],
)
def test_within_enforced_a_policy_decides(
    sandbox: Sandbox, iam: Any, actions: list[str], users: str, allowed: set[str]
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    iam.put_user_policy(
        UserName=GUARD_USER,
        PolicyName=GUARD_POLICY,
        PolicyDocument=least_privilege(*actions, users=users),
    )
    guard = sandbox.client("iam", ACCOUNT, user=GUARD_USER)
    named = {"UserName": "alice", "ServiceSpecificCredentialId": made.credential_id}
    attempts = {
        "one": lambda: guard.list_service_specific_credentials(UserName="alice"),
        "all": lambda: guard.list_service_specific_credentials(AllUsers=True),
        "update": lambda: guard.update_service_specific_credential(Status="Inactive", **named),
    }
    with sandbox.enforced():
        assert {name for name, attempt in attempts.items() if is_allowed(attempt)} == allowed


def is_allowed(attempt: Any) -> bool:
    try:
        attempt()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


def test_within_enforced_a_wrong_secret_is_noticed(sandbox: Sandbox) -> None:
    key = sandbox.credentials(ACCOUNT, user=GUARD_USER)
    sts = sandbox.client_with(AccessKey(key.access_key_id, "wrong"), "sts")
    with sandbox.enforced(), pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        sts.get_caller_identity()


def test_a_reset_gives_a_clean_account_on_the_same_ports(sandbox: Sandbox, ask: Asker) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    before = sandbox.environment(ACCOUNT)
    sandbox.client("sts", ACCOUNT, user=GUARD_USER).get_caller_identity()
    sandbox.reset()
    after = sandbox.environment(ACCOUNT)
    assert {name for name in before if before[name] != after[name]} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    }
    assert sandbox.calls() == ()
    assert ask.bedrock(key).status_code == 403
    users = sandbox.client("iam", ACCOUNT).list_users()["Users"]
    assert "alice" not in {user["UserName"] for user in users}


def test_a_second_sandbox_is_an_error(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="one state only"), Sandbox():
        pass
