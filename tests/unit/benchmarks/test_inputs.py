from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.worktree import worktree
from benchmarks import inputs, sources
from benchmarks.generated import Size, stream_of
from benchmarks.planting import (
    PLANTS,
    commit_on_top,
    git,
    line_with_key,
    missing_from,
    plant_files,
)
from benchmarks.worst import WORST

TINY = Size(commits=8, folders=2, files_a_folder=6)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("benchmarks.generated.SMALL", TINY)
    return inputs.generated_repository(tmp_path, small=True)


def archive(path: Path, files: dict[str, str]) -> Path:
    with tarfile.open(path, "w:gz") as opened:
        for name, text in files.items():
            member = tarfile.TarInfo(f"project-1.0/{name}")
            member.size = len(text)
            opened.addfile(member, io.BytesIO(text.encode()))
    return path


def test_the_same_seed_gives_the_same_repository() -> None:
    assert b"".join(stream_of(TINY)) == b"".join(stream_of(TINY))


def test_the_generated_repository_has_its_commits_and_is_one_pack(repository: Path) -> None:
    assert git(repository, "rev-list", "--count", "main") == str(TINY.commits)
    assert "packs: 1" in git(repository, "count-objects", "-v").splitlines()
    assert git(repository, "fsck", "--strict", "--no-dangling") == ""


def test_keys_stand_on_top_of_the_first_the_middle_and_the_last_commit(repository: Path) -> None:
    chain = git(repository, "rev-list", "--reverse", "main").split()
    parents = [git(repository, "rev-parse", f"{name.partition('.')[0]}^") for name in PLANTS]

    assert parents == [chain[0], chain[len(chain) // 2], chain[-1]]


def test_each_planted_file_holds_a_whole_key(tmp_path: Path) -> None:
    plant_files(tmp_path)

    found = read(worktree([tmp_path]), AllowList()).findings

    assert sorted(Path(each.location.path).name for each in found) == sorted(PLANTS)
    assert {each.confidence for each in found} == {"exact"}
    assert len({each.key.fingerprint for each in found}) == len(PLANTS)


@pytest.mark.parametrize(
    ("output", "missing"),
    [(" ".join(PLANTS), []), (PLANTS[1], [PLANTS[0], PLANTS[2]]), ("", list(PLANTS))],
)
def test_a_plant_that_no_report_names_is_missing(output: str, missing: list[str]) -> None:
    assert missing_from(output) == missing


def test_a_commit_on_top_adds_one_file_and_moves_nothing(repository: Path) -> None:
    before = git(repository, "for-each-ref")
    commit = commit_on_top(repository, "main", "more.txt", "more\n")

    changed = git(repository, "diff", "--name-status", "main", commit)
    assert (changed, git(repository, "for-each-ref")) == ("A\tmore.txt", before)


def test_somebodys_repository_is_copied_and_left_alone(tmp_path: Path) -> None:
    theirs = inputs.staged(tmp_path, leaky=False)
    before = git(theirs, "for-each-ref")

    copy = inputs.copied_repository(tmp_path, theirs)

    assert git(theirs, "for-each-ref") == before
    assert git(copy, "rev-list", "--count", "--all") == str(1 + len(PLANTS))


def test_what_was_built_is_kept_and_what_was_interrupted_is_not(tmp_path: Path) -> None:
    unfinished = tmp_path / "staged-1-leaky.unfinished"
    unfinished.mkdir()
    (unfinished / "half").touch()

    first = inputs.staged(tmp_path, leaky=True)
    (first / "mark").touch()

    assert (inputs.staged(tmp_path, leaky=True) / "mark").exists()
    assert not (first / "half").exists()


@pytest.mark.parametrize(("leaky", "found"), [(True, 1), (False, 0)])
def test_the_staged_file_holds_a_key_or_none(tmp_path: Path, *, leaky: bool, found: int) -> None:
    folder = inputs.staged(tmp_path, leaky=leaky)

    assert git(folder, "diff", "--cached", "--name-only") == inputs.STAGED
    assert len(read(worktree([folder / inputs.STAGED]), AllowList()).findings) == found


def test_what_is_pushed_is_new_to_the_remote(tmp_path: Path) -> None:
    folder = inputs.pushed(tmp_path, 3, leaky=True)

    new = git(folder, "diff", "--name-only", "origin/main", "HEAD").splitlines()
    assert sorted(new) == sorted(inputs.staged_names(3))


def test_a_blob_that_git_keeps_whole_ends_in_a_key(tmp_path: Path) -> None:
    repository = inputs.large_blob(tmp_path, small=True)

    (blob,) = git(repository, "ls-tree", "-r", "--format=%(objectname)", "HEAD").split()

    assert int(git(repository, "cat-file", "-s", blob)) > (inputs._SMALL - 1) << 20
    assert [entry.name for entry in repository.iterdir()] == [".git"]
    last = git(repository, "cat-file", "blob", blob).splitlines()[-1]
    assert f"{last}\n" == line_with_key(PLANTS[-1])


@pytest.mark.slow
def test_beside_the_worst_inputs_stands_a_key(tmp_path: Path) -> None:
    folder = inputs.worst(tmp_path, small=True)

    (finding,) = read(worktree([folder / PLANTS[-1]]), AllowList()).findings

    assert finding.confidence == "exact"
    assert len(git(folder, "ls-files", "--others").splitlines()) == len(WORST) + 1


def test_a_file_of_one_line_ends_in_a_key(tmp_path: Path) -> None:
    folder = inputs.long_line(tmp_path, small=True)

    (file,) = (each for each in folder.iterdir() if each.name != ".git")
    text = file.read_text(encoding="utf-8")

    assert git(folder, "ls-files", "--others") == file.name
    assert text.count("\n") == 1
    assert text.endswith(line_with_key(PLANTS[-1]))


def test_releases_are_committed_one_after_the_other(tmp_path: Path) -> None:
    old = archive(tmp_path / "old.tar.gz", {"a.py": "1\n", "gone.py": "\n"})
    new = archive(tmp_path / "new.tar.gz", {"a.py": "2\n", ".gitignore": "*\n"})

    sources.commit_releases(tmp_path / "made", [("project", old), ("project", new)])

    changed = git(tmp_path / "made", "diff", "--name-status", "HEAD^", "HEAD")
    assert changed.splitlines() == [
        "A\tproject/.gitignore",
        "M\tproject/a.py",
        "D\tproject/gone.py",
    ]


def test_every_release_is_pinned_with_its_hash() -> None:
    wanted = sources.pinned(sources.PINNED.read_text(encoding="utf-8"))

    assert len(wanted) == len(set(wanted)) > 20
    assert all("==" in each and " --hash=sha256:" in each for each in wanted)


def test_a_list_of_releases_may_have_comments() -> None:
    assert sources.pinned("# Why\n\na==1 --hash=sha256:0 # here\n") == ["a==1 --hash=sha256:0"]
