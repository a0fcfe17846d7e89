"""Lay a trap wherever something of a scanned tree could be run: each would leave a mark."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from tests.doors import git

if TYPE_CHECKING:
    from pathlib import Path

# Modules that Python, detect-secrets, pip or the guard itself would import, were they found first.
MODULES = (
    "base64.py",
    "bedrock_key_guard/__init__.py",
    "detect_secrets/__init__.py",
    "json.py",
    "pip/__init__.py",
    "pip/__main__.py",
    "re.py",
    "setuptools/__init__.py",
    "sitecustomize.py",
    "usercustomize.py",
)
# Commands that a repository's configuration hands to Git.
SETTINGS = (
    "core.fsmonitor",
    "core.pager",
    "core.editor",
    "core.sshCommand",
    "credential.helper",
    "diff.external",
    "diff.trap.command",
    "diff.trap.textconv",
    "filter.trap.clean",
    "filter.trap.process",
    "filter.trap.smudge",
    "gpg.program",
    "gpg.ssh.program",
    "merge.trap.driver",
    "uploadpack.packObjectsHook",
)
HOOKS = ("pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman")


def lay_traps(repository: Path, mark: Path) -> None:
    """Fill a repository with code that writes `mark`; nothing of it may run afterwards."""
    for name in MODULES:
        module = repository / name
        module.parent.mkdir(exist_ok=True)
        module.write_text(f"open({str(mark)!r}, 'a').write({name!r})\n", encoding="utf-8")
    trap = repository / "trap.sh"
    _write_script(trap, mark)
    (repository / ".gitattributes").write_text("* filter=trap diff=trap merge=trap\n")
    (repository / ".netrc").write_text("machine localhost login me password made-up\n")
    for name in HOOKS:
        _write_script(repository / "trap-hooks" / name, mark)
    git("add", "--all", cwd=repository)
    for name in SETTINGS:
        git("config", name, str(trap), cwd=repository)
    git("config", "core.hooksPath", str(repository / "trap-hooks"), cwd=repository)
    git("config", "commit.gpgSign", "true", cwd=repository)
    git("config", "log.showSignature", "true", cwd=repository)


def _write_script(path: Path, mark: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\necho \"$0\" >> '{mark}'\ncat\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
