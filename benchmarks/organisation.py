"""Sweep the repositories of a shard, beside cloning them and a loop of each peer over clones."""

from __future__ import annotations

import shlex
import shutil
from typing import TYPE_CHECKING

from benchmarks.contenders import (
    BETTERLEAKS,
    COMMAND,
    GITLEAKS,
    KINGFISHER,
    Bench,
    Contender,
    peer_programs,
)
from benchmarks.inputs import source_tree
from benchmarks.planting import git

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.running import Job

REPOSITORIES = 50


def repositories(folder: Path, *, small: bool) -> Path:
    """Return a folder of bare repositories: packages as their projects release them, two by two.

    Each has two commits; three files of the tree hold a planted key.
    """
    hub = folder / f"organisation-{'small' if small else 'full'}"
    if hub.is_dir():
        return hub
    making = folder / "organisation-making"
    shutil.rmtree(making, ignore_errors=True)
    tree = source_tree(folder, small=small)
    files = sorted(
        each
        for each in tree.rglob("*")
        if each.is_file() and not each.is_symlink() and ".git" not in each.parts
    )
    share = -(-len(files) // REPOSITORIES)
    for number in range(REPOSITORIES):
        some = files[number * share : (number + 1) * share]
        _repository(making / f"repository-{number:02}.git", tree, some)
    making.rename(hub)
    return hub


def _repository(bare: Path, tree: Path, files: list[Path]) -> None:
    work = bare.with_name("work")
    work.mkdir(parents=True)
    git(work, "init", "--quiet", "--initial-branch", "main")
    middle = len(files) // 2
    for part in (files[:middle], files[middle:]):
        for file in part:
            target = work / file.relative_to(tree)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        git(work, "add", "--all", "--force")
        git(work, "commit", "--quiet", "--allow-empty", "-m", "Release")
    git(work, "clone", "--quiet", "--bare", str(work), str(bare))
    shutil.rmtree(work)


def organisation(bench: Bench, hub: Path) -> list[Contender]:
    """Clone all, and scan; the peers scan clones that are there already."""
    work = bench.folder / "organisation-work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    addresses = work / "addresses"
    each = sorted(hub.glob("*.git"))
    addresses.write_text("".join(f"file://{path}\n" for path in each), encoding="utf-8")
    plan, rows = work / "plan.json", work / "rows.jsonl"
    planning = bench.guard(COMMAND, "org", "plan", "--from", str(addresses), "--output", str(plan))
    words = ("org", "scan", "--plan", str(plan), "--shard", "1", "--output", str(rows))
    scanning = bench.guard(COMMAND, *words)
    tell = f"grep -o {shlex.quote('[a-z-]*planted[a-z.-]*')} {shlex.quote(str(rows))}"
    sweep = f"{_line(planning)} && rm -f {rows} && {_line(scanning)} && {tell}"
    clones = work / "clones"
    cloning = f"rm -rf {clones} && mkdir {clones} && cd {clones} && " + _loop(
        hub, 'git clone --quiet --mirror "file://$each"'
    )
    gitleaks, betterleaks, kingfisher = peer_programs()
    return [
        Contender("cloning alone", _shell(bench, cloning), plants=(), is_floor=True),
        Contender("one shard: clone and scan", _shell(bench, sweep), is_ours=True),
        *(
            Contender(
                f"{name}, the clones being there",
                _shell(bench, _loop(hub, f"{program} {options}")) if program else None,
                is_peer=True,
            )
            for name, program, options in (
                ("kingfisher", kingfisher, f'scan {shlex.join(KINGFISHER)} "$each"'),
                ("betterleaks", betterleaks, f'git {shlex.join(BETTERLEAKS)} "$each"'),
                ("gitleaks", gitleaks, f'git {shlex.join(GITLEAKS)} "$each"'),
            )
        ),
    ]


def _line(words: Iterable[object]) -> str:
    return shlex.join(map(str, words))


def _loop(hub: Path, command: str) -> str:
    return f"for each in {shlex.quote(str(hub))}/*.git; do {command}; done; true"


def _shell(bench: Bench, script: str) -> Job:
    return bench.job(["sh", "-c", script], bench.folder)
