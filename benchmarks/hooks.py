"""Know what each hook of the guard is measured beside: what it cannot do without, and its peers."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from benchmarks import inputs
from benchmarks.contenders import (
    BETTERLEAKS,
    GITLEAKS,
    KINGFISHER,
    Bench,
    Contender,
    isolated,
    peer_programs,
)
from benchmarks.planting import git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from benchmarks.contenders import Words

FILES = (1, 10, 1000)
_HOOK = "from bedrock_key_guard.hook import run; run()"
_PLUGIN = "from bedrock_key_guard.plugin import main; raise SystemExit(main())"
_DETECT_SECRETS = "from detect_secrets.pre_commit_hook import main; raise SystemExit(main())"
# What Git must be asked for whatever came with commits: what they put where, and those objects.
_LOG = "git log --raw -z --no-abbrev --no-renames --format=%H -c HEAD --not --remotes=origin"
_NEW = ("HEAD", "--not", "--remotes=origin")
# What reads nothing that a hook is asked for.
_BARE = ("bare python", "bare python, and Git")

Command = tuple[str, "Words"]


def races(bench: Bench) -> Iterator[tuple[str, int, list[Contender]]]:
    """Yield a race for each hook and number of files: its title, the files, who takes part."""
    yield "Hook of a commit's message", 1, _message(bench)
    for count in FILES:
        said = "one file" if count == 1 else f"{count:,} files"
        yield f"Hook of {said}, staged", count, staged(bench, count)
        yield f"Hook of {said}, pushed", count, _pushed(bench, count)
        yield f"Hook of {said}, in detect-secrets", count, _in_detect_secrets(bench, count)


def staged(bench: Bench, count: int) -> list[Contender]:
    """Read files that are staged: one of them holds a key, none of those that are timed."""
    gitleaks, betterleaks, kingfisher = peer_programs()
    names = inputs.staged_names(count)
    ours = bench.guard(_HOOK, "--files", *names)
    peers: list[Command] = [
        ("kingfisher", [kingfisher or "", "scan", *KINGFISHER, "--staged", "."]),
        ("betterleaks", [betterleaks or "", "git", "--staged", *BETTERLEAKS, "."]),
        ("gitleaks", [gitleaks or "", "git", "--staged", "--pre-commit", *GITLEAKS, "."]),
        ("detect-secrets", [*isolated(_DETECT_SECRETS), "--no-verify", *names]),
    ]
    return _lineup(bench, inputs.staged, count, (_BARE[0], _bare(bench)), ours, peers)


def _pushed(bench: Bench, count: int) -> list[Contender]:
    gitleaks, betterleaks, kingfisher = peer_programs()
    new = " ".join(_NEW)
    peers: list[Command] = [
        ("kingfisher", [kingfisher or "", "scan", *KINGFISHER, "--since-commit=origin/main", "."]),
        ("betterleaks", [betterleaks or "", "git", f"--log-opts={new}", *BETTERLEAKS, "."]),
        ("gitleaks", [gitleaks or "", "git", f"--log-opts={new}", *GITLEAKS, "."]),
    ]
    listed = bench.folder / f"pushed-{count}.objects"
    clean = inputs.pushed(bench.folder, count, leaky=False)
    new_objects = git(clean, "rev-list", "--objects", "--no-object-names", *_NEW)
    listed.write_text(f"{new_objects}\n", encoding="ascii")
    read = f"git cat-file --batch --buffer <{shlex.quote(str(listed))}"
    bare = shlex.join(map(str, _bare(bench)))
    floor = (_BARE[1], ["sh", "-c", f"{bare} && {_LOG} && {read}"])
    return _lineup(bench, inputs.pushed, count, floor, bench.guard(_HOOK, "--push"), peers)


def _in_detect_secrets(bench: Bench, count: int) -> list[Contender]:
    names = inputs.staged_names(count)
    packages = str(next((bench.python.parents[1] / "lib").glob("python*/site-packages")))
    ours = isolated(f"import sys; sys.path.insert(0, {packages!r}); {_PLUGIN}")
    plain = ("detect-secrets alone", [*isolated(_DETECT_SECRETS), *names])
    return _lineup(bench, inputs.staged, count, plain, [*ours, "hook", *names], ())


def _message(bench: Bench) -> list[Contender]:
    ours = bench.guard(_HOOK, "--message", inputs.STAGED)
    return _lineup(bench, inputs.staged, 1, (_BARE[0], _bare(bench)), ours, ())


def _bare(bench: Bench) -> Words:
    return [bench.python, "-I", "-c", "pass"]


def _lineup(
    bench: Bench,
    build: Callable[..., Path],
    count: int,
    floor: Command,
    ours: Words,
    peers: Sequence[Command],
) -> list[Contender]:
    """Have all read the same files: first those with a key, and timed those without."""
    leaky, clean = (build(bench.folder, count, leaky=leaky) for leaky in (True, False))
    return [
        Contender(
            name,
            bench.job(command, leaky) if command[0] else None,
            bench.job(command, clean) if command[0] else None,
            plants=() if name in _BARE else (inputs.STAGED,),
            is_floor=command is floor[1],
            is_ours=command is ours,
            is_peer=command is not ours and command is not floor[1],
        )
        for name, command in (floor, ("this hook", ours), *peers)
    ]
