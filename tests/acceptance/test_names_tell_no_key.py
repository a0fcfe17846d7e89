"""Name files, archives and what is in them by a key in every spelling, and read what doors say."""

from __future__ import annotations

import os
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import doors
from tests.doors import git
from tests.jobs import ROOT
from tests.keysmith import long_term
from tests.scenes import Scene
from tests.spellings import SPELLINGS, letters, pieces

KEY = long_term()


@pytest.fixture
def named(tmp_path: Path) -> Path:
    """Give a repository whose every file is named by the key, holds it, and is staged."""
    tree = tmp_path / "named"
    tree.mkdir()
    for spelling in SPELLINGS.values():
        name_by_key(tree, f"{spelling(KEY)}.env")
        # What is no archive, though its name and its beginning say so, is not scanned.
        name_by_key(tree, f"{spelling(KEY)}.zip").write_bytes(b"PK\3\4 no archive")
    with zipfile.ZipFile(tree / "members.zip", "w") as archive:
        for spelling in SPELLINGS.values():
            archive.writestr(f"{spelling(KEY)}.env", f"KEY={KEY}\n")
    git("init", cwd=tree)
    assert git("add", "--all", cwd=tree).returncode == 0
    return tree


def name_by_key(tree: Path, name: str) -> Path:
    file = tree / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"KEY={KEY}\n", encoding="utf-8")
    return file


def files(tree: Path) -> list[str]:
    """Return the names of the files of a tree, as Git hands them to hooks."""
    listed = git("ls-files", "-z", cwd=tree).stdout.split("\0")
    return [name for name in listed if name]


def told(said: str, key: str = KEY) -> list[str]:
    """Name the spellings of which a piece of the secret can be read."""
    shown = pieces(letters(said))
    # The second half of each spelling is all of the secret.
    halves = {name: spell(key) for name, spell in SPELLINGS.items()}
    return [
        name
        for name, text in halves.items()
        if not pieces(letters(text[len(text) // 2 :])).isdisjoint(shown)
    ]


def native(tree: Path) -> doors.Done:
    hook = [str(ROOT / "hooks" / "pre-commit")]
    return subprocess.run(hook, cwd=tree, capture_output=True, text=True, check=False)


Door = Callable[[Path], doors.Done]
DOORS: dict[str, Door] = {
    "text": lambda tree: doors.command("scan", ".", cwd=tree),
    "JSON": lambda tree: doors.command("scan", "--format", "json", ".", cwd=tree),
    "the index": lambda tree: doors.command("scan", "--staged", "--format", "json", cwd=tree),
    "the hook": lambda tree: doors.hook("--", *files(tree), cwd=tree),
    "the hook on the index": lambda tree: doors.hook("--staged", cwd=tree),
    "the native hook": native,
    "detect-secrets as a hook": lambda tree: doors.detect_secrets("hook", *files(tree), cwd=tree),
    "detect-secrets as a hook in JSON": lambda tree: doors.detect_secrets(
        "hook", "--json", *files(tree), cwd=tree
    ),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_no_door_tells_a_key_that_is_in_a_name(named: Path, door: Door) -> None:
    done = door(named)
    assert done.returncode == 1, done.stderr
    assert told(done.stdout + done.stderr) == []
    assert "[redacted].env" in done.stdout + done.stderr


def test_no_baseline_tells_a_key_that_is_in_a_name(named: Path) -> None:
    done = doors.detect_secrets("scan", *files(named), cwd=named)
    assert told(done.stdout + done.stderr) == []
    assert "[redacted].env" in done.stdout
    baseline = named / ".secrets.baseline"
    baseline.write_text(done.stdout, encoding="utf-8")
    again = doors.detect_secrets("scan", "--baseline", baseline.name, *files(named), cwd=named)
    assert told(again.stdout + again.stderr + baseline.read_text(encoding="utf-8")) == []


def test_no_page_and_no_history_tells_a_key_that_is_in_a_name(named: Path) -> None:
    assert git("commit", "--message", f"add {SPELLINGS['decoded'](KEY)}", cwd=named).returncode == 0
    for arguments in (("--history",), ("--history", "--format", "json"), ("--range", "HEAD")):
        done = doors.command("scan", *arguments, cwd=named)
        assert done.returncode == 1, done.stderr
        assert told(done.stdout + done.stderr) == []


def test_a_name_that_alone_holds_a_key_does_not_tell_it(tmp_path: Path) -> None:
    for name in ("plain", "base64url", "split by a slash", "decoded"):
        name_by_key(tmp_path, f"{SPELLINGS[name](KEY)}.zip").write_bytes(b"PK\3\4 no archive")
    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.zip"))
    for done in (doors.command("scan", cwd=tmp_path), doors.hook("--", *names, cwd=tmp_path)):
        assert told(done.stdout + done.stderr) == []


@pytest.mark.parametrize("arguments", [("-{}",), ("--", "{}")])
def test_a_refusal_does_not_tell_a_key_that_it_was_given(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for name in ("plain", "base64url", "split by a slash", "decoded"):
        given = [argument.format(SPELLINGS[name](KEY)) for argument in arguments]
        for done in (
            doors.hook(*given, cwd=tmp_path),
            doors.command("scan", *given, cwd=tmp_path),
            doors.detect_secrets("scan", *given, cwd=tmp_path),
        ):
            assert told(done.stdout + done.stderr) == [], name


@pytest.mark.parametrize("scan", ["tree", "history"])
def test_no_job_tells_a_key_that_is_in_a_name(scene: Scene, scan: str) -> None:
    assert git("commit", "--message", "leak", cwd=scene.tree).returncode == 0
    scene.start_watching()
    job = scene.job()
    done = scene.note(job.run(scan=scan, report_issue="always", sarif_file="true"))
    assert done.returncode == 1
    written = scene.written()
    redacted = {Path(where).name for where, text in written.items() if b"[redacted]" in text}
    assert redacted >= {"stdout", job.file("report", "json").name, "summary", "GitHub"}
    for where, text in written.items():
        assert told(os.fsdecode(text), scene.keys["the live key"]) == [], where
