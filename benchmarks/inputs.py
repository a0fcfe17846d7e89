"""Build what is measured, once: it stays in a folder for the next time."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from benchmarks import generated, sources
from benchmarks.planting import PLANTS, git, line_with_key, plant_commits, plant_files
from benchmarks.worst import WORST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

STAGED = "settings.env"
_SMALL_PROJECTS = ("awscli",)
# All projects together would be too much for the slowest scanner of a working tree.
_TREE_PROJECTS = ("awscli", "botocore", "moto")
_MIB = 1 << 20
# So much text, in MiB: in one blob, which Git then keeps as it is, and in one line.
_BLOB, _LINE, _SMALL = 2048, 1024, 8
# So many bytes are in each of the worst inputs.
_WORST, _SMALL_WORST = 400_000, 4_000
_CLEAN_LINES = 'AWS_REGION="eu-west-1"\nLOG_LEVEL="info"\n'


def generated_repository(folder: Path, *, small: bool) -> Path:
    """Return the generated repository, planted and packed."""
    size = generated.SMALL if small else generated.FULL

    def build(new: Path) -> None:
        generated.generate(new, size)
        plant_commits(new)
        git(new, "repack", "-adq")

    return _once(folder / f"generated-{_scale(small=small)}", build)


def source_repository(folder: Path, *, small: bool) -> Path:
    """Return the repository of pinned releases, planted and packed. Needs a package index once."""
    pins = hashlib.sha256(sources.PINNED.read_bytes()).hexdigest()[:8]

    def build(new: Path) -> None:
        sources.commit_releases(new, _releases(folder, _SMALL_PROJECTS if small else ()))
        plant_commits(new)
        git(new, "repack", "-adfq")
        _empty(new)

    return _once(folder / f"sources-{pins}-{_scale(small=small)}", build)


def copied_repository(folder: Path, repository: Path) -> Path:
    """Return a planted and packed copy of somebody's repository, which itself is left alone."""

    def build(new: Path) -> None:
        git(
            folder,
            "clone",
            "--quiet",
            "--no-checkout",
            "--mirror",
            str(repository.resolve()),
            str(new / ".git"),
        )
        git(new, "config", "core.bare", "false")
        plant_commits(new)
        git(new, "repack", "-adq")

    shutil.rmtree(folder / "copied", ignore_errors=True)
    return _once(folder / "copied", build)


def source_tree(folder: Path, *, small: bool) -> Path:
    """Return the newest pinned release of each project, with planted files.

    Its Git directory stands elsewhere, so that everybody is given the same files.
    """

    def build(new: Path) -> None:
        new.mkdir()
        projects = _SMALL_PROJECTS if small else _TREE_PROJECTS
        for project, archive in dict(_releases(folder, projects)).items():
            sources.unpack(archive, new / project)
        plant_files(new)
        _track(new)

    return _once(folder / f"tree-{_scale(small=small)}", build)


def large_blob(folder: Path, *, small: bool) -> Path:
    """Return a repository with one blob that is larger than any memory, and a key at its end."""

    def build(new: Path) -> None:
        git(folder, "init", "--quiet", "--initial-branch=main", new.name)
        _write_text(new / PLANTS[-1], b"name = value\n", _SMALL if small else _BLOB)
        git(new, "-c", "core.compression=1", "add", PLANTS[-1])
        git(new, "commit", "--quiet", "--message", "Begin")
        _empty(new)

    return _once(folder / f"blob-{_scale(small=small)}", build)


def long_line(folder: Path, *, small: bool) -> Path:
    """Return a folder with one file that is one line, with a key at its end."""

    def build(new: Path) -> None:
        new.mkdir()
        _write_text(new / PLANTS[-1], b"name = value; ", _SMALL if small else _LINE)
        _track(new, add=False)

    return _once(folder / f"line-{_scale(small=small)}", build)


def worst(folder: Path, *, small: bool) -> Path:
    """Return a folder with every worst input that is known, and a key beside them."""

    def build(new: Path) -> None:
        new.mkdir()
        for number, make in enumerate(WORST.values()):
            (new / f"{number:03}").write_bytes(make(_SMALL_WORST if small else _WORST))
        (new / PLANTS[-1]).write_text(line_with_key(PLANTS[-1]), encoding="ascii")
        _track(new, add=False)

    return _once(folder / f"worst-{_scale(small=small)}", build)


def _track(folder: Path, *, add: bool = True) -> None:
    """Make a Git directory beside `folder`, in which there are then no other files than before."""
    elsewhere = folder.with_suffix(".git")
    shutil.rmtree(elsewhere, ignore_errors=True)
    git(folder, "init", "--quiet", f"--separate-git-dir={elsewhere}")
    if add:
        git(folder, "add", "--all", "--force")


def _write_text(path: Path, text: bytes, size: int) -> None:
    """Write a text again and again, for `size` MiB, and then a line with a key."""
    block = text * (_MIB // len(text))
    with path.open("wb") as file:
        for _ in range(size):
            file.write(block)
        file.write(line_with_key(path.name).encode())


def staged_names(count: int) -> list[str]:
    """Return the names of so many files, of which the first may hold a key."""
    return [STAGED, *(f"settings-{number:04}.env" for number in range(1, count))]


def staged(folder: Path, count: int = 1, *, leaky: bool) -> Path:
    """Return a repository with one commit and some staged files, with or without a key in one."""

    def build(new: Path) -> None:
        _begin(new)
        _write_settings(new, count, leaky=leaky)

    return _once(folder / f"staged-{count}-{'leaky' if leaky else 'clean'}", build)


def pushed(folder: Path, count: int = 1, *, leaky: bool) -> Path:
    """Return a repository whose last commit, with those files, its remote has not got."""

    def build(new: Path) -> None:
        _begin(new)
        git(new, "update-ref", "refs/remotes/origin/main", "HEAD")
        _write_settings(new, count, leaky=leaky)
        git(new, "commit", "--quiet", "--message", "Add settings")

    return _once(folder / f"pushed-{count}-{'leaky' if leaky else 'clean'}", build)


def _begin(new: Path) -> None:
    git(new.parent, "init", "--quiet", "--initial-branch=main", new.name)
    (new / "README").write_text("A small project.\n", encoding="utf-8")
    git(new, "add", "README")
    git(new, "commit", "--quiet", "--message", "Begin")


def _write_settings(new: Path, count: int, *, leaky: bool) -> None:
    first, *others = staged_names(count)
    text = line_with_key("staged") if leaky else _CLEAN_LINES
    (new / first).write_text(text, encoding="utf-8")
    for name in others:
        (new / name).write_text(f"{_CLEAN_LINES}NAME={name}\n", encoding="utf-8")
    git(new, "add", "--all")


def _once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Build under another name first: what was interrupted is not taken for whole."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        build(unfinished)
        unfinished.rename(folder)
    return folder


def _releases(folder: Path, projects: Sequence[str]) -> list[tuple[str, Path]]:
    """Return the archives of these projects' pinned releases, of all projects where none is named.

    Those that are not here yet are fetched.
    """
    pinned = sources.pinned(sources.PINNED.read_text(encoding="utf-8"))
    named = [(sources.project_of(each), each) for each in pinned]
    return [
        (project, sources.download(each, folder / "downloads"))
        for project, each in named
        if not projects or project in projects
    ]


def _scale(*, small: bool) -> str:
    return "small" if small else "full"


def _empty(repository: Path) -> None:
    """Leave only the Git directory: history is read from there alone."""
    for entry in repository.iterdir():
        if entry.name == ".git":
            continue
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()
