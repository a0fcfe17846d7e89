"""Set the scene of the demo: a scratch repository with six leaked keys, each of another kind."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.base.wire import fingerprint

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from sandbox.front.seeding import LongTermKey

HOME, STRANGER = "111122223333", "210987654321"


@dataclass(frozen=True, slots=True)
class Leak:
    """Hold one leaked key, where it was put, and the credential that it is, or pretends to be.

    `expected` is the verdict that the guard has to reach, `status_after` what IAM has to say in
    the end.
    """

    name: str
    key: str
    paths: tuple[str, ...]
    expected: str
    credential: LongTermKey | None = None
    status_after: str | None = None

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.key)


def leak_keys(sandbox: Sandbox, repository: Path) -> tuple[tuple[Leak, ...], str]:
    """Make the credentials and a repository that leaks them; return the leaks and a healthy key.

    The healthy key is not in the repository. It is the one that the forged key names.
    """
    leaked = sandbox.make_long_term_key(HOME, "BedrockAPIKey-ex4m")
    inactive = sandbox.make_long_term_key(HOME, "BedrockAPIKey-0ld0")
    healthy = sandbox.make_long_term_key(HOME, "production-chat")
    strange = sandbox.make_long_term_key(STRANGER, "BedrockAPIKey-n3xt")
    sandbox.client("iam", HOME).update_service_specific_credential(
        UserName=inactive.user_name,
        ServiceSpecificCredentialId=inactive.credential_id,
        Status="Inactive",
    )
    yesterday = datetime.now(timezone.utc) - timedelta(days=1)
    expired = sandbox.make_short_term_key(HOME, role="ml-pipeline", issued_at=yesterday)
    fresh = sandbox.make_short_term_key(HOME, role="ml-pipeline")
    places = ("notebooks/try-claude.ipynb", "config/settings.yaml", "deploy/.env")
    leaks = (
        Leak("live", leaked.key, places, "live", leaked, "Inactive"),
        Leak("inactive", inactive.key, ("old/run.sh",), "dead", inactive, "Inactive"),
        Leak("expired, short-term", expired.key, ("docs/howto.md",), "dead"),
        Leak("live, short-term", fresh.key, ("src/chat.py",), "live"),
        Leak("forged", forged(healthy.key), ("tests/data.json",), "rejected", healthy, "Active"),
        Leak("another account's", strange.key, ("vendor/lib.py",), "foreign", strange, "Active"),
    )
    _write_repository(repository, leaks)
    return leaks, healthy.key


def forged(key: str) -> str:
    """Make up a key that names the credential of another: anyone can."""
    alias = base64.b64decode(key[4:]).partition(b":")[0]
    made_up = base64.b64encode(secrets.token_bytes(44))
    return "ABSK" + base64.b64encode(alias + b":" + made_up).decode()


def _write_repository(folder: Path, leaks: tuple[Leak, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for leak in leaks:
        for name in leak.paths:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_content(path.suffix, leak.key), encoding="utf-8")
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("commit", "--quiet", "--message=Try Bedrock"),
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True, env=git_environment())


def _content(suffix: str, key: str) -> str:
    """Write a key as a file of this kind would hold it."""
    if suffix == ".ipynb":
        lines = ["import os\n", f'os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "{key}"\n']
        cell = {"cell_type": "code", "source": lines, "outputs": [], "metadata": {}}
        return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}, indent=1)
    if suffix == ".json":
        return json.dumps({"headers": {"Authorization": f"Bearer {key}"}}, indent=2)
    if suffix == ".yaml":
        return f"bedrock:\n  env:\n    - AWS_BEARER_TOKEN_BEDROCK={key}\n"
    if suffix == ".py":
        return f'client = OpenAI(api_key="{key}", base_url=BEDROCK)\n'
    if suffix == ".md":
        return f"Run this first:\n\n    export AWS_BEARER_TOKEN_BEDROCK={key}\n"
    return f"export AWS_BEARER_TOKEN_BEDROCK='{key}'\n"


def git_environment() -> dict[str, str]:
    """Let Git obey neither this shell nor this person's settings."""
    person = {"NAME": "Sam Example", "EMAIL": "sam@example.com"}
    names = {f"GIT_{role}_{k}": v for role in ("AUTHOR", "COMMITTER") for k, v in person.items()}
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    return {"PATH": os.environ["PATH"], **clean, **names}
