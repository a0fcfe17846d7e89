"""See whether Git's hooks still run the guard, natively or through pre-commit or prek.

Other tools write their own hook over ours, or name another folder to Git. pre-commit and prek move
ours aside as `NAME.legacy` and run it before their own. What runs is read, and nothing is started.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.githooks.hook_files import SERVER, is_ours, tool_of
from bedrock_key_guard.githooks.place import HOOKS_PATH, installed
from bedrock_key_guard.system import WINDOWS
from bedrock_key_guard.text.harmless import command_line, own_shell

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.githooks.place import HooksPlace

_IDS = {
    "pre-commit": ("bedrock-key-guard", "bedrock-key-guard-detect-secrets"),
    "commit-msg": ("bedrock-key-guard-commit-msg",),
    "pre-push": ("bedrock-key-guard-push",),
}
_CONFIGURATIONS = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
_ID = re.compile(rb"""^[ \t{,-]*id["']?\s*[:=]\s*["']?(bedrock-key-guard[\w-]*)""", re.MULTILINE)
_RUNNERS = ("pre-commit", "prek")


@dataclass(frozen=True, slots=True)
class Hook:
    """Say whether a hook runs the guard.

    It `runs`; or it is `absent`, was `displaced` by something else since, or is `broken`. `mend` is
    the command that makes it run.
    """

    name: str
    state: Literal["runs", "absent", "displaced", "broken"]
    said: str
    mend: str = ""


def inspect(place: HooksPlace) -> tuple[Hook, ...]:
    """Return what each hook of a repository does. Raises UsageError where Git cannot be asked."""
    named = place.settings.effective(HOOKS_PATH) if place.settings else None
    folder = place.top / named if named else place.usual
    configured = _configured(place.top)
    return tuple(_inspected(hook, folder, place, configured) for hook in place.hooks)


def _inspected(name: str, folder: Path, place: HooksPlace, configured: frozenset[str]) -> Hook:
    content = _content(folder / name)
    tool = tool_of(content)
    mend = _install_line(place)
    if is_ours(content):
        wrong = _wrong(folder / name, place)
        if wrong:
            return Hook(name, "broken", wrong, mend)
        return Hook(name, "runs", f"{folder / name} runs the guard")
    if tool in _RUNNERS and is_ours(_content(folder / f"{name}.legacy")):
        return Hook(name, "runs", f"{tool} runs the guard before its own hooks")
    if not configured.isdisjoint(_IDS.get(name, ())):
        if tool in _RUNNERS:
            return Hook(name, "runs", f"{tool} runs the guard")
        said = "the configuration of pre-commit names the guard, and no hook of it is installed"
        return Hook(name, "broken", said, f"pre-commit install --hook-type {name}")
    if installed(place) is None:
        return Hook(name, "absent", "no hook of the guard is installed", mend)
    whose = f"a hook of {tool}" if tool else "another hook" if content else "no hook"
    return Hook(name, "displaced", f"{whose} stands at {folder / name} in place of ours", mend)


def _install_line(place: HooksPlace) -> str:
    server = ("--server", str(place.top)) if place.hooks == SERVER else ()
    return command_line(("bedrock-key-guard", "hooks", "install", *server), own_shell())


def _wrong(file: Path, place: HooksPlace) -> str:
    """Return what keeps our hook from running, "" for nothing."""
    if not WINDOWS and not os.access(file, os.X_OK):
        return f"{file} is not executable, so Git does not run it"
    if not (place.home / "src" / "bedrock_key_guard" / "hook.py").is_file():
        return f"{place.home}, which the hook needs, is gone"
    return ""


def _configured(top: Path) -> frozenset[str]:
    """Return the ids of ours that a configuration of pre-commit or prek names."""
    texts = (_content(top / name) for name in _CONFIGURATIONS)
    return frozenset(match.decode() for text in texts for match in _ID.findall(text))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # there is none, or it is not ours to read
        return b""
