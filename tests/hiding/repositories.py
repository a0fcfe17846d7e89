"""Hide keys in the corners of a repository, and say what a scan of its history has to report.

Each source is one function and one row: it takes files, leaves them in its corner, and says for
each of them where it stands there.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import ZIP_STORED

from tests.hiding.encodings import BLOCKS, SPLITS, based, wide
from tests.hiding.files import FILES, zipped
from tests.hiding.hidden import BOTH, Hidden, Step, hide, key_of, text


@dataclass(frozen=True, slots=True)
class Corner:
    """Say where an object stands, as a report does; a message has so many lines before it."""

    source: str
    path: str
    object: str
    commit: str | None = None
    at_tip: bool | None = None
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Repo:
    """Drive Git in one folder, each time as the same person at the same time."""

    folder: Path

    def git(self, *arguments: str, data: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, input=data, capture_output=True, check=True
        )
        return done.stdout.decode().strip()

    def write(self, files: Mapping[str, bytes]) -> None:
        for name, data in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def commit(self, message: str, files: Mapping[str, bytes], *options: str) -> str:
        self.write(files)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message, *options)
        return self.git("rev-parse", "HEAD")

    def ids(self, files: Mapping[str, bytes]) -> dict[str, str]:
        """Return the object ids of files that were written, by their names."""
        names = "\n".join(files).encode()
        ids = self.git("hash-object", "-w", "--no-filters", "--stdin-paths", data=names)
        return dict(zip(files, ids.split(), strict=True))

    def corners(
        self, files: Mapping[str, bytes], commit: str, *, at_tip: bool = False
    ) -> dict[str, Corner]:
        self.write(files)
        ids = self.ids(files)
        return {name: Corner("blob", name, ids[name], commit, at_tip) for name in files}


# What Git writes before a message: four fields, and a line between.
_HEADER = 5
Files = Mapping[str, bytes]
Corners = dict[str, Corner]


def _at_the_tip(repo: Repo, files: Files) -> Corners:
    return repo.corners(files, repo.commit("tip", files), at_tip=True)


def _removed(repo: Repo, files: Files) -> Corners:
    corners = repo.corners(files, repo.commit("add", files))
    repo.git("rm", "-rq", *files)
    repo.commit("remove", {})
    return corners


def _replaced(repo: Repo, files: Files) -> Corners:
    corners = repo.corners(files, repo.commit("add", files))
    repo.commit("replace", dict.fromkeys(files, b"nothing any more\n"))
    return corners


def _other_branch(repo: Repo, files: Files) -> Corners:
    repo.git("checkout", "--quiet", "-b", "other")
    corners = repo.corners(files, repo.commit("other", files), at_tip=True)
    repo.git("checkout", "--quiet", "main")
    return corners


def _deleted_branch(repo: Repo, files: Files) -> Corners:
    repo.git("checkout", "--quiet", "-b", "doomed")
    repo.commit("doomed", files)
    repo.git("checkout", "--quiet", "main")
    repo.git("branch", "-qD", "doomed")
    return _unreachable(repo, files)


def _stash(repo: Repo, files: Files) -> Corners:
    repo.commit("before", dict.fromkeys(files, b"nothing yet\n"))
    repo.write(files)
    repo.git("stash", "push", "--quiet")
    corners = repo.corners(files, repo.git("rev-parse", "refs/stash"))
    repo.git("checkout", "--quiet", "--force", "main")
    return corners


def _merge(repo: Repo, files: Files) -> Corners:
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repo.commit("side", {"side.txt": b"side\n"})
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "side")
    repo.write(files)
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--message", "merge")
    return repo.corners(files, repo.git("rev-parse", "HEAD"), at_tip=True)


def _not_diffed(repo: Repo, files: Files) -> Corners:
    folder = next(iter(files)).split("/")[0]
    repo.commit("attributes", {f"{folder}/.gitattributes": b"* -diff\n"})
    return _at_the_tip(repo, files)


def _tag(repo: Repo, files: Files) -> Corners:
    corners = repo.corners(files, repo.commit("tagged", files))
    repo.git("tag", "v1")
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    return corners


def _dangling(repo: Repo, files: Files) -> Corners:
    repo.write(files)
    return _unreachable(repo, files)


def _amended(repo: Repo, files: Files) -> Corners:
    repo.commit("oops", files)
    repo.git("rm", "-rq", "--cached", *files)
    corners = _unreachable(repo, files)
    repo.git("commit", "--quiet", "--amend", "--allow-empty", "--message", "better")
    return corners


def _staged(repo: Repo, files: Files) -> Corners:
    repo.write(files)
    repo.git("add", "--all")
    corners = _unreachable(repo, files)
    repo.git("reset", "--quiet", "--hard")
    return corners


def _unreachable(repo: Repo, files: Files) -> Corners:
    repo.write(files)
    ids = repo.ids(files)
    for name in files:
        (repo.folder / name).unlink()
    return {name: Corner("unreachable", "", ids[name]) for name in files}


def _commit_message(repo: Repo, files: Files) -> Corners:
    corners = {}
    for name, data in files.items():
        arguments = ("--allow-empty", "--cleanup=verbatim", "--file=-")
        repo.git("commit", "--quiet", *arguments, data=data)
        commit = repo.git("rev-parse", "HEAD")
        corners[name] = Corner("commit-message", "", commit, commit, lines=_HEADER)
    return corners


def _amended_message(repo: Repo, files: Files) -> Corners:
    corners = _commit_message(repo, files)
    repo.git("reset", "--quiet", "--hard", f"HEAD~{len(files)}")
    return {
        name: Corner("unreachable", "", each.object, lines=_HEADER)
        for name, each in corners.items()
    }


def _tag_message(repo: Repo, files: Files) -> Corners:
    corners = {}
    for number, (name, data) in enumerate(files.items()):
        tag = f"annotated-{number}"
        repo.git("tag", "--annotate", "--cleanup=verbatim", "--file=-", tag, data=data)
        corners[name] = Corner("tag-message", "", repo.git("rev-parse", tag), lines=_HEADER)
    return corners


def _note(repo: Repo, files: Files) -> Corners:
    corners = {}
    for name, left in _unreachable(repo, files).items():
        noted = repo.commit("noted", {})
        repo.git("notes", "add", "-C", left.object, noted)
        notes = repo.git("rev-parse", "refs/notes/commits")
        corners[name] = Corner("note", noted, left.object, notes, at_tip=False)
    return corners


Plant = Callable[[Repo, Files], Corners]
# Where files can be left, and where a text alone.
CORNERS: dict[str, Plant] = {
    "removed later": _removed,
    "replaced later": _replaced,
    "at the tip": _at_the_tip,
    "another branch": _other_branch,
    "a deleted branch": _deleted_branch,
    "a stash": _stash,
    "an evil merge": _merge,
    "a file that is not diffed": _not_diffed,
    "a commit that only a tag names": _tag,
    "a dangling blob": _dangling,
    "an amended commit": _amended,
    "what was staged once": _staged,
}
MESSAGES: dict[str, Plant] = {
    "a commit message": _commit_message,
    "an amended message": _amended_message,
    "a tag message": _tag_message,
    "a note": _note,
}
_Steps = tuple[Step, ...]
_TEXTS: dict[str, _Steps] = {
    "plain": (text("subject\n\nkey="),),
    "base64": (based(), text("subject\n\nkey: ")),
    "base64 two further": (based(b"u:"), text("subject\n\nkey: ")),
    "wrapped": (SPLITS["lines"], text("subject\n\n")),
    "split": (SPLITS["Python, implicit"], text("subject\n\nkey = ")),
    "quoted": (text("subject\n\nhe wrote: `", "`, really.\n"),),
}
_BINARIES: dict[str, _Steps] = {
    "binary": (text(b"\x7fELF\0\xff\xfe", b"\0\x80\n\xff"),),
    "UTF-16": (text("a\nk="), wide("utf-16-le", mark=True)),
    "MIME": (based(b"Dear all,\n", line=76), text("a: b\n\n")),
    "hex": (BLOCKS["hex"], text("k=")),
    "stored zip": (text("a\nk="), zipped("a.txt", ZIP_STORED)),
    **{
        name: (text("a\nk="), FILES[name])
        for name in ("zip", "tar", "tgz", "docx", "gzip", "xz", "PDF", "SQLite", "jar", "bundle")
    },
}


FORMS = _TEXTS | _BINARIES | {"one line": (text("key=", ""),)}


@dataclass(frozen=True, slots=True)
class Cornered:
    """Hold one case: what is left where, and how the key in it is hidden."""

    name: str
    corner: str
    file: str
    key: str
    steps: _Steps

    def hidden(self) -> Hidden:
        return hide(self.key, *self.steps)


def _cases() -> list[Cornered]:
    rows = [(corner, form) for corner in CORNERS for form in (*_TEXTS, *_BINARIES)]
    rows += [(corner, form) for corner in MESSAGES for form in _TEXTS]
    return [
        Cornered(
            name=f"{form} in {corner}",
            corner=corner,
            file=f"{corner.replace(' ', '-')}/{number}.bin",
            key=key_of(f"{form} in {corner}", BOTH[number % 2]),
            steps=FORMS[form],
        )
        for number, (corner, form) in enumerate(rows)
    ]


CASES = tuple(_cases())


def plant(repo: Repo) -> dict[str, tuple[Hidden, Corner]]:
    """Leave every case in its corner; return for each what is hidden, and where."""
    repo.git("init", "--quiet")
    repo.commit("first", {"README": b"first\n"})
    repo.commit("second", {"README": b"second\n"})
    planted = {}
    for corner, leave in (CORNERS | MESSAGES).items():
        cases = [case for case in CASES if case.corner == corner]
        hidden = {case.file: case.hidden() for case in cases}
        corners = leave(repo, {file: each.data for file, each in hidden.items()})
        for case in cases:
            planted[case.name] = hidden[case.file], corners[case.file]
    return planted
