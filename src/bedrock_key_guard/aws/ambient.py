"""Say which AWS credentials a run was given, without the SDK and without asking anybody.

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
_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_VARIABLES = {
    (*_KEYS, "AWS_SESSION_TOKEN"): "temporary credentials",
    _KEYS: "an access key",
    ("AWS_PROFILE",): "a profile",
    ("AWS_DEFAULT_PROFILE",): "a profile",
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"): "a web identity",
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",): "a container's credentials",
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI",): "a container's credentials",
}
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


def credentials_in(environment: Mapping[str, str]) -> str:
    """Return what kind of credentials is offered to the SDK, "" for none.

    A machine of its owner's may be an instance with a role, which only its metadata service knows:
    that one is taken to offer them.
    """
    named = (kind for row, kind in _VARIABLES.items() if all(map(environment.get, row)))
    in_files = "a file of credentials" if _in_files(environment) else ""
    of_machine = "the machine's own role, if it has one" if _may_have_a_role(environment) else ""
    return next(named, "") or in_files or of_machine


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
