"""Measure the guard beside Git, ripgrep and its peers, and print a table for each kind of work.

python -m benchmarks [--repeats N] [--scale full|small] [--repo PATH] [history|tree|hook|memory …]
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from benchmarks import action_step, contenders, hooks, inputs, organisation
from benchmarks.measure import measure
from benchmarks.planting import git
from benchmarks.table import draw, lead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.contenders import Bench, Contender
    from benchmarks.table import Row

FOLDER = contenders.ROOT / "build" / "bench"
KINDS = ("history", "tree", "hook", "action", "organisation", "memory")
# The hook takes milliseconds, so it needs and can have more rounds.
_HOOK_ROUNDS = 5
_MANY = 1000
_NOTES = """\
A round runs each contender once, in this order; ratios are of medians, to the first row.
A first run, not timed, warmed the caches, proved what is read (who misses a planted key has no
ratio), and gave the peak of anonymous memory: of all processes together, and of all but Git's.
CPU is what all processes used, which other work on the machine changes least.
The peers' own programs are started, not the wrappers, and look only for the planted kind of key."""


def main(argv: Sequence[str] | None = None) -> int:
    """Build what is missing, measure, and print."""
    options = _options(argv)
    console = Console(width=120, highlight=False)
    progress = Console(stderr=True, highlight=False, style="dim")
    FOLDER.mkdir(parents=True, exist_ok=True)
    home = contenders.environment(FOLDER / "home")
    bench = contenders.Bench(FOLDER, contenders.install_guard(FOLDER / "guard"), home)
    for title, rounds, lineup in _races(options, bench):
        progress.print(title)
        rows = measure(lineup, rounds, options.limit, progress.print)
        console.print(draw(title, rows), _notes(rows), "", sep="\n")
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "kinds",
        nargs="*",
        metavar="history|tree|hook|action|organisation|memory",
        help="all by default",
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds (5)")
    parser.add_argument("--scale", choices=("full", "small"), default="full", help="how large")
    parser.add_argument("--repo", type=Path, help="measure history on a copy of this repository")
    parser.add_argument("--limit", type=float, default=600, help="seconds for one run (600)")
    options = parser.parse_args(argv)
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no such kind: {', '.join(sorted(unknown))}")
    options.kinds = options.kinds or KINDS
    return options


def _races(options: argparse.Namespace, bench: Bench) -> Iterator[tuple[str, int, list[Contender]]]:
    """Yield each race with its title and rounds; its inputs are built when it is asked for."""
    small = options.scale == "small"
    if "history" in options.kinds:
        for repository in _repositories(options, small=small):
            title = f"History of {_described(repository)}"
            yield title, options.repeats, contenders.history(bench, repository)
    if "tree" in options.kinds:
        folder = inputs.source_tree(FOLDER, small=small)
        yield (
            f"Working tree of {_measured(folder)}",
            options.repeats,
            contenders.tree(bench, folder),
        )
    if "hook" in options.kinds:
        for title, count, lineup in hooks.races(bench):
            rounds = options.repeats * (_HOOK_ROUNDS if count < _MANY else 1)
            yield title, rounds, lineup
    if "action" in options.kinds:
        repository = action_step.checked_out(FOLDER)
        title = f"The Action at a clean push to {_measured(repository)}"
        yield title, options.repeats, action_step.action(bench, repository)
    if "organisation" in options.kinds:
        hub = organisation.repositories(FOLDER, small=small)
        title = f"A sweep of {organisation.REPOSITORIES} repositories: {_measured(hub)}"
        yield title, options.repeats, organisation.organisation(bench, hub)
    if "memory" in options.kinds:
        repository = inputs.large_blob(FOLDER, small=small)
        title = f"Memory for the history of {_described(repository)}"
        yield title, 1, contenders.memory(bench, repository, "--history")
        folder = inputs.long_line(FOLDER, small=small)
        yield f"Memory for {_measured(folder)}, one line", 1, contenders.memory(bench, folder)
        folder = inputs.worst(FOLDER, small=small)
        yield f"Memory for {_measured(folder)}, hostile", 1, contenders.memory(bench, folder)


def _repositories(options: argparse.Namespace, *, small: bool) -> Iterator[Path]:
    if options.repo:
        yield inputs.copied_repository(FOLDER, options.repo)
        return
    yield inputs.source_repository(FOLDER, small=small)
    yield inputs.generated_repository(FOLDER, small=small)


def _described(repository: Path) -> str:
    listed = git(
        repository,
        "cat-file",
        "--batch-all-objects",
        "--unordered",
        "--buffer",
        "--batch-check=%(objecttype) %(objectsize)",
    ).split()
    sizes = [
        int(size) for kind, size in zip(listed[::2], listed[1::2], strict=True) if kind == "blob"
    ]
    return (
        f"{repository.name}: {len(listed) // 2:,} objects, "
        f"{len(sizes):,} blobs of {sum(sizes) / 1e9:.2f} GB"
    )


def _measured(folder: Path) -> str:
    sizes = [file.stat().st_size for file in folder.rglob("*") if file.is_file()]
    return f"{folder.name}: {len(sizes):,} files, {sum(sizes) / 1e6:.0f} MB"


def _notes(rows: Sequence[Row]) -> str:
    ahead = lead(rows)
    said = (
        "" if ahead is None else f"\n{ahead:.1f} x faster than the fastest peer that reads as much."
    )
    return f"{_NOTES}\n{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end.{said}"


if __name__ == "__main__":
    sys.exit(main())
