from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bedrock_key_guard.aws.ambient import credentials_in

KEYS = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI"}
TOKEN = {
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/token",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/BedrockKeyGuard",
}


@pytest.fixture(autouse=True)
def nobodys_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    return tmp_path / ".aws"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (KEYS, True),
        (dict.fromkeys(KEYS, ""), False),
        ({**KEYS, "AWS_SECRET_ACCESS_KEY": ""}, False),
        ({"AWS_PROFILE": "guard"}, True),
        ({"AWS_DEFAULT_PROFILE": "guard"}, True),
        (TOKEN, True),
        ({**TOKEN, "AWS_ROLE_ARN": ""}, False),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials"}, True),
        ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}, True),
        ({"AWS_REGION": "us-east-1", "AWS_BEARER_TOKEN_BEDROCK": "a"}, False),
        ({"RUNNER_ENVIRONMENT": "github-hosted"}, False),
        ({"RUNNER_ENVIRONMENT": "self-hosted"}, True),
        ({"RUNNER_ENVIRONMENT": "self-hosted", "AWS_EC2_METADATA_DISABLED": "True"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_the_environment_offers_credentials_or_not(
    environment: dict[str, str], expected: bool
) -> None:
    assert bool(credentials_in(environment)) is expected


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        (KEYS, "an access key"),
        ({**KEYS, "AWS_SESSION_TOKEN": "a"}, "temporary credentials"),
        ({**KEYS, "AWS_SESSION_TOKEN": ""}, "an access key"),
        (TOKEN, "a web identity"),
        ({"AWS_PROFILE": "guard"}, "a profile"),
        ({}, ""),
    ],
    ids=str,
)
def test_the_kind_of_credentials_is_said_in_words(environment: dict[str, str], kind: str) -> None:
    assert credentials_in(environment) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[default]\naws_access_key_id = a\naws_secret_access_key = b\n", True),
        ("[default]\ncredential_process = /usr/bin/true\n", True),
        ("[profile a]\nrole_arn = a\ncredential_source = Ec2InstanceMetadata\n", True),
        ("[sso-session a]\nsso_region = us-east-1\n[profile a]\nsso_account_id = 1\n", True),
        ("[profile a]\nrole_arn = a\nweb_identity_token_file = /token\n", True),
        ("[default]\nlogin_session = arn\n", True),
        ("[default]\nregion = us-east-1\n", False),
        ("", False),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", ["credentials", "config"])
def test_files_offer_credentials_or_not(
    name: str, text: str, expected: bool, nobodys_files: Path
) -> None:
    (nobodys_files / name).write_text(text, encoding="utf-8")
    assert bool(credentials_in({})) is expected
    moved = nobodys_files / "elsewhere"
    (nobodys_files / name).rename(moved)
    assert bool(credentials_in({})) is False
    assert bool(credentials_in({"AWS_CONFIG_FILE": str(moved)})) is expected
    assert bool(credentials_in({"AWS_SHARED_CREDENTIALS_FILE": str(moved)})) is expected


def test_nobody_is_asked_and_no_sdk_is_loaded() -> None:
    code = (
        "import sys; from bedrock_key_guard.aws.ambient import credentials_in; "
        "credentials_in({}); "
        "sys.exit(bool({'boto3', 'botocore', 'socket'} & sys.modules.keys()))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
