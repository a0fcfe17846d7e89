"""Set the scene of the playground, in which the documents' examples are typed."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from sandbox.bedrock.planes import MODELS
from sandbox.cloudtrail.event_rows import Row, events_from
from sandbox.front.leaks import commit_all, forged, git, leak_into, make_repository
from sandbox.front.seeding import DENY_BOTH_PLANES

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.front.sandbox import Sandbox

ACCOUNT = "111122223333"
USER, ROLE = "BedrockAPIKey-ex4m", "ml-pipeline"
QUARANTINE = "BedrockKeyGuardQuarantine"
# What Git leaves alone is read where it is named: `verify chat.py`.
IGNORED = ("chat.py", "incident.html", "key.txt", "report.json")


def set_scene(sandbox: Sandbox, repository: Path) -> None:
    """Leak a live key of each kind into the files, and two that are not live into the history."""
    make_repository(repository)
    _leak_into_history(sandbox, repository)
    key = readme_key()
    sandbox.adopt_long_term_key(ACCOUNT, USER, key)
    token = sandbox.make_short_term_key(ACCOUNT, role=ROLE).key
    _write(repository / ".env", f"AWS_BEARER_TOKEN_BEDROCK={key}\n")
    _write(repository / "key.txt", f"{key}\n")
    _write(repository / "chat.py", f"chat = Client(api_key={token!r})\n")
    _write(repository / ".git" / "info" / "exclude", "".join(f"{name}\n" for name in IGNORED))
    commit_all(repository, "Add the settings")
    sandbox.trail.seed(events_from(ACCOUNT, _abuse(datetime.now(timezone.utc))))
    sandbox.client("iam", ACCOUNT).create_policy(
        PolicyName=QUARANTINE, PolicyDocument=json.dumps(DENY_BOTH_PLANES)
    )


def readme_key() -> str:
    """Make the key whose fingerprint the documents show: always the same, and real in every detail.

    It opens nothing but the playground, which takes it for the live key of its user.
    """
    alias = f"{USER}-at-{ACCOUNT}"
    secret = base64.b64encode(hashlib.shake_256(f"ABSK{alias}".encode()).digest(44)).decode()
    return "ABSK" + base64.b64encode(f"{alias}:{secret}".encode()).decode()


def _leak_into_history(sandbox: Sandbox, repository: Path) -> None:
    """Commit an inactive key and a forged one, and remove both as if that were enough."""
    inactive = sandbox.make_long_term_key(ACCOUNT, "BedrockAPIKey-0ld0")
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName=inactive.user_name,
        ServiceSpecificCredentialId=inactive.credential_id,
        Status="Inactive",
    )
    healthy = sandbox.make_long_term_key(ACCOUNT, "production-chat")
    leak_into(repository / "run.sh", inactive.key)
    leak_into(repository / "tests" / "data.json", forged(healthy.key))
    commit_all(repository, "Try Bedrock")
    git(repository, "rm", "--quiet", "-r", ".")
    git(repository, "commit", "--quiet", "--message=Remove the keys")


def _abuse(now: datetime) -> tuple[Row, ...]:
    """Let a stranger have used the live key for an hour, for `timeline` to show."""
    return tuple(
        Row(now - timedelta(minutes=minutes), user=USER, model=MODELS[0][0])
        for minutes in range(5, 65, 5)
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
