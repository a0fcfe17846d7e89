from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.prefilter import batches, may_hold_key
from bedrock_key_guard.scan.prefilter.batches import Batches
from bedrock_key_guard.scan.prefilter.signatures import container_kind
from tests.keysmith import long_term

KEY = long_term("bob").encode()
ROOM = 1 << 17


def files(folder: Path, *contents: bytes) -> list[bytes]:
    paths = [folder / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return [os.fsencode(path) for path in paths]


def test_only_what_may_hold_a_key_is_left(tmp_path: Path) -> None:
    paths = files(tmp_path, b"a\n", b"key=" + KEY, b"", b"z" * 3000, KEY + b"\n", b"c")
    assert Batches(ROOM).select(paths) == ([1, 4], 3003)


def test_the_buffer_is_used_again_and_again(tmp_path: Path) -> None:
    used = Batches(ROOM)
    paths = files(tmp_path, b"a", KEY)
    assert [used.select(paths), used.select(paths[:1]), used.select([])] == [
        ([1], 1),
        ([], 1),
        ([], 0),
    ]


def test_what_begins_in_one_file_and_ends_in_the_next_is_no_key(tmp_path: Path) -> None:
    assert Batches(ROOM).select(files(tmp_path, b"see ABS", b"K and so on")) == ([], 18)


@pytest.mark.parametrize("before", [0, ROOM - 200, ROOM, 3 * ROOM - 70, 5 * ROOM])
@pytest.mark.parametrize("behind", [0, 1, ROOM])
def test_a_large_file_is_searched_whole(tmp_path: Path, before: int, behind: int) -> None:
    padding = (b"nothing here to see\n" * (ROOM // 20 + 1))[:ROOM]
    clean = b"".join([padding] * 6)
    content = clean[:before] + KEY + b"\n" + clean[:behind]
    paths = files(tmp_path, clean, content, b"small")
    assert Batches(ROOM).select(paths) == ([1], len(clean) + 5)


@pytest.mark.parametrize("size", [1, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM - batches.OVERLAP])
def test_a_clean_file_of_any_size_is_counted_whole(tmp_path: Path, size: int) -> None:
    assert Batches(ROOM).select(files(tmp_path, b"-" * size)) == ([], size)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\x7fELF" + b"\0" * 9000 + b"PK\x03\x04\x14" + b"\0" * 90],
    ids=["zip", "gzip", "zip behind a program"],
)
def test_what_may_contain_files_is_left(tmp_path: Path, content: bytes) -> None:
    content += b"\x04\0\0\0name" * 9 if content.startswith(b"\x7f") else b""
    suspects, _ = Batches(ROOM).select(files(tmp_path, b"a", content))
    assert set(suspects) <= {1}
    assert bool(suspects) == bool(container_kind(content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_text_is_searched(tmp_path: Path, encoding: str) -> None:
    paths = files(tmp_path, "nothing".encode(encoding) * 9, KEY.decode().encode(encoding))
    assert Batches(ROOM).select(paths)[0] == [1]


def test_what_is_not_just_a_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["link", "folder", "pipe", "gone"]
    paths = [os.fsencode(tmp_path / name) for name in names]
    assert Batches(ROOM).select([*paths, b"/dev/zero", b"/dev/null"]) == ([0, 1, 2, 3, 4, 5], 0)


def test_a_link_that_takes_a_files_place_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"small")
    before = os.lstat(path)
    (tmp_path / "elsewhere").write_bytes(b"other")
    (tmp_path / "0").unlink()
    (tmp_path / "0").symlink_to("elsewhere")
    monkeypatch.setattr("os.lstat", lambda _: before)
    assert Batches(ROOM).select([path]) == ([0], 0)


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"small")
    before = os.lstat(path)
    (tmp_path / "0").unlink()
    os.mkfifo(tmp_path / "0")
    monkeypatch.setattr("os.lstat", lambda _: before)
    assert Batches(ROOM).select([path]) == ([0], 0)


@pytest.mark.parametrize(("then", "now"), [(3, 4), (4, 3), (3 * ROOM, ROOM), (ROOM, 3 * ROOM)])
def test_a_file_whose_size_changes_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: int, now: int
) -> None:
    (path,) = files(tmp_path, b"-" * now)
    status = SimpleNamespace(st_mode=0o100644, st_size=then, st_mtime_ns=os.lstat(path).st_mtime_ns)
    monkeypatch.setattr("os.lstat", lambda _: status)
    assert Batches(ROOM).select([path]) == ([0], 0)


def test_a_large_file_that_is_written_to_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"-" * 2 * ROOM)
    then = os.lstat(path)
    status = SimpleNamespace(
        st_mode=then.st_mode, st_size=then.st_size, st_mtime_ns=then.st_mtime_ns - 1
    )
    monkeypatch.setattr("os.lstat", lambda _: status)
    assert Batches(ROOM).select([path]) == ([0], 0)


PIECES = [
    *(KEY, KEY[:9], KEY[9:], b"", b"x" * 30, b"=" * 2000),
    *(b"%41" * 30, b"n\0l", b"eJw" + b"a" * 57),
]


@given(st.lists(st.sampled_from(PIECES), max_size=40), st.sampled_from([1, 4096, 1 << 18]))
def test_files_beside_each_other_are_sorted_out_as_each_would_be_alone(
    contents: list[bytes], together: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(batches, "TOGETHER", together)
        chosen = Batches(ROOM).choose(contents)
    expected = [at for at, each in enumerate(contents) if may_hold_key(each)]
    assert chosen == expected


@pytest.mark.parametrize("size", [10, ROOM, 3 * ROOM])
def test_a_file_of_which_less_is_read_than_asked_for_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    paths = files(tmp_path, b"-" * size)
    read = os.read
    monkeypatch.setattr("os.read", lambda file, most: read(file, most // 2))
    assert Batches(ROOM).select(paths) == ([0], 0)
