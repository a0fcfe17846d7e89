"""Return whether a run was given AWS credentials, without the SDK and without asking anybody.

The places are those of the SDK's default chain:
https://docs.aws.amazon.com/boto3/latest/guide/credentials.html. Whether what stands there is any
good, only a run that uses it finds out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Each row is enough, if all of it is set: an empty variable is a secret that the job has not got.
_VARIABLES = (
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    ("AWS_PROFILE",),
    ("AWS_DEFAULT_PROFILE",),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
)
_FILES = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}
# What a profile gives credentials by; a region alone gives none.
_SETTINGS = (
    b"aws_access_key_id",
    b"credential_process",
    b"credential_source",
    b"login_session",
    b"sso_account_id",
    b"web_identity_token_file",
)


def has_credentials(environment: Mapping[str, str]) -> bool:
    """Return whether something offers credentials to the SDK.

    A machine of its owner's may be an instance with a role, which only its metadata service knows:
    that one is taken to offer them.
    """
    variables = any(all(map(environment.get, row)) for row in _VARIABLES)
    return variables or _in_files(environment) or _may_have_a_role(environment)


def _in_files(environment: Mapping[str, str]) -> bool:
    paths = [environment.get(variable) or usual for variable, usual in _FILES.items()]
    return any(word in _read(path) for path in paths for word in _SETTINGS)


def _read(path: str) -> bytes:
    try:
        return Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError):  # no such file, or nobody's home
        return b""


def _may_have_a_role(environment: Mapping[str, str]) -> bool:
    disabled = environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"
    return environment.get("RUNNER_ENVIRONMENT") == "self-hosted" and not disabled
