"""Make a repository of real code: releases of source distributions, committed in turn."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.planting import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PINNED = Path(__file__).with_name("sources.txt")


def pinned(text: str) -> list[str]:
    """Return the requirements in `text`, oldest release first, each with its hash."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def project_of(requirement: str) -> str:
    """Return the name of the project that a requirement pins."""
    return requirement.partition("==")[0]


def download(requirement: str, folder: Path) -> Path:
    """Return the archive of a pinned release, fetched once. Raises where pip cannot get it.

    pip asks an archive for its metadata before it keeps it, with the tools of this environment.
    """
    name = requirement.partition(" ")[0].replace("==", "-")
    archive = folder / f"{name}.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = folder / f"{name}.txt"
        wanted.write_text(f"{requirement}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--require-hashes"]
        command += ["--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
        command += ["--disable-pip-version-check", "--requirement", str(wanted)]
        subprocess.run([*command, "--dest", str(folder)], check=True)
    return archive


def unpack(archive: Path, into: Path) -> None:
    """Replace the folder `into` by what an archive holds below its one top folder."""
    shutil.rmtree(into, ignore_errors=True)
    with tarfile.open(archive) as opened:
        opened.extractall(into, members=_without_top(opened), filter="data")


def _without_top(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        member.path = member.path.partition("/")[2]
        if member.path:
            yield member


def commit_releases(folder: Path, releases: Sequence[tuple[str, Path]]) -> None:
    """Make the repository in `folder`: one commit for each (project, archive)."""
    git(folder.parent, "init", "--quiet", "--initial-branch=main", folder.name)
    git(folder, "config", "gc.auto", "0")
    for project, archive in releases:
        unpack(archive, folder / project)
        # Releases may date all files alike, and Git would then take a changed one for the old one.
        git(folder, "rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", project)
        git(folder, "add", "--all", "--force", "--", project)
        git(folder, "commit", "--quiet", "--message", f"Take {archive.name}")
