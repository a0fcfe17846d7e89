"""Go through the doors with every source of a repository; what is missing is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import keysmith
from tests.jobs import Done, Host, Job, guard, push, report_of
from tests.unit.scan.repositories import Repo, new_repo

OLD, PUSHED, MERGED = (keysmith.long_term(f"user-{name}") for name in ("old", "pushed", "merged"))
ZERO = "0" * 40
REMEDY = "fetch-depth: 0"


def aliases(report: dict[str, Any]) -> set[str]:
    """Return whose keys a report shows."""
    return {
        each["identity"]["alias"].partition("-at-")[0].removeprefix("user-")
        for each in report["incidents"]
    }


@pytest.fixture
def origin(tmp_path: Path) -> Repo:
    """Give a repository whose key was removed long ago, and one more on a branch."""
    origin = new_repo(tmp_path / "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.commit("old", old__env=OLD)
    (origin.path / "old.env").unlink()
    origin.commit("removed", readme__md="x")
    origin.git("checkout", "--quiet", "-b", "topic")
    origin.commit("pushed", pushed__env=PUSHED)
    (origin.path / "pushed.env").unlink()
    origin.commit("removed again", more__md="y")
    return origin


@pytest.fixture
def checkout(origin: Repo, tree: Path) -> Callable[..., Repo]:
    """Check out as actions/checkout does; with no arguments with `fetch-depth: 0`."""

    def check_out(*options: str, source: str = f"file://{origin.path}") -> Repo:
        origin.git("clone", "--quiet", "--branch=topic", *options, source, str(tree))
        return Repo(tree)

    return check_out


def shallow(origin: Repo, checkout: Callable[..., Repo]) -> Repo:
    return checkout("--depth=1")


def partial(origin: Repo, checkout: Callable[..., Repo]) -> Repo:
    return checkout("--filter=blob:none")


def damaged(origin: Repo, checkout: Callable[..., Repo]) -> Repo:
    """Lose one blob; what is not packed is found by its name."""
    repo = checkout(source=str(origin.path))
    lost = origin.git("rev-parse", "topic:more.md")
    (repo.path / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    return repo


INCOMPLETE = pytest.mark.parametrize(
    "make", [shallow, partial, damaged], ids=lambda make: make.__name__
)


def push_of(origin: Repo, **more: str) -> dict[str, Any]:
    return {
        **push(),
        "ref": "refs/heads/topic",
        "before": origin.git("rev-parse", "main"),
        "after": origin.git("rev-parse", "topic"),
        **more,
        "repository": {**push()["repository"], "default_branch": "main"},
    }


# ── the command ─────────────────────────────────────────────────────────────────────────────────


@INCOMPLETE
@pytest.mark.parametrize(
    "arguments",
    [
        ("--history",),
        ("--history", "--deep"),
        ("--range", "--all"),
        ("--range", "origin/main..HEAD"),
        ("--range", "HEAD~2..HEAD"),
    ],
)
def test_what_a_clone_has_not_got_is_incomplete_and_says_what_to_do(
    origin: Repo,
    checkout: Callable[..., Repo],
    make: Callable[..., Repo],
    arguments: tuple[str, ...],
) -> None:
    repo = make(origin, checkout)
    done = guard("scan", *arguments, "--fail-on", "none", ".", cwd=repo.path, env=os.environ)
    assert done.returncode == 4, done.stderr
    assert REMEDY in done.stdout.decode()
    assert "INCOMPLETE" in done.stdout.decode()
    data = guard("scan", *arguments, "--format=json", ".", cwd=repo.path, env=os.environ)
    assert report_of(data)["complete"] is False


def test_a_loss_that_is_known_is_accepted(origin: Repo, checkout: Callable[..., Repo]) -> None:
    repo = damaged(origin, checkout)
    lost = origin.git("rev-parse", "topic:more.md")
    allowed = repo.path.parent / "allowed"
    allowed.write_text(f"missing {lost}  # known since the fire\n")
    arguments = ("scan", "--history", "--fail-on=none", f"--allow-list={allowed}", ".")
    done = guard(*arguments, cwd=repo.path, env=os.environ)
    assert done.returncode == 0, done.stdout
    assert f"{lost}: accepted by the allow-list" in done.stdout.decode()


SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c" + bytes(99)
NOT_YET = "counts from the next run on"


def opaque(origin: Repo) -> tuple[str, str]:
    """Push a file that nobody can open, together with the entry that accepts it."""
    start = origin.git("rev-parse", "HEAD")
    entry = b"unread vendor/* the vendor packs them so\n"
    origin.write("vendor/a.7z", SEVEN_ZIP)
    return start, origin.commit("Accept what this brings", allowed=entry)


def test_what_a_range_itself_adds_to_the_allow_list_counts_from_the_next_run_on(
    origin: Repo,
) -> None:
    start, end = opaque(origin)
    arguments = ("scan", "--allow-list=allowed", "--range", f"{start}..{end}")
    done = guard(*arguments, cwd=origin.path, env=os.environ)
    assert (done.returncode, NOT_YET in done.stdout.decode()) == (4, True), done.stdout
    assert "accepted by the allow-list" not in done.stdout.decode()
    origin.write("vendor/a.7z", SEVEN_ZIP + b"-")
    origin.commit("Bring another")
    arguments = (*arguments[:-1], f"{end}..HEAD")
    done = guard(*arguments, cwd=origin.path, env=os.environ)
    assert (done.returncode, NOT_YET in done.stdout.decode()) == (0, False), done.stdout
    assert "accepted by the allow-list (the vendor packs them so)" in done.stdout.decode()


@pytest.mark.parametrize("cwd", [".", "docs"])
@pytest.mark.parametrize("option", ["--exclude=docs/*", "--exclude=./docs/*", "--exclude=docs\\*"])
@pytest.mark.parametrize("named", ["", "docs/new.env"])
def test_what_is_known_is_known_however_its_path_is_spelled(
    origin: Repo, cwd: str, option: str, named: str
) -> None:
    origin.write("docs/new.env", OLD)
    origin.write("docs/a.7z", SEVEN_ZIP)
    origin.write("allowed", b"unread docs/*.7z the vendor packs it so\n")
    arguments = ("scan", option, f"--allow-list={origin.path / 'allowed'}")
    for path in (origin.path / named, os.path.relpath(origin.path / named, origin.path / cwd)):
        done = guard(*arguments, str(path), cwd=origin.path / cwd, env=os.environ)
        assert done.returncode == 0, done.stdout


def test_an_object_that_cannot_be_opened_is_accepted_by_its_id(origin: Repo) -> None:
    origin.write("vendor/a.7z", SEVEN_ZIP)
    origin.commit("Bring it")
    allowed = origin.path.parent / "allowed"
    blob = origin.git("rev-parse", "HEAD:vendor/a.7z")
    arguments = ("scan", "--range", "HEAD~..HEAD", f"--allow-list={allowed}")
    for named, code in ((blob, 0), ("1" * 40, 4)):
        allowed.write_text(f"unread {named} the vendor packs it so\n")
        done = guard(*arguments, cwd=origin.path, env=os.environ)
        assert (done.returncode, b"(the vendor packs it so)" in done.stdout) == (code, code == 0)


def test_what_is_not_opened_has_its_name_and_its_consequence_in_every_source(tree: Path) -> None:
    repo = new_repo(tree)
    repo.commit("first", readme__md="x")
    repo.write("vendor/a.7z", SEVEN_ZIP)
    repo.write("group_vars/all.yml", b"$ANSIBLE_VAULT;1.1;AES256\n3433\n")
    repo.git("add", ".")
    expected = 4, [("group_vars/all.yml", "encrypted"), ("vendor/a.7z", "unopened")]
    assert left_out(tree) == left_out(tree, "--staged") == expected
    repo.commit("Bring them")
    assert left_out(tree, "--history") == left_out(tree, "--range", "HEAD~..HEAD") == expected
    (tree / "vendor" / "a.7z").unlink()
    assert left_out(tree) == (0, expected[1][:1])


def left_out(tree: Path, *source: str) -> tuple[int, list[tuple[str, str]]]:
    done = guard("scan", *source, "--format", "json", cwd=tree, env=os.environ)
    listed = report_of(done)["not_scanned"]
    return done.returncode, [(each["what"], each["kind"]) for each in listed]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--staged",), "nothing that is staged"),
        (("--range", "HEAD..HEAD"), "the range holds none"),
        (("--range", "HEAD..HEAD", "--fail-on", "none"), "the range holds none"),
        (("nothing",), "Name a file or a folder"),
    ],
)
def test_a_run_that_read_nothing_is_incomplete(
    origin: Repo, arguments: tuple[str, ...], said: str
) -> None:
    (origin.path / "nothing").mkdir()
    done = guard("scan", *arguments, cwd=origin.path, env=os.environ)
    assert done.returncode == 4, done.stderr
    assert said in done.stdout.decode()
    assert done.stdout.decode().endswith("0 files, 0 bytes read; INCOMPLETE.\n")


def test_a_repository_without_a_commit_has_no_history_that_is_clean(tree: Path) -> None:
    new_repo(tree / "new")
    done = guard("scan", "--history", "new", cwd=tree, env=os.environ)
    assert (done.returncode, b"has no objects" in done.stdout) == (4, True)


@pytest.mark.parametrize("command", ["scan", "verify", "respond"])
@pytest.mark.parametrize("where", ["built", "built/deep", "built/deep/a.env", ""])
def test_what_a_person_names_is_read_even_where_git_ignores_it(
    origin: Repo, credentials: dict[str, str], command: str, where: str
) -> None:
    """Also the current folder, which nobody has to name."""
    folder = origin.path / "built" / "deep"
    folder.mkdir(parents=True)
    (folder / "a.env").write_text(OLD)
    (origin.path / ".gitignore").write_text("built/\n")
    more = ("--dry-run",) if command == "respond" else ()
    cwd, path = (origin.path, [where]) if where else (folder, [])
    done = guard(command, *more, *path, "--format=json", cwd=cwd, env=credentials)
    assert (done.returncode, aliases(report_of(done))) == (1, {"old"})


def repacked(repo: Repo) -> None:
    repo.git("repack", "-adkq", "--window=1")


def collected(repo: Repo) -> None:
    repo.git("gc", "--quiet", "--aggressive", "--prune=never")


def in_many_packs(repo: Repo) -> None:
    for number in range(3):
        repo.commit(f"more {number}", n__txt=f"{number} {keysmith.long_term(f'user-{number}')}")
        repo.git("repack", "-dq")


@pytest.mark.parametrize("again", [repacked, collected])
@pytest.mark.parametrize("options", [(), ("--deep",)])
def test_two_scans_write_the_same_bytes_however_objects_are_packed(
    origin: Repo, options: tuple[str, ...], again: Callable[[Repo], None]
) -> None:
    in_many_packs(origin)
    origin.git("notes", "add", "--message", keysmith.long_term("user-note"))
    origin.commit(f"oops {OLD}", copy__env=f"{OLD}\n{PUSHED}\n")
    arguments = ("scan", "--history", *options, "--format=json", "--fail-on=none", ".")

    def report() -> bytes:
        return guard(*arguments, cwd=origin.path, env=os.environ).stdout

    first = report()
    assert len(json.loads(first)["incidents"]) == 6
    assert report() == first
    again(origin)
    assert report() == first


def test_what_is_new_since_given_revisions_is_read_and_nothing_is_remembered(origin: Repo) -> None:
    before = sorted((origin.path / ".git").iterdir())
    old = origin.git("rev-parse", "main")
    arguments = ("scan", "--format=json", "--range", "--all", "--not", old, "--", ".")
    first, second = (
        report_of(guard(*arguments, cwd=origin.path, env=os.environ)) for _ in range(2)
    )
    assert first == second
    assert aliases(first) == {"pushed"}
    assert first["scanned"]["range"] == f"--all --not {old} (2 commits)"
    assert sorted((origin.path / ".git").iterdir()) == before


# ── the Action ──────────────────────────────────────────────────────────────────────────────────


def ran(host: Host, event: dict[str, Any], name: str = "push", **inputs: str) -> tuple[Job, Done]:
    job = host.job(event=event, event_name=name)
    done = job.run(verify="false", report_issue="never", **inputs)
    assert done.stderr == b""
    return job, done


def test_a_push_that_accepts_what_it_brings_itself_is_incomplete_once(
    host: Host, origin: Repo, checkout: Callable[..., Repo]
) -> None:
    start, end = opaque(origin)
    checkout()
    allowed = str(host.workspace / "allowed")
    event = push() | {"before": start, "after": end}
    job, done = ran(host, event, allow_list=allowed, fail_on="none")
    assert (done.returncode, job.outputs["result"]) == (4, "incomplete")
    assert NOT_YET in (job.folder / "summary").read_text(encoding="utf-8")
    job, done = ran(host, push() | {"before": end, "after": end}, allow_list=allowed, scan="tree")
    assert "accepted by the allow-list" in (job.folder / "summary").read_text(encoding="utf-8")
    assert (done.returncode, job.outputs["result"]) == (0, "clean")


def test_a_push_is_what_its_commits_added_and_the_files(
    host: Host, origin: Repo, checkout: Callable[..., Repo]
) -> None:
    checkout()
    job, done = ran(host, push_of(origin))
    assert (done.returncode, aliases(job.report)) == (1, {"pushed"})
    assert job.report["scanned"]["sources"] == ["range", "working-tree"]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"before": ZERO}, {"pushed"}),
        ({"before": "1" * 40}, {"pushed"}),
        ({"before": ZERO, "ref": "refs/tags/v1"}, {"pushed"}),
        ({"before": ZERO, "ref": "refs/heads/main"}, {"pushed", "old"}),
    ],
    ids=["new branch", "forced", "tag", "default branch"],
)
def test_a_push_without_a_commit_before_is_what_the_default_branch_has_not_got(
    host: Host,
    origin: Repo,
    checkout: Callable[..., Repo],
    more: dict[str, str],
    found: set[str],
) -> None:
    checkout()
    assert aliases(ran(host, push_of(origin, **more))[0].report) == found


@pytest.mark.parametrize("scan", ["auto", "range"])
@pytest.mark.parametrize("name", ["push", "delete"])
def test_a_branch_that_is_deleted_brings_nothing_and_fails_nothing(
    host: Host, origin: Repo, checkout: Callable[..., Repo], name: str, scan: str
) -> None:
    checkout()
    gone = keysmith.long_term("user-gone")
    event = push_of(origin, after=ZERO, ref=f"refs/heads/{gone}")
    job, done = ran(host, event, name, scan=scan)
    assert (done.returncode, job.outputs["result"]) == (0, "clean")
    assert job.report["scanned"]["objects"] == 0
    for text in (done.stdout.decode(), job.summary):
        assert "a branch or a tag was deleted" in text
        assert "there was nothing to read" in text
        assert gone not in text


def test_a_new_branch_without_new_commits_is_the_files(
    host: Host, origin: Repo, checkout: Callable[..., Repo]
) -> None:
    checkout()
    event = push_of(origin, before=ZERO, after=origin.git("rev-parse", "main"))
    job, done = ran(host, event)
    assert (done.returncode, job.report["complete"]) == (0, True)
    assert job.report["scanned"]["sources"] == ["range", "working-tree"]
    job, done = ran(host, event, scan="range")
    assert (done.returncode, job.outputs["result"]) == (4, "incomplete")
    assert "the range holds none" in done.stdout.decode()


def test_a_pull_request_is_what_it_adds_and_the_files_as_they_are(
    host: Host, origin: Repo, checkout: Callable[..., Repo]
) -> None:
    repo = checkout()
    repo.write("merged.env", MERGED)
    event = {
        **push(),
        "pull_request": {
            "head": {"sha": origin.git("rev-parse", "topic"), "repo": {"full_name": "acme/app"}},
            "base": {"sha": origin.git("rev-parse", "main"), "repo": {"full_name": "acme/app"}},
        },
    }
    job, _ = ran(host, event, "pull_request")
    assert aliases(job.report) == {"pushed", "merged"}
    assert job.report["scanned"]["sources"] == ["event", "range", "working-tree"]


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_any_other_event_is_the_whole_history(
    host: Host, origin: Repo, checkout: Callable[..., Repo], name: str
) -> None:
    checkout()
    assert aliases(ran(host, {}, name)[0].report) == {"pushed", "old"}


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ({"scan": "tree"}, set()),
        ({"scan": "history"}, {"pushed", "old"}),
        ({"scan": "range"}, {"pushed"}),
        ({"scan": "range", "base_ref": "main", "head_ref": "topic"}, {"pushed"}),
        ({"scan": "range", "head_ref": "main"}, {"old"}),
    ],
)
def test_a_workflow_may_say_what_is_read(
    host: Host,
    origin: Repo,
    checkout: Callable[..., Repo],
    inputs: dict[str, str],
    found: set[str],
) -> None:
    checkout()
    assert aliases(ran(host, push_of(origin), **inputs)[0].report) == found


@INCOMPLETE
@pytest.mark.parametrize("name", ["push", "schedule"])
def test_a_checkout_that_has_not_got_it_all_fails_the_step_and_says_what_to_do(
    host: Host,
    origin: Repo,
    checkout: Callable[..., Repo],
    make: Callable[..., Repo],
    name: str,
) -> None:
    make(origin, checkout)
    job, done = ran(host, push_of(origin), name, fail_on="none")
    assert done.returncode == 4
    assert job.report["complete"] is False
    assert any(REMEDY in each["reason"] for each in job.report["not_scanned"])
    assert REMEDY in done.stdout.decode()
    assert "Not scanned" in job.summary


def test_a_commit_that_is_nowhere_is_not_taken_for_clean(
    host: Host, origin: Repo, checkout: Callable[..., Repo]
) -> None:
    checkout()
    event = {
        **push(),
        "pull_request": {"head": {"sha": "1" * 40}, "base": {"sha": "2" * 40}},
    }
    job, done = ran(host, event, "pull_request_target")
    assert (done.returncode, job.outputs["result"]) == (4, "incomplete")
