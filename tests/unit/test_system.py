"""Ask the one module that knows systems, of this one and of Windows as its documents have it."""

from __future__ import annotations

import errno
import ntpath
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bedrock_key_guard import system
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.spelling import as_stored, comparable, ignores_case
from bedrock_key_guard.system import (
    decoded,
    encoded,
    folders,
    identity,
    is_link,
    nobody_reads,
    own_folder,
    program,
    same,
    write_whole,
)

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
TREE = r"C:\Git\cmd\git.exe", r"D:\tree\git.exe", r"D:\tree\git.bat", r"C:\tools\git.cmd"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Have the module take this system for Windows, with its rules for paths and a few files."""
    path = SimpleNamespace(**vars(ntpath))
    path.isfile = lambda name: name in TREE
    path.realpath = lambda name: ntpath.normpath(str(name))
    fake = SimpleNamespace(**vars(os))
    fake.path, fake.pathsep, fake.environ = path, ";", {}
    fake.access = lambda name, _mode: name in TREE
    monkeypatch.setattr(system, "os", fake)
    monkeypatch.setattr(system, "WINDOWS", True)
    return fake


@pytest.mark.parametrize(
    ("path", "searched"),
    [
        (r"C:\a;D:\b", [r"C:\a", r"D:\b"]),
        (r'"C:\quoted";C:\a', [r"C:\quoted", r"C:\a"]),
        (r".;tree;\tree;C:tree;;C:\a", [r"C:\a"]),
        (r"\\server\share\bin", [r"\\server\share\bin"]),
    ],
)
def test_only_whole_paths_are_searched_on_windows(
    path: str, searched: list[str], windows: object
) -> None:
    assert folders(path) == searched


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (r".;C:\tools;C:\Git\cmd", r"C:\Git\cmd\git.exe"),  # no .cmd, and nothing here
        (r"C:\tools", None),
        ("", None),
    ],
)
def test_a_program_of_windows_is_an_exe_on_path(
    path: str, found: str | None, windows: object
) -> None:
    assert program("git", path) == found


def test_windows_is_told_to_search_on_path_alone(windows: SimpleNamespace) -> None:
    system.look_nowhere_else()
    assert windows.environ == {"NoDefaultCurrentDirectoryInExePath": "1"}


def test_this_system_starts_git_by_its_whole_path() -> None:
    found = program("git", os.environ["PATH"])
    assert found
    assert Path(found).is_absolute()


LONG = "C:\\" + "d" * 300


@pytest.mark.parametrize(
    ("absolute", "always", "taken"),
    [
        (r"C:\tree\a", False, "as given"),
        (r"C:\tree\a", True, r"\\?\C:\tree\a"),
        (LONG, False, rf"\\?\{LONG}"),
        (r"\\server\share\a", True, r"\\?\UNC\server\share\a"),
        (r"\\?\C:\a", True, "as given"),
        (r"\\.\nul", True, "as given"),
    ],
)
def test_a_long_path_of_windows_gets_what_it_wants(absolute: str, always: bool, taken: str) -> None:
    assert system._extended(absolute, "as given", always=always) == taken


def test_a_file_is_the_same_by_every_spelling_and_where_nothing_is_numbered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.touch()
    two.touch()
    real = os.stat
    unnumbered = SimpleNamespace(st_dev=7, st_ino=0)
    for stat in (real, lambda path: [real(path), unnumbered][1]):
        monkeypatch.setattr(os, "stat", stat)
        assert same(one, tmp_path / "." / "one")
        assert not same(one, two)
        assert not same(tmp_path / "none", tmp_path / "none")
        assert identity("a\0b") is None


def test_a_junction_is_a_link(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not is_link(tmp_path)
    assert not is_link(tmp_path / "none")
    junction = SimpleNamespace(st_mode=0o040000, st_reparse_tag=0xA0000003)
    monkeypatch.setattr(os, "lstat", lambda _: junction)
    assert is_link(tmp_path)


@pytest.mark.parametrize("name", [b"plain", "é".encode(), b"\xff", b"a\xe9/b"])
def test_a_name_of_git_comes_back_whatever_its_bytes(name: bytes) -> None:
    assert encoded(decoded(name)) == name


def test_half_a_pair_of_surrogates_is_a_name_too() -> None:
    assert encoded("a\ud83d") == b"a\xed\xa0\xbd"


@pytest.mark.parametrize(
    ("one", "other", "case", "alike"),
    [
        (COMPOSED, DECOMPOSED, True, True),
        (COMPOSED.upper(), DECOMPOSED, True, False),
        (COMPOSED.upper(), DECOMPOSED, False, True),
        ("docs\\a.md", "./docs/a.md", True, True),
        ("Docs/a.md", "docs/A.md", True, False),
        ("Docs/a.md", "docs/A.md", False, True),
        ("a", "b", False, False),
    ],
)
def test_paths_are_alike_in_every_spelling_that_means_them(
    one: str, other: str, case: bool, alike: bool
) -> None:
    assert (comparable(one, case=case) == comparable(other, case=case)) is alike


def test_a_folder_is_asked_whether_it_ignores_case(tmp_path: Path) -> None:
    (tmp_path / "Name").touch()
    assert ignores_case(tmp_path) is (tmp_path / "nAME").exists()
    (tmp_path / "empty").mkdir()
    assert ignores_case(tmp_path / "empty") is ignores_case(tmp_path)
    assert ignores_case(tmp_path / "none") is ignores_case(tmp_path)


def test_a_pair_that_differs_by_case_alone_deceives_nobody(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    if (tmp_path / "A").exists():
        pytest.skip("there can be no such pair")
    (tmp_path / "A").hardlink_to(tmp_path / "a")
    assert not ignores_case(tmp_path)


def test_a_path_is_given_as_its_folders_have_it(tmp_path: Path) -> None:
    (tmp_path / "Folder").mkdir()
    (tmp_path / "Folder" / "caf\u00e9.txt").touch()
    (stored,) = (tmp_path / "Folder").iterdir()
    for name in ("Folder/caf\u00e9.txt", "fOLDER/CAFe\u0301.TXT", "Folder/cafe\u0301.txt"):
        spelled = tmp_path / name
        wanted = stored.name if spelled.exists() else spelled.name
        assert as_stored(spelled).name == wanted
    assert as_stored(Path("..")) == Path("..")
    assert as_stored(tmp_path / "none" / "\u00e9").name == "\u00e9"


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"LOCALAPPDATA": "/local"}, "/local"),
        ({"LOCALAPPDATA": "/local", "XDG_STATE_HOME": "/own"}, "/own"),
    ],
)
def test_a_person_of_windows_has_one_folder_for_programs(
    environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "WINDOWS", True)
    assert own_folder("state", environment) == Path(folder)


def test_a_person_of_macos_has_another(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "WINDOWS", False)
    monkeypatch.setattr(system, "MACOS", True)
    assert own_folder("data", {}).parts[-2:] == ("Library", "Application Support")


def test_who_has_no_home_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless(_: Path) -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "expanduser", homeless)
    with pytest.raises(UsageError, match="no home") as refused:
        own_folder("data", {})
    assert "XDG_DATA_HOME" in refused.value.remedy


def test_a_reader_who_has_gone_is_told_on_each_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert nobody_reads(BrokenPipeError())
    for windows in (False, True):
        monkeypatch.setattr(system, "WINDOWS", windows)
        assert nobody_reads(OSError(errno.EINVAL, "")) is windows
        assert not nobody_reads(OSError(errno.ENOSPC, ""))


@pytest.mark.parametrize(("busy", "waits"), [(0, 0), (2, 2), (9, 5)])
def test_a_file_that_is_open_on_windows_is_tried_again_for_a_while(
    busy: int, waits: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaces, left, slept = Path.replace, [busy], list[float]()

    def replace(one: Path, other: Path) -> Any:
        left[0] -= 1
        if left[0] >= 0:
            raise PermissionError
        return replaces(one, other)

    monkeypatch.setattr(system, "WINDOWS", True)
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(Path, "replace", replace)
    (tmp_path / "file").write_bytes(b"old")
    try:
        write_whole(tmp_path / "file", b"new\n")
    except PermissionError:
        assert busy > waits
    assert len(slept) == waits
    assert (tmp_path / "file").read_bytes() == (b"new\n" if busy <= waits else b"old")


@pytest.mark.bare
def test_a_worker_starts_without_what_is_slow() -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import bedrock_key_guard.system; "
    code += "print({'typing', 're', 'pathlib', 'unicodedata', 'shlex'} & set(sys.modules))"
    source = str(Path(system.__file__).parents[1])
    command = [sys.executable, "-I", "-S", "-c", code, source]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


SOURCES = {
    path.relative_to(Path(system.__file__).parent).as_posix(): path.read_text("utf-8")
    for path in Path(system.__file__).parent.rglob("*.py")
}


def test_no_source_names_what_only_some_systems_have() -> None:
    names = [f"os.{name}" for name in "readv preadv fork symlink killpg setsid getuid".split()]
    words = ("pass_fds", "symlink_to", "start_new_session", "import selectors", "SIGKILL")
    found = [
        (path, word) for path, text in SOURCES.items() for word in (*names, *words) if word in text
    ]
    assert len(SOURCES) > 100
    assert found == []


def test_no_other_module_asks_which_system_it_runs_on() -> None:
    asks = re.compile(r"os\.name\b|sys\.platform|platform\.system|os\.fsdecode\(|samefile")
    askers = {path: asks.findall(text) for path, text in SOURCES.items() if asks.search(text)}
    assert askers == {
        "system.py": ["os.name", "sys.platform"],
        "scan/prefilter/object_worker.py": ["os.fsdecode("],  # paths of our own
    }
