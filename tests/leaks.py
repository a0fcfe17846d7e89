"""Leak keys into a tree, and ask the sandbox what became of them."""

from __future__ import annotations

from pathlib import Path

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey


def leak(tree: Path, *keys: str) -> None:
    """Write keys into a file of a tree, one a line."""
    lines = (f"TOKEN_{number}={key}\n" for number, key in enumerate(keys))
    (tree / "settings.env").write_text("".join(lines), encoding="utf-8")


def probed(sandbox: Sandbox) -> set[str | None]:
    """Return the fingerprints of all keys that Bedrock was ever shown."""
    return {call.fingerprint for call in sandbox.bedrock.log.calls()}


def status(sandbox: Sandbox, key: LongTermKey) -> str | None:
    """Return what IAM says of a key's credential."""
    return sandbox.credential_status(key.account_id, key.credential_id)
