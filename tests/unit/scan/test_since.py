"""Hold a scan of what is new to what a scan of everything finds."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model import Scan, incidents_of
from bedrock_key_guard.scan import since
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.history import scan_history
from tests import keysmith
from tests.needles import leaks
from tests.unit.scan.repositories import Repo, new_repo

NOTHING = AllowList()
KEYS = {name: keysmith.long_term(f"user-{name}") for name in ("a", "b", "c", "d")}


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    repo = new_repo(tmp_path / "repo")
    repo.commit("first", a__txt=f"k={KEYS['a']}\n", x__txt="x")
    repo.git("branch", "side")
    repo.commit("second", y__txt="y")
    return repo


def latest(repo: Repo, *, deep: bool = False) -> Scan:
    return scan_history(repo.path, NOTHING, deep=deep, since_last=True)


def everything(repo: Repo, *, deep: bool = False) -> Scan:
    return scan_history(repo.path, NOTHING, deep=deep)


def same(one: Scan, other: Scan) -> bool:
    """Tell whether two scans come to the same, whatever they had to read for it."""
    return (incidents_of(one.findings), one.not_scanned) == (
        incidents_of(other.findings),
        other.not_scanned,
    )


def memory_file(repo: Repo) -> Path:
    return repo.path / ".git" / since.NAME


# ── what may happen between two scans ───────────────────────────────────────────────────────────


def nothing(_: Repo) -> None:
    """Leave all as it is."""


def commit(repo: Repo) -> None:
    repo.commit("third", b__txt=f"\n{KEYS['b']}")


def commit_a_copy(repo: Repo) -> None:
    repo.commit("copy", copy__txt=f"k={KEYS['a']}\n")


def commit_a_removal(repo: Repo) -> None:
    (repo.path / "a.txt").unlink()
    repo.commit("gone")


def commit_on_a_branch(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "side")
    repo.commit("aside", b__txt=KEYS["b"])
    repo.git("checkout", "--quiet", "main")


def merge_with_a_key(repo: Repo) -> None:
    commit_on_a_branch(repo)
    repo.git("merge", "--quiet", "--no-commit", "side")
    repo.commit("merge", c__txt=KEYS["c"])


def amend(repo: Repo) -> None:
    repo.write("b.txt", KEYS["b"])
    repo.git("add", "--all")
    repo.git("commit", "--quiet", "--amend", "--message", "better")


def rewrite_all(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--orphan", "anew")
    repo.commit("anew", b__txt=KEYS["b"])
    repo.git("branch", "--quiet", "-D", "main", "side")


def delete_a_branch(repo: Repo) -> None:
    commit_on_a_branch(repo)
    repo.git("branch", "--quiet", "-D", "side")


def say_it_in_a_message(repo: Repo) -> None:
    repo.commit(f"oops {KEYS['b']}")


def tag(repo: Repo) -> None:
    repo.git("tag", "--annotate", "v1", "--message", f"tag {KEYS['b']}")


def note(repo: Repo) -> None:
    repo.git("notes", "add", "--message", f"note {KEYS['b']}")


def stash(repo: Repo) -> None:
    repo.write("a.txt", KEYS["b"])
    repo.git("stash", "--quiet")


def dangle(repo: Repo) -> None:
    repo.git("hash-object", "-w", "--stdin", input=KEYS["b"])


def pack(repo: Repo) -> None:
    commit(repo)
    repo.git("gc", "--quiet", "--prune=never")


def pack_what_dangles(repo: Repo) -> None:
    dangle(repo)
    repo.git("repack", "-adkq")


def prune(repo: Repo) -> None:
    rewrite_all(repo)
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")


def fetch(repo: Repo) -> None:
    other = new_repo(repo.path.parent / "other")
    other.commit("other", b__txt=KEYS["b"])
    repo.git("-c", "fetch.unpackLimit=1", "fetch", "--quiet", str(other.path), "main:theirs")


def borrow(repo: Repo) -> None:
    other = new_repo(repo.path.parent / "other")
    other.commit("other", b__txt=KEYS["b"])
    alternates = repo.path / ".git" / "objects" / "info" / "alternates"
    alternates.write_text(f"{other.path}/.git/objects\n")


def add_a_worktree(repo: Repo) -> None:
    folder = repo.path.parent / "tree"
    repo.git("worktree", "add", "--quiet", "--detach", str(folder))
    Repo(folder).commit("detached", d__txt=KEYS["d"])


def lose_an_object(repo: Repo) -> None:
    commit(repo)
    lost = repo.git("rev-parse", "HEAD:b.txt")
    (repo.path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()


def spoil_an_object(repo: Repo) -> None:
    commit(repo)
    spoilt = repo.git("rev-parse", "HEAD:b.txt")
    file = repo.path / ".git" / "objects" / spoilt[:2] / spoilt[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:-8] + b"\0" * 8)


def cut_short(repo: Repo) -> None:
    (repo.path / ".git" / "shallow").write_text(repo.git("rev-parse", "HEAD") + "\n")


BETWEEN = (
    nothing,
    commit,
    commit_a_copy,
    commit_a_removal,
    commit_on_a_branch,
    merge_with_a_key,
    amend,
    rewrite_all,
    delete_a_branch,
    say_it_in_a_message,
    tag,
    note,
    stash,
    dangle,
    pack,
    pack_what_dangles,
    prune,
    fetch,
    borrow,
    add_a_worktree,
    lose_an_object,
    spoil_an_object,
    cut_short,
)
CHANGES = pytest.mark.parametrize("change", BETWEEN, ids=lambda change: change.__name__)


@CHANGES
def test_whatever_happens_a_later_scan_finds_what_a_full_one_does(
    repo: Repo, change: Callable[[Repo], None]
) -> None:
    latest(repo)
    change(repo)
    expected = everything(repo)
    assert same(latest(repo), expected)
    once_more = latest(repo)
    assert same(once_more, expected)
    assert once_more.scanned.since_last


@pytest.mark.parametrize("change", [commit, amend, dangle, pack, spoil_an_object])
def test_in_a_packed_repository_too(repo: Repo, change: Callable[[Repo], None]) -> None:
    repo.git("gc", "--quiet")
    latest(repo)
    change(repo)
    assert same(latest(repo), everything(repo))


@pytest.mark.parametrize("kind", ["sha256", "bare", "worktree", "alternates"])
def test_in_every_kind_of_repository(tmp_path: Path, kind: str) -> None:
    options = ("--object-format=sha256",) if kind == "sha256" else ()
    source = new_repo(tmp_path / "source", *options)
    source.commit("first", a__txt=KEYS["a"])
    here = Repo(tmp_path / "here")
    if kind == "worktree":
        source.git("worktree", "add", "--quiet", str(here.path))
    else:
        with_option = {"bare": ["--bare"], "alternates": ["--shared"]}.get(kind, [])
        source.git("clone", "--quiet", *with_option, str(source.path), str(here.path))
    assert same(latest(here), everything(here))
    source.commit("second", b__txt=KEYS["b"])
    if kind != "worktree":
        here.git("fetch", "--quiet", "origin" if kind != "bare" else str(source.path), "main:new")
    scan = latest(here)
    assert same(scan, everything(here))
    assert (scan.scanned.since_last, len(scan.findings)) == (True, 2)


@pytest.mark.parametrize("first", [say_it_in_a_message, tag, note, dangle, fetch])
@pytest.mark.parametrize("change", [commit, amend, rewrite_all, pack, prune, add_a_worktree])
def test_what_was_found_is_found_again_after_two_changes(
    repo: Repo, first: Callable[[Repo], None], change: Callable[[Repo], None]
) -> None:
    first(repo)
    latest(repo)
    change(repo)
    assert same(latest(repo), everything(repo))


def test_only_what_is_new_is_read(repo: Repo) -> None:
    for number in range(50):
        repo.commit(f"change {number}", n__txt=f"{number}\n")
    repo.git("gc", "--quiet")
    assert not latest(repo).scanned.since_last
    repo.commit("new", n__txt="new")
    scan = latest(repo)
    # A blob, a commit, and the blob of the open incident.
    assert (scan.scanned.since_last, scan.scanned.objects) == (True, 3)
    assert "Only what is new" in scan.notes[0]
    assert latest(repo).scanned.objects == 1


# ── what a scan leaves behind ───────────────────────────────────────────────────────────────────


def test_what_is_remembered_is_for_nobody_else_and_holds_no_key(repo: Repo) -> None:
    say_it_in_a_message(repo)
    repo.commit("in a name", **{KEYS["c"]: "x"})
    latest(repo)
    file = memory_file(repo)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert leaks(KEYS, {"memory": file.read_bytes()}) == []
    assert [path.name for path in file.parent.glob("*bedrock*")] == [since.NAME]


def test_without_being_asked_nothing_is_remembered(repo: Repo) -> None:
    everything(repo)
    assert not memory_file(repo).exists()


def damaged(edit: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    def change(file: Path) -> None:
        memory = json.loads(file.read_text())
        edit(memory)
        file.write_text(json.dumps(memory))

    return change


def replaced(text: bytes) -> Callable[[Path], object]:
    return lambda file: file.write_bytes(text)


def linked(file: Path) -> None:
    file.rename(file.with_suffix(".real"))
    file.symlink_to(file.with_suffix(".real"))


def piped(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


def as_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        replaced(b""),
        replaced(b"\xff\xfe"),
        replaced(b"[]"),
        replaced(b"null"),
        replaced(b"[" * 100_000),
        replaced(b'{"engine": 1}'),
        damaged(lambda memory: memory.update(engine="0" * 64)),
        damaged(lambda memory: memory.update(deep=1)),
        damaged(lambda memory: memory.update(memory=None)),
        damaged(lambda memory: memory["memory"].pop("again")),
        damaged(lambda memory: memory["memory"].update(again=["--output=x"])),
        damaged(lambda memory: memory["memory"].update(again=[{}])),
        damaged(lambda memory: memory["memory"].update(introduced=[["1" * 40]])),
        damaged(lambda memory: memory["memory"]["tips"].update(usual=["--all"])),
        damaged(lambda memory: memory["memory"]["tips"].update(usual=7)),
        damaged(lambda memory: memory["memory"]["inventory"].update(loose=[])),
        damaged(lambda memory: memory["memory"]["inventory"].update(packs=[1])),
        lambda file: file.chmod(0o622),
        lambda file: file.unlink(),
        linked,
        piped,
    ],
)
def test_a_memory_that_is_foreign_or_broken_means_that_all_is_read(
    repo: Repo, spoil: Callable[[Path], object]
) -> None:
    latest(repo)
    commit(repo)
    spoil(memory_file(repo))
    scan = latest(repo)
    assert same(scan, everything(repo))
    assert not scan.scanned.since_last
    assert latest(repo).scanned.since_last


def test_a_memory_that_cannot_be_written_is_no_failure(repo: Repo) -> None:
    as_folder_before = memory_file(repo)
    as_folder_before.mkdir()
    scan = latest(repo)
    assert same(scan, everything(repo))
    assert any("could not be written" in note for note in scan.notes)
    assert [path.name for path in as_folder_before.parent.glob("*bedrock*")] == [since.NAME]


@pytest.mark.parametrize(
    "edit",
    [
        lambda tips: tips.update(usual=["1" * 40]),
        lambda tips: tips.update(usual=["1" * 64], notes=["2" * 40]),
        lambda tips: tips.update(shallow="elsewhere"),
    ],
)
def test_tips_that_are_not_here_change_nothing_of_what_is_found(
    repo: Repo, edit: Callable[[Any], object]
) -> None:
    latest(repo)
    commit(repo)
    damaged(lambda memory: edit(memory["memory"]["tips"]))(memory_file(repo))
    assert same(latest(repo), everything(repo))


def test_other_options_mean_that_all_is_read(repo: Repo) -> None:
    latest(repo)
    deep = latest(repo, deep=True)
    assert not deep.scanned.since_last
    assert same(deep, everything(repo, deep=True))
    assert latest(repo, deep=True).scanned.since_last
    assert not latest(repo).scanned.since_last


def test_another_scanner_means_that_all_is_read(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    latest(repo)
    monkeypatch.setattr(since, "__version__", "9")
    assert not latest(repo).scanned.since_last


def test_an_object_that_comes_back_is_read(repo: Repo) -> None:
    commit(repo)
    lost = repo.git("rev-parse", "HEAD:b.txt")
    file = repo.path / ".git" / "objects" / lost[:2] / lost[2:]
    data = file.read_bytes()
    file.unlink()
    assert not latest(repo).complete
    file.write_bytes(data)
    os.utime(file, (0, 0))
    scan = latest(repo)
    assert scan.complete
    assert same(scan, everything(repo))
    assert scan.scanned.since_last


def test_an_object_that_is_mended_in_its_place_is_read(repo: Repo) -> None:
    commit(repo)
    name = repo.git("rev-parse", "HEAD:b.txt")
    file = repo.path / ".git" / "objects" / name[:2] / name[2:]
    data = file.read_bytes()
    spoil_an_object(repo)
    assert not latest(repo).complete
    file.write_bytes(data)
    assert latest(repo).complete
    assert same(latest(repo), everything(repo))


ANYTHING = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(ANYTHING)
def test_no_json_is_taken_for_a_memory_by_chance(value: Any) -> None:
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        since._memory(value)
