from __future__ import annotations

import gzip
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.prefilter.unpushed import Unhurried, may_bring_key
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.push import unpushed
from tests.doors import git
from tests.keysmith import long_term

if not hasattr(os, "posix_spawn"):
    pytest.skip("needs a system that starts programs this way", allow_module_level=True)

pytestmark = pytest.mark.slow  # each test starts Git, and more than once

KEY = long_term("alice")


class Clone:
    """A clone whose first commit is pushed."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clone"
        git("init", "--bare", "server.git", cwd=folder)
        git("clone", "server.git", "clone", cwd=folder)
        self.commit("README", b"clean\n")
        self.git("push", "origin", "main")

    def git(self, *words: str) -> str:
        done = git(*words, cwd=self.path)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, name: str, data: bytes | None, message: str = "a change") -> None:
        file = self.path / name
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)
        self.git("add", "--all")
        self.git("commit", "--message", message)


@pytest.fixture
def clone(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Clone:
    made = Clone(tmp_path)
    monkeypatch.chdir(made.path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return made


def asked(clone: Clone, **environment: str) -> bool:
    """Ask, and see that nothing is left behind and that a no is the scanner's answer too."""
    given = {"PRE_COMMIT_REMOTE_NAME": "origin", **environment}
    answer = may_bring_key(given)
    assert not list(clone.path.parent.glob("bedrock-key-guard-*"))
    if not answer:
        scan = read(unpushed(given), AllowList())
        assert not scan.findings
        assert not scan.not_scanned
    return answer


def nothing(_: Clone) -> None:
    pass


def files(clone: Clone) -> None:
    for number in range(40):
        (clone.path / f"{number}.txt").write_bytes(b"text\n" * number)
    clone.commit("image.bin", bytes(range(256)) * 50)
    clone.git("tag", "light")
    clone.git("tag", "--annotate", "--message", "a release", "v1")


def branches_and_merges(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit("b", b"side\n")
    clone.git("checkout", "--quiet", "main")
    clone.commit("a", b"main\n")
    clone.git("merge", "--no-ff", "side")
    clone.git("pack-refs", "--all")
    clone.git("checkout", "--quiet", "--detach")


def names_that_are_digests(clone: Clone) -> None:
    for number in range(40):
        (clone.path / sha256(bytes([number])).hexdigest()).touch()
    clone.commit("README", b"more\n")


def a_removed_file(clone: Clone) -> None:
    clone.commit("README", None)


@pytest.mark.parametrize(
    "prepare", [nothing, files, branches_and_merges, names_that_are_digests, a_removed_file]
)
def test_what_is_plain_and_clean_needs_no_scanner(
    clone: Clone, prepare: Callable[[Clone], None]
) -> None:
    prepare(clone)
    assert asked(clone) is False
    assert asked(clone, PRE_COMMIT_REMOTE_NAME="") is False
    head = clone.git("rev-parse", "HEAD")
    assert asked(clone, PRE_COMMIT_TO_REF=head, PRE_COMMIT_FROM_REF="0" * 40) is False


def in_a_file(clone: Clone) -> None:
    clone.commit("a", KEY.encode())


def added_and_removed(clone: Clone) -> None:
    clone.commit("a", KEY.encode())
    clone.commit("a", None)


def in_a_message(clone: Clone) -> None:
    clone.commit("a", b"clean\n", f"see {KEY}")


def in_the_message_of_a_tag(clone: Clone) -> None:
    clone.git("tag", "--annotate", "--message", f"see {KEY}", "v1")


def in_a_name(clone: Clone) -> None:
    clone.commit(f"a {KEY}", b"clean\n")


def in_a_name_among_many(clone: Clone) -> None:
    for number in range(60):
        (clone.path / f"{number:037}").touch()
    in_hex = long_term("bob").encode().hex()
    clone.commit(f"{in_hex[:120]}-{in_hex[120:]}"[:250], b"")


def in_an_archive(clone: Clone) -> None:
    clone.commit("a.gz", gzip.compress(KEY.encode()))


def on_another_branch(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "side")
    in_a_file(clone)
    clone.git("checkout", "--quiet", "main")


def on_no_branch(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "--detach")
    in_a_file(clone)


def in_a_merge(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "side")
    clone.commit("b", b"side\n")
    clone.git("checkout", "--quiet", "main")
    clone.git("merge", "--no-commit", "--no-ff", "side")
    clone.commit("evil", KEY.encode())


def packed(clone: Clone) -> None:
    on_another_branch(clone)
    clone.git("gc", "--quiet")


def moved_to_another_name(clone: Clone) -> None:
    in_a_file(clone)
    clone.git("push", "origin", "main")
    clone.git("mv", "a", "b")
    clone.git("commit", "--message", "move")


def behind_a_root(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "--orphan", "other")
    in_a_file(clone)


def a_tag_of_a_file(clone: Clone) -> None:
    (clone.path / "untracked").write_text(KEY)
    clone.git("tag", "v1", clone.git("hash-object", "-w", "untracked"))


def a_tag_of_a_tree(clone: Clone) -> None:
    clone.git("tag", "--annotate", "--message", "a tree", "v1", "HEAD^{tree}")


def a_submodule(clone: Clone) -> None:
    clone.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    clone.git("commit", "--message", "a link")


def a_large_file(clone: Clone) -> None:
    clone.commit("a", b"text\n" * (1 << 20))


def a_shallow_clone(clone: Clone) -> None:
    (clone.path / ".git" / "shallow").write_text(clone.git("rev-parse", "HEAD"))


def another_worktree(clone: Clone) -> None:
    clone.git("worktree", "add", "--detach", "../second")


def a_missing_object(clone: Clone) -> None:
    clone.commit("a", b"gone\n")
    name = clone.git("rev-parse", "HEAD:a")
    (clone.path / ".git" / "objects" / name[:2] / name[2:]).unlink()


def a_broken_reference(clone: Clone) -> None:
    (clone.path / ".git" / "refs" / "heads" / "broken").write_text("none\n")


def a_reference_of_nothing(clone: Clone) -> None:
    (clone.path / ".git" / "refs" / "heads" / "broken").write_text("1" * 40)


@pytest.mark.parametrize(
    "prepare",
    [
        in_a_file,
        added_and_removed,
        in_a_message,
        in_the_message_of_a_tag,
        in_a_name,
        in_a_name_among_many,
        in_an_archive,
        on_another_branch,
        on_no_branch,
        in_a_merge,
        packed,
        moved_to_another_name,
        behind_a_root,
        a_tag_of_a_file,
        a_tag_of_a_tree,
        a_submodule,
        a_large_file,
        a_shallow_clone,
        another_worktree,
        a_missing_object,
        a_broken_reference,
        a_reference_of_nothing,
    ],
)
def test_what_may_hold_a_key_or_is_unusual_is_for_the_scanner(
    clone: Clone, prepare: Callable[[Clone], None]
) -> None:
    assert asked(clone) is False
    prepare(clone)
    assert asked(clone) is True


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GITHUB_WORKSPACE"])
def test_another_repository_is_for_the_scanner(clone: Clone, name: str) -> None:
    assert asked(clone, **{name: str(clone.path)}) is True


def test_where_programs_are_started_otherwise_the_scanner_does_it(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_spawn")
    assert asked(clone) is True


def test_a_repository_that_names_objects_otherwise_is_for_the_scanner(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git("init", "--object-format=sha256", cwd=tmp_path)
    monkeypatch.chdir(tmp_path)
    assert may_bring_key({}) is True
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert may_bring_key({}) is True


def test_no_program_of_the_tree_is_run(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = clone.path.parent / "mark"
    (clone.path / "bin").mkdir()
    (clone.path / "bin" / "git").write_text(f"#!/bin/sh\n: >{mark}\n")
    (clone.path / "bin" / "git").chmod(0o755)
    (clone.path.parent / "link").symlink_to(clone.path / "bin")
    for folder in (clone.path / "bin", clone.path.parent / "link", Path("bin")):
        monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
        may_bring_key({})
    assert not mark.exists()


def test_nothing_of_the_configuration_takes_part(clone: Clone) -> None:
    mark = clone.path.parent / "mark"
    for name in (
        "core.fsmonitor",
        "core.pager",
        "log.showSignature",
        "gpg.program",
        "diff.external",
    ):
        git("config", name, f": >{mark}", cwd=clone.path)
    clone.commit("a", b"clean\n")
    mark.unlink(missing_ok=True)
    assert asked(clone) is False
    assert not mark.exists()


def test_a_clean_push_imports_hardly_anything(clone: Clone) -> None:
    script = (
        "import sys; before = set(sys.modules); from bedrock_key_guard.hook import main;"
        " code = main(['--push']); after = sorted(set(sys.modules) - before);"
        " import json; print(json.dumps([code, after]))"
    )
    done = subprocess.run([sys.executable, "-Ic", script], capture_output=True, check=True)
    code, imported = json.loads(done.stdout)
    assert code == 0
    ours = [each for each in imported if each.startswith("bedrock_key_guard.")]
    assert ours == [
        "bedrock_key_guard.git",
        "bedrock_key_guard.git.raw_changes",
        "bedrock_key_guard.git.variables",
        "bedrock_key_guard.hook",
        "bedrock_key_guard.keys",
        "bedrock_key_guard.keys.prefixes",
        "bedrock_key_guard.scan",
        "bedrock_key_guard.scan.prefilter",
        "bedrock_key_guard.scan.prefilter.batches",
        "bedrock_key_guard.scan.prefilter.literals",
        "bedrock_key_guard.scan.prefilter.shapes",
        "bedrock_key_guard.scan.prefilter.signatures",
        "bedrock_key_guard.scan.prefilter.unpushed",
        "bedrock_key_guard.system",
    ]
    assert {*imported} - {*ours} <= {"__future__", "bedrock_key_guard", "errno"}


def test_a_pipe_that_is_written_in_small_pieces_is_read_in_large_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mine, its = os.pipe()
    written = iter([b"piece"] * 100)

    def write(pieces: int) -> None:
        os.write(its, b"".join(itertools.islice(written, pieces)))

    monkeypatch.setattr(time, "sleep", lambda _: write(20))
    with Unhurried(mine) as pipe:
        sizes = []
        for _ in range(20):
            write(1)
            sizes.append(pipe.readinto(memoryview(bytearray(1 << 16))))
    os.close(its)
    # Once it is clear how its writer writes, that is left alone for a while before each.
    assert sizes == [5] * 16 + [5 * 21] * 4
