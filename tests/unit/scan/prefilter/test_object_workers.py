from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git import object_lists
from bedrock_key_guard.git.cat_file import Records, join, sizes_of
from bedrock_key_guard.git.clean_git import Git, clean_git
from bedrock_key_guard.git.repository import Repository, find_repository
from bedrock_key_guard.scan.prefilter import object_worker, object_workers, pool
from tests.unit.scan.repositories import Repo, new_repo

pytestmark = pytest.mark.slow  # each test starts Git or workers, and more than once

LITERALS = (b"needle-", b"n\0e\0e\0d\0l\0e")


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return new_repo(tmp_path / "repo")


@pytest.fixture
def git(repo: Repo) -> Iterator[Git]:
    with clean_git(cast("Repository", find_repository(repo.path))) as git:
        yield git


@pytest.fixture
def small_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every few objects be a list of their own."""
    monkeypatch.setattr(object_lists, "PART_BYTES", 1)
    monkeypatch.setattr("bedrock_key_guard.git.clean_git._BLOCK", 150)


def store(repo: Repo, text: str) -> str:
    return repo.git("hash-object", "-w", "--stdin", input=text)


def by_literals(stream: IO[bytes], records: Records) -> Iterator[int]:
    return object_worker.by_literals(stream, records, LITERALS)


def searched(git: Git, folder: Path) -> tuple[list[str], bool]:
    """Return what a search of all objects chooses, and whether it read them all."""
    part = list_of(git, folder)
    hits: list[int] = []
    whole = object_worker.Search(git.command(), by_literals).read(part, hits.extend)
    return [object_lists.name_at(Path(part), each) for each in hits], whole


def list_of(git: Git, folder: Path) -> str:
    ((part, _, _),) = object_lists.list_parts(git, folder)
    return str(part)


@pytest.mark.parametrize("block", [7, 16, 64, 1 << 18])
def test_a_literal_is_found_wherever_a_block_ends(
    repo: Repo, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(object_worker, "_BLOCK", block)
    holding = {store(repo, "x" * before + "needle-1") for before in range(80)}
    for size in range(80):
        store(repo, f"nothing {size} " + "y" * size)

    hits, whole = searched(git, tmp_path)

    assert (set(hits), len(hits), whole) == (holding, 80, True)


def test_a_literal_with_nul_in_it_is_found_beside_text(
    repo: Repo, git: Git, tmp_path: Path
) -> None:
    wide, narrow = store(repo, "n\0e\0e\0d\0l\0e\0"), store(repo, "a needle-")

    hits, whole = searched(git, tmp_path)

    assert ({wide, narrow}, whole) == (set(hits), True)


def test_trees_are_not_listed_and_sizes_are_added_up(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None
) -> None:
    repo.commit("first", a__txt="12345")
    store(repo, "123")

    parts = list(object_lists.list_parts(git, tmp_path))

    names = [name for part, _, _ in parts for name in part.read_text().splitlines()]
    commit = int(repo.git("cat-file", "-s", "HEAD"))
    kinds = sorted(repo.git("cat-file", "-t", name) for name in names)
    assert kinds == ["blob", "blob", "commit"]
    assert sum(count for _, count, _ in parts) == len(names)
    assert sum(size for _, _, size in parts) == 8 + commit


def test_a_list_keeps_together_what_is_made_of_the_same_base(
    repo: Repo, git: Git, tmp_path: Path
) -> None:
    texts = {name: "".join(f"{name} {line}\n" for line in range(300)) for name in "abc"}
    for version in range(5):
        repo.commit(f"{version}", **{name: text + str(version) for name, text in texts.items()})
    repo.git("repack", "-adfq")

    part = Path(list_of(git, tmp_path))

    names = part.read_text().split()
    begins = [repo.git("cat-file", "-p", name)[0] for name in names]
    blobs = [each for each in begins if each in texts]
    assert sorted(blobs[::5]) == sorted(texts)
    assert blobs == [word for word in blobs[::5] for _ in range(5)]
    assert list(sizes_of(part)) == [int(repo.git("cat-file", "-s", name)) for name in names]


@pytest.mark.parametrize("at_a_time", [1, 7, 1_000])
def test_however_many_objects_are_held_each_is_listed_once(
    repo: Repo,
    git: Git,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    small_lists: None,
    at_a_time: int,
) -> None:
    monkeypatch.setattr(object_lists, "_AT_A_TIME", at_a_time)
    stored = [store(repo, f"nothing {number}") for number in range(20)]
    repo.git("repack", "-adqk")

    parts = list(object_lists.list_parts(git, tmp_path))

    names = [part.read_text().splitlines() for part, _, _ in parts]
    assert sorted(name for (name,) in names) == sorted(stored)


def test_lists_are_joined_with_their_sizes(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None
) -> None:
    for number in range(12):
        store(repo, "x" * number)
    parts = [part for part, _, _ in object_lists.list_parts(git, tmp_path)]

    joined = Path(join([str(part) for part in parts]))

    assert joined.read_text() == "".join(part.read_text() for part in parts)
    assert [*sizes_of(joined)] == [size for part in parts for size in sizes_of(part)]


def test_every_object_is_searched_once_however_the_lists_are_shared(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None
) -> None:
    keys = {store(repo, f"ABSK {number}") for number in range(50)}
    for number in range(200):
        store(repo, f"nothing {number}")

    steps = list(object_workers.search(git, tmp_path, deep=True))

    assert sorted(each for step in steps for each in step.chosen) == sorted(keys)
    assert sum(step.objects for step in steps) == 250


@pytest.mark.parametrize("spoilt", [b"garbage", zlib.compress(b"blob 5000\0short")])
def test_of_the_list_with_a_corrupt_object_all_need_the_scanner_and_of_no_other(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None, spoilt: bytes
) -> None:
    keys = [store(repo, f"ABSK {number}") for number in range(100)]
    names = [store(repo, f"nothing {number}") for number in range(100)]
    file = repo.path / ".git" / "objects" / names[50][:2] / names[50][2:]
    file.chmod(0o644)
    file.write_bytes(spoilt)

    steps = list(object_workers.search(git, tmp_path, deep=True))

    chosen = {each for step in steps for each in step.chosen}
    assert {*keys, names[50]} <= chosen <= {*keys, *names}
    assert len(chosen) < len(keys) + 10


def test_who_wants_no_more_ends_the_workers(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(200):
        store(repo, f"ABSK {number}")
    started: list[subprocess.Popen[bytes]] = []

    class NotingPopen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr("subprocess.Popen", NotingPopen)
    steps = object_workers.search(git, tmp_path, deep=True)
    assert next(each for each in steps if not each.expected).chosen
    steps.close()

    assert all(process.poll() is not None for process in started)
    assert len(started) > 1


def test_of_the_lists_of_a_worker_that_dies_all_objects_need_the_scanner(
    repo: Repo, git: Git, tmp_path: Path, small_lists: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [store(repo, f"nothing {number}") for number in range(50)]
    monkeypatch.setattr(pool, "_CODE", "import sys; sys.stdin.buffer.read(1) and None # {}")

    steps = list(object_workers.search(git, tmp_path, deep=True))

    assert sorted(each for step in steps for each in step.chosen) == sorted(names)
    assert sum(step.objects for step in steps) == 50


def test_a_listing_that_breaks_off_is_an_error_and_not_an_empty_repository(
    repo: Repo, git: Git, tmp_path: Path
) -> None:
    class BrokenGit(Git):
        def start(self, *_: str) -> subprocess.Popen[bytes]:
            code = "print('0' * 40, '0' * 40, 'blob', 1); raise SystemExit(128)"
            pipe = subprocess.PIPE
            return subprocess.Popen([sys.executable, "-I", "-c", code], stdin=pipe, stdout=pipe)

    store(repo, "ABSK")
    broken = BrokenGit(git.repository, tmp_path, tmp_path / "index")

    with pytest.raises(UsageError, match="could not list"):
        list(object_workers.search(broken, tmp_path, deep=True))
