"""Make real Git repositories for tests."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Repo:
    """Drive Git in one folder."""

    path: Path

    def git(self, *arguments: str, input: str | None = None) -> str:  # noqa: A002
        done = subprocess.run(
            ["git", "-C", str(self.path), *arguments],
            check=True,
            capture_output=True,
            encoding="utf-8",
            input=input,
        )
        return done.stdout.strip()

    def write(self, name: str, text: str | bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)

    def commit(self, message: str, **files: str | bytes) -> str:
        """Commit files; `__` in a name stands for a dot."""
        for name, text in files.items():
            self.write(name.replace("__", "."), text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


def new_repo(path: Path, *options: str) -> Repo:
    path.mkdir(parents=True, exist_ok=True)
    repo = Repo(path)
    repo.git("init", "--quiet", *options)
    return repo


def lfs_pointer(repository: Path, content: str) -> tuple[str, Path]:
    """Keep content as Git LFS does (docs/spec.md), and return its pointer and where it lies."""
    oid = hashlib.sha256(content.encode()).hexdigest()
    path = repository / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode())
    version = "https://git-lfs.github.com/spec/v1"
    return f"version {version}\noid sha256:{oid}\nsize {len(content)}\n", path
