"""Set the scene of the demo: a scratch repository with six leaked keys, each of another kind."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.base.wire import fingerprint
from sandbox.front.leaks import commit_all, forged, leak_into, make_repository

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


def _write_repository(folder: Path, leaks: tuple[Leak, ...]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_repository(folder)
    for each in leaks:
        for name in each.paths:
            leak_into(folder / name, each.key)
    commit_all(folder, "Try Bedrock")
