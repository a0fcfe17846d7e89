"""Lead to hidden keys in other ways than the work tree and its own history: a way is one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from tests.hiding.hidden import BOTH, Hidden, hide, key_of
from tests.hiding.repositories import FORMS, Corner, Corners, Files, Repo

# Where to run the scan, with which arguments, and what it has to say of each file.
Way = tuple[Path, tuple[str, ...], Corners]
_DEEP = ("--history", "--deep")


def _new(folder: Path, *options: str) -> Repo:
    folder.mkdir(parents=True)
    repo = Repo(folder)
    repo.git("init", "--quiet", *options)
    repo.commit("first", {"README": b"first\n"})
    return repo


def _filled(folder: Path, files: Files, *options: str) -> tuple[Repo, Corners]:
    repo = _new(folder, *options)
    return repo, repo.corners(files, repo.commit("tip", files), at_tip=True)


def _staged(folder: Path, files: Files) -> Way:
    repo = _new(folder)
    repo.write(files)
    repo.git("add", "--all")
    ids = repo.ids(files)
    repo.write(dict.fromkeys(files, b"not what is staged\n"))
    return folder, ("--staged",), {name: Corner("index", name, ids[name]) for name in files}


def _range(folder: Path, files: Files) -> Way:
    repo, corners = _filled(folder, files)
    repo.git("rm", "-rq", *files)
    repo.commit("removed", {})
    gone = {name: replace(corner, at_tip=False) for name, corner in corners.items()}
    return folder, ("--range", "HEAD~2..HEAD"), gone


def _bare(folder: Path, files: Files) -> Way:
    repo, corners = _filled(folder / "work", files)
    repo.git("clone", "--quiet", "--bare", ".", "../bare.git")
    return folder / "bare.git", _DEEP, corners


def _packed(folder: Path, files: Files) -> Way:
    repo, corners = _filled(folder, files)
    repo.git("gc", "--quiet", "--aggressive")
    return folder, _DEEP, corners


def _with_sha256(folder: Path, files: Files) -> Way:
    _, corners = _filled(folder, files, "--object-format=sha256")
    return folder, _DEEP, corners


def _with_alternates(folder: Path, files: Files) -> Way:
    repo, corners = _filled(folder / "lender", files)
    repo.git("clone", "--quiet", "--shared", ".", "../borrower")
    return folder / "borrower", _DEEP, corners


def _worktree(folder: Path, files: Files) -> Way:
    repo = _new(folder / "main")
    repo.git("worktree", "add", "--quiet", "--detach", "../tree")
    tree = Repo(folder / "tree")
    return tree.folder, _DEEP, tree.corners(files, tree.commit("detached", files), at_tip=True)


def _nested(folder: Path, files: Files) -> Way:
    """Scan the files of a work tree in which another repository lies."""
    _new(folder)
    inner = _new(folder / "nested")
    inner.write(files)
    return folder, (".",), {name: Corner("working-tree", f"nested/{name}", "") for name in files}


def _no_repository(folder: Path, files: Files) -> Way:
    folder.mkdir(parents=True)
    Repo(folder).write(files)
    return folder, (".",), {name: Corner("working-tree", name, "") for name in files}


def _links(folder: Path, files: Files) -> Way:
    """Scan links: what a link says is all that Git keeps of it."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(data.decode())
    return folder, (".",), {name: Corner("working-tree", name, "") for name in files}


_TEXTS = ("base64", "split", "quoted", "plain")
_ALL = (*_TEXTS, "wrapped", "binary", "UTF-16", "MIME", "stored zip", "zip", "docx", "tgz", "xz")
WAYS: dict[str, tuple[Callable[[Path, Files], Way], tuple[str, ...]]] = {
    "the index": (_staged, _ALL),
    "a range": (_range, _ALL),
    "a bare repository": (_bare, _TEXTS),
    "a packed repository": (_packed, _ALL),
    "a repository with SHA-256": (_with_sha256, _TEXTS),
    "a repository with alternates": (_with_alternates, _TEXTS),
    "a work tree": (_worktree, _TEXTS),
    "a nested repository": (_nested, _TEXTS),
    "a folder outside Git": (_no_repository, _ALL),
    "symbolic links": (_links, ("one line",)),
}
WAYS_AND_FORMS = [(way, form) for way, (_, forms) in WAYS.items() for form in forms]


def name_of(way: str, form: str) -> str:
    return f"{form} in {way}"


def hidden_in(way: str, form: str) -> tuple[str, Hidden]:
    """Return the key of one case, and how it is hidden."""
    name = name_of(way, form)
    key = key_of(name, BOTH[len(name) % 2] if form != "one line" else BOTH[0])
    return key, hide(key, *FORMS[form])


def file_of(form: str) -> str:
    return f"folder/{form.replace(' ', '-')}"


def opened(way: str, folder: Path) -> tuple[Path, tuple[str, ...], Mapping[str, Corner]]:
    """Lay out what a way leads to."""
    lay, forms = WAYS[way]
    return lay(folder, {file_of(form): hidden_in(way, form)[1].data for form in forms})
