from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import doors
from tests.contexts import ISSUED_AT
from tests.doors import git
from tests.hostile import lay_traps
from tests.keysmith import ACCOUNT, access_key_id, fingerprint_of, long_term, short_term

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = long_term("alice", n=1)
LINE = f"AWS_BEARER_TOKEN_BEDROCK={KEY}\n"
PART = KEY[:70]
"""What looks like a part of a key is warned of, and blocks nothing."""
NATIVE_HOOK = Path(__file__).parents[2] / "hooks" / "pre-commit"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git("init", cwd=folder)
    (folder / "README").write_text("clean\n")
    git("add", ".", cwd=folder)
    assert git("commit", "-m", "begin", cwd=folder).returncode == 0
    return folder


def stage(repository: Path, name: str = "app.env", text: str = LINE) -> Path:
    file = repository / name
    file.write_text(text, encoding="utf-8")
    assert git("add", "--", name, cwd=repository).returncode == 0
    return file


# ── what a blocked commit says ──────────────────────────────────────────────────────────────────


def test_a_blocked_commit_says_where_and_what_the_key_is(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text("# a comment\n" + LINE)
    done = doors.hook("--", "app.env", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    for part in (
        "app.env:2:26\n",
        f"Amazon Bedrock long-term API key of account {ACCOUNT}",
        f"user alice or alice+1, alias alice+1-at-{ACCOUNT}",
        f"fingerprint {fingerprint_of(KEY)[:12]}",
    ):
        assert part in done.stderr


def test_a_blocked_commit_says_the_three_things_to_do(tmp_path: Path) -> None:
    (tmp_path / "app.env").write_text(LINE)
    said = doors.hook("--", "app.env", cwd=tmp_path).stderr
    assert "1. Take the key out of the commit." in said
    assert "2. If it was ever pushed or shared, it is leaked" in said
    assert "aws iam list-service-specific-credentials --user-name=alice" in said
    assert "--service-specific-credential-id ID --status Inactive" in said
    assert "3. If this is no real key, write `pragma: allowlist secret`" in said


@pytest.mark.parametrize(
    ("issued_now", "advice"),
    [(True, "Until then, deny\n"), (False, "it expired at 2026-11-02 21:30 UTC.\n")],
)
def test_a_short_term_key_is_described_with_its_end(
    tmp_path: Path, issued_now: bool, advice: str
) -> None:
    key = short_term(region="eu-west-1", issued_at=None if issued_now else ISSUED_AT)
    (tmp_path / "token").write_text(key)
    said = doors.hook("--", "token", cwd=tmp_path).stderr
    assert f"Amazon Bedrock short-term API key of account {ACCOUNT}" in said
    assert f"signed by access key {access_key_id(kind='ASIA')} for eu-west-1" in said
    assert advice in said


def test_one_key_in_several_places_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(LINE + LINE)
    (tmp_path / "b").write_text(LINE)
    said = doors.hook("--", "a", "b", cwd=tmp_path).stderr
    assert "a:1:26\na:2:26\nb:1:26\n" in said
    assert said.count("fingerprint ") == 1


def test_nothing_that_is_said_holds_a_piece_of_the_secret(tmp_path: Path) -> None:
    keys = (KEY, short_term(issued_at=ISSUED_AT), long_term("bob")[:90])
    (tmp_path / "keys").write_text("\n".join(keys))
    said = doors.hook("--", "keys", cwd=tmp_path)
    secret = long_term("alice", n=1)[40:]
    pieces = [key[at : at + 12] for key in (*keys, secret) for at in range(4, len(key) - 12)]
    assert said.returncode == 1
    assert not [piece for piece in pieces if piece in said.stderr + said.stdout]


@pytest.mark.parametrize(
    "name",
    [
        "\x1b[31mred",
        "line\nbreak",
        "\u202etxt.exe",
        b"\xff\xfe.env".decode("utf-8", "surrogateescape"),
    ],
)
def test_a_hostile_file_name_does_not_drive_the_terminal(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LINE)
    done = doors.hook("--", name, cwd=tmp_path)
    assert done.returncode == 1
    assert all(line.isprintable() for line in done.stderr.split("\n"))
    assert "\\" in done.stderr.split("\n\n")[1]


# ── what blocks and what does not ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (LINE, 1),
        ("nothing here\n", 0),
        ("", 0),
        (f"{LINE.strip()}  # pragma: allowlist secret\n", 0),
        (f"{LINE.strip()}  # pragma: whitelist secret\n", 0),
        (f"# pragma: allowlist secret\n{LINE}", 1),
        (PART, 0),
        ("ABSKxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 0),
        ("ABSK\nAEAA\nbedrock-api-key-", 0),
    ],
    ids=[
        "key",
        "clean",
        "empty",
        "pragma",
        "old pragma",
        "pragma elsewhere",
        "truncated",
        "placeholder",
        "literals",
    ],
)
def test_only_a_whole_key_that_is_not_allowed_blocks(tmp_path: Path, text: str, code: int) -> None:
    (tmp_path / "file").write_text(text)
    done = doors.hook("--", "file", cwd=tmp_path)
    assert (done.returncode, bool(done.stderr)) == (code, code == 1 or text == PART)


def test_a_file_named_like_an_option_is_a_file(tmp_path: Path) -> None:
    for name in ("--staged", "--help", "-v"):
        (tmp_path / name).write_text(LINE)
        done = doors.hook("--", name, cwd=tmp_path)
        assert f"{name}:1:26" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--", "gone.txt"], "There is no file 'gone.txt'. Name files that exist."),
        (["--frobnicate"], "'--frobnicate' is not an option here.\nusage: "),
        (["--staged", "file"], "'--staged' takes 0 to 0 words.\nusage: "),
        (["--staged", "--", "file"], "'--staged' takes 0 to 0 words.\nusage: "),
        (["--message"], "'--message' takes 1 to 1 words.\nusage: "),
        (["--exclude"], "'--exclude' needs a value.\nusage: "),
        (["--receive", "--seconds", "soon"], "--seconds 'soon' is no number of seconds."),
    ],
)
def test_a_wrong_call_gives_one_sentence_and_code_2(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = doors.hook(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_files_are_clean(tmp_path: Path) -> None:
    assert doors.hook("--", cwd=tmp_path).returncode == 0


def test_a_file_that_cannot_be_read_is_not_clean(tmp_path: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs a file whose reading fails, also for root")
    done = doors.hook("--", "/proc/self/mem", cwd=tmp_path)
    assert done.returncode == 4
    assert "/proc/self/mem was not scanned: input/output error.\n" in done.stderr


def test_a_key_beside_an_unreadable_file_is_told_and_counts_first(tmp_path: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs a file whose reading fails, also for root")
    (tmp_path / "app.env").write_text(LINE)
    done = doors.hook("--", "/proc/self/mem", "app.env", cwd=tmp_path)
    assert done.returncode == 1
    assert "app.env:1:26" in done.stderr
    assert "/proc/self/mem was not scanned" in done.stderr


def test_a_symbolic_link_is_what_it_says_and_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "app.env").write_text(LINE)
    (tmp_path / "folder").symlink_to("outside")
    (tmp_path / "file").symlink_to("outside/app.env")
    (tmp_path / "broken").symlink_to(KEY)
    assert doors.hook("--", "folder", "file", cwd=tmp_path).returncode == 0
    done = doors.hook("--", "broken", cwd=tmp_path)
    assert done.returncode == 1
    assert "broken:1:1\n" in done.stderr


def test_a_folder_or_a_pipe_is_named_as_not_scanned(tmp_path: Path) -> None:
    (tmp_path / "submodule").mkdir()
    os.mkfifo(tmp_path / "pipe")
    done = doors.hook("--", "submodule", "pipe", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("was not scanned: it is not a regular file.\n") == 2


@pytest.mark.parametrize(
    ("content", "more"),
    [(b"clean \xff\n", []), (b"clean \0\xff\n", ["bedrock_key_guard.scan.prefilter.streams"])],
    ids=["text", "binary"],
)
def test_on_a_clean_file_nothing_is_imported_but_the_literals(
    tmp_path: Path, content: bytes, more: list[str]
) -> None:
    (tmp_path / "file").write_bytes(content * 1000)
    script = (
        "import sys; before = set(sys.modules); from bedrock_key_guard.hook import main;"
        " code = main(['--', 'file']); after = sorted(set(sys.modules) - before);"
        " import json; print(json.dumps([code, after]))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(done.stdout) == [
        0,
        [
            "__future__",
            "bedrock_key_guard",
            "bedrock_key_guard.hook",
            "bedrock_key_guard.keys",
            "bedrock_key_guard.keys.prefixes",
            "bedrock_key_guard.scan",
            "bedrock_key_guard.scan.prefilter",
            "bedrock_key_guard.scan.prefilter.literals",
            "bedrock_key_guard.scan.prefilter.shapes",
            "bedrock_key_guard.scan.prefilter.signatures",
            *more,
        ],
    ]


@pytest.mark.parametrize(("text", "taken_down"), [("clean\n", ""), (LINE, "taken down\n")])
def test_on_a_clean_file_python_is_not_even_taken_down(
    tmp_path: Path, text: str, taken_down: str
) -> None:
    (tmp_path / "file").write_text(text)
    script = f"import atexit; atexit.register(print, 'taken down'); {doors.HOOK}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, "--", "file"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == bool(taken_down), done.stderr
    assert done.stdout == taken_down


# ── the index ───────────────────────────────────────────────────────────────────────────────────


def test_the_index_is_scanned_and_not_the_files_on_disk(repository: Path) -> None:
    stage(repository).write_text("taken out again\n")
    done = doors.hook("--staged", cwd=repository)
    assert done.returncode == 1
    assert "app.env:1:26" in done.stderr


@pytest.mark.parametrize("arguments", [("--staged",), ("--",), ()])
def test_a_hook_that_has_nothing_to_read_passes_without_a_word(
    repository: Path, arguments: tuple[str, ...]
) -> None:
    done = doors.hook(*arguments, cwd=repository)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_that_is_named_is_read_even_where_git_ignores_it(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.env\n")
    (repository / "a.env").write_text(KEY)
    assert doors.hook("--", "a.env", cwd=repository).returncode == 1


def test_a_key_that_is_only_on_disk_is_not_staged(repository: Path) -> None:
    stage(repository, text="clean\n").write_text(LINE)
    assert doors.hook("--staged", cwd=repository).returncode == 0


def test_git_names_the_index_that_it_will_commit(repository: Path) -> None:
    stage(repository)
    other = repository / ".git" / "other-index"
    env = {**os.environ, "GIT_INDEX_FILE": ".git/other-index"}
    git("read-tree", "HEAD", cwd=repository, env=env)
    assert other.exists()
    assert doors.hook("--staged", cwd=repository, env=env).returncode == 0
    assert doors.hook("--staged", cwd=repository).returncode == 1


def test_outside_a_repository_there_is_no_index(tmp_path: Path) -> None:
    done = doors.hook("--staged", cwd=tmp_path)
    assert done.returncode == 2
    assert "is not in a Git repository" in done.stderr


# ── Git's own hook ──────────────────────────────────────────────────────────────────────────────


def commit(repository: Path, *options: str, **environment: str) -> doors.Done:
    env = {"BEDROCK_KEY_GUARD_PYTHON": sys.executable, **os.environ, **environment}
    return git("commit", "-m", "a change", *options, cwd=repository, env=env)


def link(repository: Path) -> None:
    (repository / ".git" / "hooks").mkdir(exist_ok=True)
    (repository / ".git" / "hooks" / "pre-commit").symlink_to(NATIVE_HOOK)


def point(repository: Path) -> None:
    git("config", "core.hooksPath", str(NATIVE_HOOK.parent), cwd=repository)


@pytest.mark.parametrize("install", [link, point])
def test_the_native_hook_blocks_a_key_and_lets_the_rest_pass(
    repository: Path, install: Callable[[Path], None]
) -> None:
    install(repository)
    stage(repository)
    done = commit(repository)
    assert done.returncode == 1
    assert "app.env:1:26" in done.stderr
    stage(repository, text="clean\n")
    assert commit(repository).returncode == 0
    assert commit(repository, "--allow-empty").returncode == 0


def test_the_native_hook_sees_what_commit_adds_by_itself(repository: Path) -> None:
    point(repository)
    (repository / "README").write_text(LINE)
    assert commit(repository, "-a").returncode == 1
    assert commit(repository, "--", "README").returncode == 1


def test_the_native_hook_guards_the_first_commit(tmp_path: Path) -> None:
    git("init", cwd=tmp_path)
    point(tmp_path)
    stage(tmp_path)
    assert commit(tmp_path).returncode == 1


def test_the_native_hook_works_from_a_subfolder_and_a_second_worktree(repository: Path) -> None:
    point(repository)
    folder = repository / "deep" / "down"
    folder.mkdir(parents=True)
    stage(folder)
    assert commit(folder).returncode == 1
    git("worktree", "add", "../second", cwd=repository)
    second = repository.parent / "second"
    stage(second)
    assert commit(second).returncode == 1
    stage(second, text="clean\n")
    assert commit(second).returncode == 0


def bare_path(tmp_path: Path, **programs: str) -> str:
    """Make a PATH with Git and what the hook's shell needs, and no Python but those named."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "git", "readlink", "sh", "cat"):
        (folder / name).symlink_to(shutil.which(name) or name)
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    "programs",
    [{}, {"python3": "#!/bin/sh\nexit 1\n", "python": "#!/bin/sh\nexit 1\n"}],
    ids=["none", "too old"],
)
def test_without_a_python_the_native_hook_blocks_and_says_so(
    repository: Path, tmp_path: Path, programs: dict[str, str]
) -> None:
    point(repository)
    stage(repository, text="clean\n")
    path = bare_path(tmp_path, **programs)
    done = commit(repository, PATH=path, BEDROCK_KEY_GUARD_PYTHON="")
    assert done.returncode == 1
    assert "Python 3.10 or later was not found" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_later_python_is_found_behind_an_old_one(repository: Path, tmp_path: Path) -> None:
    point(repository)
    stage(repository)
    new = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    path = bare_path(tmp_path, **{"python3": "#!/bin/sh\nexit 1\n", "python3.12": new})
    done = commit(repository, PATH=path, BEDROCK_KEY_GUARD_PYTHON="")
    assert "app.env:1:26" in done.stderr


def test_programs_of_the_work_tree_are_not_run_where_path_leads_into_it(
    repository: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    point(repository)
    stage(repository)
    for name in ("dirname", "git", "python3", "readlink"):
        (repository / name).write_text(f"#!/bin/sh\necho $0 >> {mark}\n")
        (repository / name).chmod(0o755)
    new = f'#!/bin/sh\nexec "{sys.executable}" "$@"\n'
    path = f".::{bare_path(tmp_path, python3=new)}"
    # Not through `git commit`, which would itself start what it finds first.
    done = subprocess.run(
        [NATIVE_HOOK],
        cwd=repository,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "app.env:1:26" in done.stderr
    assert not mark.exists(), mark.read_text()


def elsewhere(repository: Path) -> dict[str, str]:
    """Keep the repository apart from its work tree, which lies in another repository."""
    git("init", cwd=repository.parent)
    bare = repository.parent / "elsewhere.git"
    (repository / ".git").rename(bare)
    return {"GIT_DIR": str(bare), "GIT_WORK_TREE": str(repository)}


def test_the_native_hook_finds_a_repository_that_only_git_knows(repository: Path) -> None:
    point(repository)
    named = elsewhere(repository)
    (repository / "app.env").write_text(LINE)
    git("add", "app.env", cwd=repository, env={**os.environ, **named})
    blocked = commit(repository, **named)
    assert blocked.returncode == 1
    assert "app.env:1:26" in blocked.stderr
    (repository / "app.env").write_text("clean\n")
    assert commit(repository, "-a", **named).returncode == 0


def test_a_python_that_was_named_wrongly_blocks(repository: Path) -> None:
    point(repository)
    done = commit(repository, "--allow-empty", BEDROCK_KEY_GUARD_PYTHON="/no/such/python")
    assert done.returncode == 1
    assert "does not name a Python 3.10 or later." in done.stderr


def test_a_copy_of_the_hook_alone_blocks(repository: Path) -> None:
    (repository / ".git" / "hooks").mkdir(exist_ok=True)
    shutil.copy(NATIVE_HOOK, repository / ".git" / "hooks" / "pre-commit")
    done = commit(repository, "--allow-empty")
    assert done.returncode == 1
    assert "src/bedrock_key_guard/githooks/guard.sh" in done.stderr


def test_a_hook_without_the_package_blocks(repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    launcher = Path("src", "bedrock_key_guard", "githooks", "guard.sh")
    (home / launcher).parent.mkdir(parents=True)
    shutil.copy(NATIVE_HOOK.parents[1] / launcher, home / launcher)
    shutil.copytree(NATIVE_HOOK.parent, home / "hooks")
    git("config", "core.hooksPath", str(home / "hooks"), cwd=repository)
    bare = f'#!/bin/sh\nexec "{sys.executable}" -S "$@"\n'
    path = bare_path(tmp_path, python3=bare)
    done = commit(repository, "--allow-empty", PATH=path, BEDROCK_KEY_GUARD_PYTHON="")
    assert done.returncode == 1
    assert "this Python has no package bedrock-key-guard" in done.stderr


# ── a hostile tree ──────────────────────────────────────────────────────────────────────────────


def through_files(repository: Path, env: dict[str, str]) -> doors.Done:
    return doors.hook("--", "app.env", "base64.py", cwd=repository, env=env)


def through_index(repository: Path, env: dict[str, str]) -> doors.Done:
    return doors.hook("--staged", cwd=repository, env=env)


def through_native_hook(repository: Path, env: dict[str, str]) -> doors.Done:
    # Not through `git commit`: the developer's own Git would run the traps before any hook.
    return subprocess.run(
        [NATIVE_HOOK], cwd=repository, env=env, capture_output=True, text=True, check=False
    )


def test_the_traps_would_catch_whoever_is_careless(repository: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    lay_traps(repository, mark)
    for careless in (["git", "status"], [sys.executable, "-c", "import json"]):
        mark.unlink(missing_ok=True)
        env = {**os.environ, "PYTHONPATH": str(repository)}
        subprocess.run(careless, cwd=repository, env=env, capture_output=True, check=False)
        assert mark.exists(), careless


@pytest.mark.parametrize("door", [through_files, through_index, through_native_hook])
def test_a_hostile_tree_runs_nothing(
    repository: Path, tmp_path: Path, door: Callable[[Path, dict[str, str]], doors.Done]
) -> None:
    mark = tmp_path / "mark"
    stage(repository)
    lay_traps(repository, mark)
    mark.unlink(missing_ok=True)
    env = {
        **os.environ,
        "BEDROCK_KEY_GUARD_PYTHON": sys.executable,
        "PYTHONPATH": str(repository),
        "PYTHONSTARTUP": str(repository / "base64.py"),
    }
    done = door(repository, env)
    assert done.returncode == 1, done.stderr
    assert "app.env:1:26" in done.stderr
    assert not mark.exists(), mark.read_text()
