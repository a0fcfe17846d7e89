"""Lead commits of every kind through the hook, as files and as the index."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import doors
from tests.doors import Done, git
from tests.keysmith import long_term

HOOKS = Path(__file__).parents[2] / "hooks"
LINE = f"AWS_BEARER_TOKEN_BEDROCK={long_term('alice', n=1)}\n"
OTHER = f"AWS_BEARER_TOKEN_BEDROCK={long_term('bob')}\n"
NEW, OLD = "a key would be committed.", "a key is in the repository already."


class Tree:
    """A repository with one commit, whose next commit goes through the native hook."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *words: str) -> Done:
        env = {**os.environ, "BEDROCK_KEY_GUARD_PYTHON": sys.executable}
        env |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow"}
        return git(*words, cwd=self.path, env={**env, "GIT_CONFIG_VALUE_0": "always"})

    def write(self, name: str | bytes, text: str = LINE) -> None:
        file = self.path / os.fsdecode(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def past(self, *names: str, text: str = LINE) -> None:
        """Commit files past the hook."""
        for name in names:
            self.write(name, text)
        self.git("add", "--all")
        self.git("commit", "--no-verify", "--message", "past the hook")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    folder = tmp_path / "repository"
    folder.mkdir()
    tree = Tree(folder)
    tree.git("init")
    tree.past("README", text="clean\n")
    tree.git("config", "core.hooksPath", str(HOOKS))
    return tree


def initial(tree: Tree) -> None:
    tree.git("checkout", "--orphan", "new")
    tree.write("a.env")


def amended(tree: Tree) -> None:
    tree.git("commit", "--allow-empty", "--message", "more")
    tree.write("a.env")


def renamed_with_a_key(tree: Tree) -> None:
    tree.past("old.env", text="clean\n" * 50)
    tree.git("mv", "old.env", "new.env")
    tree.write("new.env", "clean\n" * 50 + LINE)


def renamed_as_it_was(tree: Tree) -> None:
    tree.past("old.env")
    tree.git("mv", "old.env", "new.env")


def deleted(tree: Tree) -> None:
    tree.past("a.env")
    (tree.path / "a.env").unlink()


def made_a_link(tree: Tree) -> None:
    tree.past("a", text="clean\n")
    (tree.path / "a").unlink()
    (tree.path / "a").symlink_to(LINE.partition("=")[2].strip())


def link_to_what_holds_a_key(tree: Tree) -> None:
    outside = tree.path.parent / "outside.env"
    outside.write_text(LINE)
    (tree.path / "a").symlink_to(outside)


def staged_in_part(tree: Tree) -> None:
    tree.write("a.env")
    tree.git("add", "--all")
    tree.write("a.env", "taken out again\n")


def left_unstaged(tree: Tree) -> None:
    tree.past("a.env", text="clean\n")
    tree.write("b.txt", "clean\n")
    tree.git("add", "--all")
    tree.write("a.env")


def any_bytes(tree: Tree) -> None:
    tree.write(b"a\xff\n\t\"'.env")


def in_a_submodule(tree: Tree) -> None:
    inner = tree.path.parent / "inner"
    inner.mkdir()
    git("init", cwd=inner)
    (inner / "a.env").write_text(LINE)
    git("add", "--all", cwd=inner)
    git("commit", "--message", "inner", cwd=inner)
    tree.git("submodule", "add", str(inner), "sub")


def sparse(tree: Tree) -> None:
    tree.past("here/a", "there/a.env", text="clean\n")
    tree.git("sparse-checkout", "set", "here")
    tree.write("here/a.env")


def merged_with_a_key_of_its_own(tree: Tree) -> None:
    conflict(tree, theirs="theirs\n")
    tree.write("both.env", LINE)


def merged_with_a_key_of_theirs(tree: Tree) -> None:
    conflict(tree, theirs=OTHER)
    tree.write("both.env", OTHER)


def conflict(tree: Tree, theirs: str) -> None:
    tree.past("both.env", text="base\n")
    tree.git("checkout", "-b", "side")
    tree.past("both.env", text=theirs)
    tree.git("checkout", "main")
    tree.past("both.env", text="ours\n")
    assert tree.git("merge", "side").returncode == 1


def beside_an_old_key(tree: Tree) -> None:
    tree.past("a.env")
    tree.write("a.env", LINE + "another line\n")


def beside_an_old_key_a_new_one(tree: Tree) -> None:
    tree.past("a.env")
    tree.write("a.env", LINE + OTHER)


SITUATIONS: list[tuple[Callable[[Tree], None], tuple[str, ...]]] = [
    (initial, (NEW,)),
    (amended, (NEW,)),
    (renamed_with_a_key, (NEW,)),
    (renamed_as_it_was, (NEW,)),
    (deleted, ()),
    (made_a_link, (NEW,)),
    (link_to_what_holds_a_key, ()),
    (staged_in_part, (NEW,)),
    (left_unstaged, ()),
    (any_bytes, (NEW,)),
    (in_a_submodule, ()),
    (sparse, (NEW,)),
    (merged_with_a_key_of_its_own, (NEW,)),
    (merged_with_a_key_of_theirs, (OLD,)),
    (beside_an_old_key, (OLD,)),
    (beside_an_old_key_a_new_one, (NEW, OLD)),
]
STAGED = {staged_in_part, left_unstaged}


@pytest.mark.parametrize(("prepare", "told"), SITUATIONS)
def test_a_commit_of_any_kind_is_judged_by_what_it_brings(
    tree: Tree, prepare: Callable[[Tree], None], told: tuple[str, ...]
) -> None:
    prepare(tree)
    if prepare not in STAGED:
        tree.git("add", "--all")
    done = tree.git("commit", "--message", "a change", *(["--amend"] * (prepare is amended)))
    assert done.returncode == bool(told), done.stderr
    for sentence in (NEW, OLD):
        assert (sentence in done.stderr) == (sentence in told)


def test_a_worktree_and_a_commit_of_some_paths_are_judged_alike(tree: Tree) -> None:
    tree.git("worktree", "add", "../second")
    second = Tree(tree.path.with_name("second"))
    second.past("a.env", text="clean\n")
    second.write("a.env")
    second.write("b.env", "clean\n")
    second.git("add", "b.env")
    assert second.git("commit", "--message", "x", "--", "a.env").returncode == 1
    assert second.git("commit", "--message", "x", "--", "b.env").returncode == 0
    assert second.git("commit", "--message", "x", "--all").returncode == 1


def test_files_that_were_committed_before_are_not_said_to_come(tree: Tree) -> None:
    tree.past("a.env")
    tree.write("b.env", OTHER)
    done = doors.hook("--files", "a.env", "b.env", str(tree.path / "a.env"), cwd=tree.path)
    assert done.returncode == 1
    new, old = done.stderr.index(NEW), done.stderr.index(OLD)
    assert new < done.stderr.index("b.env:1:26") < old < done.stderr.index("\na.env:1:26")


@pytest.mark.parametrize("name", ["data.json", "app.env"])
def test_each_way_out_that_is_named_lets_that_file_through(tree: Tree, name: str) -> None:
    tree.write(name)
    told = doors.hook("--files", name, cwd=tree.path).stderr
    assert ("pragma" in told) == (name == "app.env")
    assert f"--exclude={name}" in told
    assert doors.hook("--files", f"--exclude={name}", name, cwd=tree.path).returncode == 0
    found = doors.detect_secrets("scan", name, cwd=tree.path)
    (tree.path / "known").write_text(found.stdout)
    assert doors.hook("--files", "--baseline=known", name, cwd=tree.path).returncode == 0
