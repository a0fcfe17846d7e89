"""Build what is measured, once: it stays in a folder for the next time."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks import generated, sources
from benchmarks.planting import git, line_with_key, plant_commits, plant_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STAGED = "settings.env"
_SMALL_PROJECT = "awscli"
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

    def build(new: Path) -> None:
        sources.commit_releases(new, _releases(folder, small=small))
        plant_commits(new)
        git(new, "repack", "-adfq")
        _empty(new)

    return _once(folder / f"sources-{_scale(small=small)}", build)


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
        for project, archive in dict(_releases(folder, small=small)).items():
            sources.unpack(archive, new / project)
        plant_files(new)
        elsewhere = folder / f"tree-{_scale(small=small)}.git"
        shutil.rmtree(elsewhere, ignore_errors=True)
        git(new, "init", "--quiet", f"--separate-git-dir={elsewhere}")
        git(new, "add", "--all", "--force")

    return _once(folder / f"tree-{_scale(small=small)}", build)


def staged(folder: Path, *, leaky: bool) -> Path:
    """Return a repository with one commit and one staged file, with or without a key in it."""

    def build(new: Path) -> None:
        git(folder, "init", "--quiet", "--initial-branch=main", new.name)
        (new / "README").write_text("A small project.\n", encoding="utf-8")
        git(new, "add", "README")
        git(new, "commit", "--quiet", "--message", "Begin")
        text = line_with_key("staged") if leaky else _CLEAN_LINES
        (new / STAGED).write_text(text, encoding="utf-8")
        git(new, "add", STAGED)

    return _once(folder / f"staged-{'leaky' if leaky else 'clean'}", build)


def _once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Build under another name first: what was interrupted is not taken for whole."""
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        build(unfinished)
        unfinished.rename(folder)
    return folder


def _releases(folder: Path, *, small: bool) -> list[tuple[str, Path]]:
    wanted = sources.pinned(sources.PINNED.read_text(encoding="utf-8"))
    if small:
        wanted = [each for each in wanted if sources.project_of(each) == _SMALL_PROJECT]
    return [
        (sources.project_of(each), sources.download(each, folder / "downloads")) for each in wanted
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
