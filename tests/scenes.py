"""Set a scene full of keys, and gather all that is written there, to look for keys in it.

Whoever may see a key is not gathered: Bedrock, which is asked with it, and the store of a new one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.front.leaks import forged
from sandbox.front.sandbox import Sandbox
from sandbox.github.github_server import GitHubServer
from sandbox.iam.credentials_addon import store_of
from tests import keysmith
from tests.doors import git
from tests.jobs import ACCOUNT, HURRIED, STRANGER, Done, Host, Job, checked_out, guard
from tests.needles import leaks
from tests.spellings import SPELLINGS

MASK = b"::add-mask::"
# Writes down how it was called, outside of all that is gathered, and then is Git.
WITNESS = """\
#!/bin/sh
{{ printf '%s\\n' "$@"; cat /proc/self/environ; echo; }} >> '{log}'
exec '{git}' "$@"
"""


@dataclass
class Scene:
    """Hold a tree with keys of every kind, and gather what is written from here on."""

    tree: Path
    folder: Path
    sandbox: Sandbox
    github: GitHubServer
    environment: dict[str, str]
    keys: dict[str, str]
    credential_id: str
    _before: dict[Path, bytes] = field(default_factory=dict)
    _written: dict[str, bytes] = field(default_factory=dict)

    def command(self, *arguments: str, stdin: bytes = b"") -> Done:
        """Run a command in the tree, and gather what it says."""
        done = guard(*arguments, cwd=self.tree, env=self.environment, stdin=stdin, hurried=True)
        return self.note(done)

    def note(self, done: Done) -> Done:
        """Gather what a process has said."""
        self._written["stdout"] = self._written.get("stdout", b"") + after_masks(done.stdout)
        self._written["stderr"] = self._written.get("stderr", b"") + done.stderr
        return done

    def job(self, **settings: str) -> Job:
        """Prepare a job of the Action, with these settings in its environment."""
        host = Host(self.tree, self.folder, self.github, self.environment)
        return host.job(settings=settings, python=HURRIED)

    def start_watching(self) -> None:
        """Take what is written by now for granted."""
        self._before = dict(_files(self.folder, self.tree))

    def new_key(self) -> str:
        """Return the live key's text as IAM has it now: a reset changes it."""
        credential = store_of(ACCOUNT).find(self.credential_id)
        assert credential is not None
        return credential.secret

    def written(self) -> dict[str, bytes]:
        """Return all that was written, by the name of where it went."""
        files = _files(self.folder, self.tree)
        changed = {str(p): data for p, data in files if self._before.get(p) != data}
        asked = [exchange.request for exchange in self.github.exchanges]
        wire = "\n".join(f"{r.method} {r.path}?{r.query}\n{r.headers}\n{r.body}" for r in asked)
        return {**self._written, **changed, "GitHub": wire.encode(), "names": _names(changed)}

    def leaks(self) -> list[str]:
        """Say which key stands in what was written, and how."""
        return leaks({**self.keys, "the new key": self.new_key()}, self.written())


def after_masks(output: bytes) -> bytes:
    """Drop the masks, which hand keys to the runner; nothing else may come before them."""
    lines = output.splitlines(keepends=True)
    masks = [line for line in lines if line.startswith(MASK)]
    assert lines[: len(masks)] == masks
    return b"".join(lines[len(masks) :])


def _files(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()


def _names(paths: Mapping[str, bytes]) -> bytes:
    return "\n".join(paths).encode("utf-8", "surrogateescape")


def set_scene(tree: Path, folder: Path, sandbox: Sandbox, github: GitHubServer) -> Scene:
    """Leak keys of every kind into `tree`; what is written goes to `folder`, `tree` or GitHub."""
    leaked = sandbox.make_long_term_key(ACCOUNT, "BedrockAPIKey-ex4m")
    keys = {
        "the live key": leaked.key,
        "a live short-term key": sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline").key,
        "a short-term key of a user": sandbox.make_short_term_key(ACCOUNT, user="bob").key,
        "a forged key": forged(sandbox.make_long_term_key(ACCOUNT, "production").key),
        "a key of nobody": keysmith.long_term("nobody"),
        "a key of another account": keysmith.long_term(account=STRANGER),
        "a key for CloudWatch": keysmith.long_term(prefix=keysmith.CLOUDWATCH_LOGS),
        "a truncated key": keysmith.long_term("truncated"),
        "the developer's own key": sandbox.make_long_term_key(ACCOUNT, "developer").key,
    }
    _fill(tree, keys)
    for name in ("home", "tmp", "bin"):
        (folder / name).mkdir(parents=True)
    witness = folder / "bin" / "git"
    log = folder / "children"
    witness.write_text(WITNESS.format(log=log, git=shutil.which("git")), encoding="utf-8")
    witness.chmod(0o755)
    environment = {
        **os.environ,
        **sandbox.environment(ACCOUNT),
        "AWS_BEARER_TOKEN_BEDROCK": keys["the developer's own key"],
        "HOME": str(folder / "home"),
        "PATH": f"{witness.parent}:{os.environ['PATH']}",
        "TMPDIR": str(folder / "tmp"),
        "XDG_STATE_HOME": str(folder / "home" / "state"),
    }
    checked_out(tree)
    scene = Scene(tree, folder, sandbox, github, environment, keys, leaked.credential_id)
    scene.start_watching()
    return scene


def _fill(tree: Path, keys: Mapping[str, str]) -> None:
    live, truncated = keys["the live key"], keys["a truncated key"]
    found = [key for name, key in keys.items() if name != "the developer's own key"]
    (tree / ".env").write_text("".join(f"TOKEN={key}\n" for key in found if key != truncated))
    (tree / "notes.txt").write_text(f"starts {truncated[: len(truncated) - 20]}...\n{live}x\n")
    (tree / "utf-16.txt").write_text(f"key: {live}\n", encoding="utf-16")
    (tree / f"{live}.txt").write_text(f"{live} # pragma: allowlist secret\n", encoding="utf-8")
    (tree / "link").symlink_to(live)
    for spelling in SPELLINGS.values():
        named = tree / f"{spelling(live)}.txt"
        named.parent.mkdir(parents=True, exist_ok=True)
        named.write_text(f"{live}\n", encoding="utf-8")
    git("init", cwd=tree)
    git("add", "--all", cwd=tree)
