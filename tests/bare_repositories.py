"""Write bare Git repositories by the thousand, without a process for each.

Sources: gitformat-pack(5) has the types, gitrepository-layout(5) the folders; an object is named by
the SHA-1 of its kind, its size and its content.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_WHO = "Ann <ann@example.com> 1767225600 +0000"


def write_bare(folder: Path, files: Mapping[str, bytes]) -> str:
    """Make a repository whose `main` has one commit with these files, and return the commit."""
    for name in ("objects", "refs/heads"):
        (folder / name).mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="ascii")
    (folder / "config").write_text("[core]\n\tbare = true\n", encoding="ascii")
    return push(folder, files)


def push(folder: Path, files: Mapping[str, bytes], parent: str = "") -> str:
    """Put a commit with these files on `main`, and return it."""
    entries = (
        b"100644 %s\0%s" % (name.encode(), bytes.fromhex(_written(folder, "blob", content)))
        for name, content in sorted(files.items())
    )
    tree = _written(folder, "tree", b"".join(entries))
    before = f"parent {parent}\n" if parent else ""
    text = f"tree {tree}\n{before}author {_WHO}\ncommitter {_WHO}\n\nwork\n"
    commit = _written(folder, "commit", text.encode())
    (folder / "refs/heads/main").write_text(f"{commit}\n", encoding="ascii")
    return commit


def _written(folder: Path, kind: str, content: bytes) -> str:
    data = b"%s %d\0%s" % (kind.encode(), len(content), content)
    name = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    file = folder / "objects" / name[:2] / name[2:]
    file.parent.mkdir(exist_ok=True)
    if not file.exists():
        file.write_bytes(zlib.compress(data, 1))
    return name
