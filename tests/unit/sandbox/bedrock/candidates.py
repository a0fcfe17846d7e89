"""Make every kind of key that Bedrock must accept or refuse."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from aws_bedrock_token_generator.token_generator import _generate_token
from botocore.credentials import Credentials

from sandbox.bedrock.bearer import mint_short_term
from sandbox.front.seeding import DENY_BOTH_PLANES
from sandbox.iam.principals import signer_of

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
USER = "BedrockAPIKey-ex4m"
ROLE = "ml-pipeline"
SHORT_TERM_PREFIX = "bedrock-api-key-"


def long_term(sandbox: Sandbox) -> str:
    return sandbox.make_long_term_key(ACCOUNT, USER).key


def long_term_tampered(sandbox: Sandbox) -> str:
    alias, _, secret = decoded(long_term(sandbox), "ABSK").partition(":")
    other = secret.replace(secret[20], "A" if secret[20] != "A" else "B", 1)
    return "ABSK" + base64.b64encode(f"{alias}:{other}".encode()).decode()


def long_term_truncated(sandbox: Sandbox) -> str:
    return long_term(sandbox)[:-1]


def long_term_forged(sandbox: Sandbox) -> str:
    alias = sandbox.make_long_term_key(ACCOUNT, USER).alias
    return (
        "ABSK" + base64.b64encode(f"{alias}:{'RVhBTVBMRS1ub3QtcmVhbC0' * 3}"[:97].encode()).decode()
    )


def long_term_of_another_service(sandbox: Sandbox) -> str:
    return sandbox.make_long_term_key(ACCOUNT, USER, service="logs.amazonaws.com").key


def long_term_inactive(sandbox: Sandbox) -> str:
    made = sandbox.make_long_term_key(ACCOUNT, USER)
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName=USER, ServiceSpecificCredentialId=made.credential_id, Status="Inactive"
    )
    return made.key


def long_term_denied(sandbox: Sandbox) -> str:
    key = long_term(sandbox)
    sandbox.client("iam", ACCOUNT).put_user_policy(
        UserName=USER, PolicyName="deny", PolicyDocument=json.dumps(DENY_BOTH_PLANES)
    )
    return key


def reset(sandbox: Sandbox) -> tuple[str, str]:
    made = sandbox.make_long_term_key(ACCOUNT, USER)
    answer = sandbox.client("iam", ACCOUNT).reset_service_specific_credential(
        UserName=USER, ServiceSpecificCredentialId=made.credential_id
    )
    return made.key, answer["ServiceSpecificCredential"]["ServiceCredentialSecret"]


def long_term_before_reset(sandbox: Sandbox) -> str:
    return reset(sandbox)[0]


def long_term_after_reset(sandbox: Sandbox) -> str:
    return reset(sandbox)[1]


def long_term_expired(sandbox: Sandbox) -> str:
    made = sandbox.make_long_term_key(ACCOUNT, USER, age_days=1)
    sandbox.expire(ACCOUNT, made.credential_id)
    return made.key


def long_term_deleted(sandbox: Sandbox) -> str:
    made = sandbox.make_long_term_key(ACCOUNT, USER)
    sandbox.client("iam", ACCOUNT).delete_service_specific_credential(
        UserName=USER, ServiceSpecificCredentialId=made.credential_id
    )
    return made.key


def long_term_of_a_renamed_user(sandbox: Sandbox) -> str:
    key = long_term(sandbox)
    sandbox.client("iam", ACCOUNT).update_user(UserName=USER, NewUserName="renamed")
    return key


def short_term(sandbox: Sandbox) -> str:
    return sandbox.make_short_term_key(ACCOUNT, user=USER).key


def short_term_of_a_session(sandbox: Sandbox) -> str:
    return sandbox.make_short_term_key(ACCOUNT, role=ROLE).key


def short_term_of_another_region(sandbox: Sandbox) -> str:
    return sandbox.make_short_term_key(ACCOUNT, user=USER, region="eu-west-1").key


def short_term_of_a_wrong_secret(sandbox: Sandbox) -> str:
    signer = signer_of(sandbox.make_short_term_key(ACCOUNT, user=USER).access_key_id)
    assert signer is not None
    forged = replace(signer, secret_access_key="wrong" * 8)
    return mint_short_term(forged, "us-east-1", 3600, datetime.now(timezone.utc))


def short_term_of_an_unknown_key(sandbox: Sandbox) -> str:
    made_up = Credentials("AKIARTX3GSDSEXAMPLE2", "not-a-secret")
    return str(_generate_token(made_up, "us-east-1", 3600))


def short_term_expired(sandbox: Sandbox) -> str:
    yesterday = datetime.now(timezone.utc) - timedelta(hours=12, minutes=1)
    return sandbox.make_short_term_key(ACCOUNT, user=USER, issued_at=yesterday).key


def short_term_of_a_denied_role(sandbox: Sandbox) -> str:
    key = short_term_of_a_session(sandbox)
    sandbox.client("iam", ACCOUNT).put_role_policy(
        RoleName=ROLE, PolicyName="deny", PolicyDocument=json.dumps(DENY_BOTH_PLANES)
    )
    return key


def short_term_of_an_inactive_key(sandbox: Sandbox) -> str:
    made = sandbox.make_short_term_key(ACCOUNT, user=USER)
    sandbox.client("iam", ACCOUNT).update_access_key(
        UserName=USER, AccessKeyId=made.access_key_id, Status="Inactive"
    )
    return made.key


def short_term_of_a_deleted_key(sandbox: Sandbox) -> str:
    made = sandbox.make_short_term_key(ACCOUNT, user=USER)
    iam = sandbox.client("iam", ACCOUNT)
    iam.delete_access_key(UserName=USER, AccessKeyId=made.access_key_id)
    return made.key


def short_term_prolonged(sandbox: Sandbox) -> str:
    return rewritten(short_term_expired(sandbox), "X-Amz-Expires=43200", "X-Amz-Expires=86400")


def short_term_without_its_session_token(sandbox: Sandbox) -> str:
    url = decoded(short_term_of_a_session(sandbox), SHORT_TERM_PREFIX)
    kept = [part for part in url.split("&") if not part.startswith("X-Amz-Security-Token")]
    return SHORT_TERM_PREFIX + base64.b64encode("&".join(kept).encode()).decode()


def short_term_of_another_host(sandbox: Sandbox) -> str:
    return rewritten(short_term(sandbox), "bedrock.amazonaws.com/", "bedrock.example.com/")


def short_term_sorted(sandbox: Sandbox) -> str:
    head, _, query = decoded(short_term_of_a_session(sandbox), SHORT_TERM_PREFIX).partition("?")
    url = f"{head}?{'&'.join(sorted(query.split('&')))}"
    return SHORT_TERM_PREFIX + base64.b64encode(url.encode()).decode()


def no_key_at_all(sandbox: Sandbox) -> str:
    return "sk-something-else"


def only_a_prefix(sandbox: Sandbox) -> str:
    return "ABSK"


def not_ascii(sandbox: Sandbox) -> str:
    return "ABSK\xe9\xe8"


def decoded(key: str, prefix: str) -> str:
    return base64.b64decode(key.removeprefix(prefix)).decode()


def rewritten(key: str, old: str, new: str) -> str:
    url = decoded(key, SHORT_TERM_PREFIX)
    assert old in url
    return SHORT_TERM_PREFIX + base64.b64encode(url.replace(old, new).encode()).decode()
