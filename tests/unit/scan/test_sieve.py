from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_key_guard.scan import fast, sieve
from bedrock_key_guard.scan.anchors import any_anchor
from bedrock_key_guard.scan.crew import _start as start
from bedrock_key_guard.scan.magic import container_kind
from bedrock_key_guard.scan.sieve import PureGate, Sieve
from tests import keysmith
from tests.contexts import ISSUED_AT
from tests.keysmith import long_term, short_term
from tests.unit.scan.encoders import ENCODERS, OTHERS, SPLITTERS, Encoder

if TYPE_CHECKING:
    from bedrock_key_guard.scan.sieve import Gate

KEY = long_term("bob").encode()
KEYS = {
    "long-term": KEY,
    "short-term": short_term(issued_at=ISSUED_AT).encode(),
    "anthropic": keysmith.claude_platform_short_term(issued_at=ISSUED_AT).encode(),
    "logs": long_term(prefix=keysmith.CLOUDWATCH_LOGS).encode(),
}
STEPS: dict[str, Encoder] = {
    name: encode
    for table in (ENCODERS, SPLITTERS, OTHERS)
    for name, (_, encode) in cast("dict[str, tuple[object, Encoder]]", table).items()
}
ROOM = 1 << 17


def hyperscan_gate() -> Gate:
    gate = fast.fast_gate()
    return gate or pytest.skip("Hyperscan is not installed")


GATES = {"pure": PureGate, "fast": hyperscan_gate}


@pytest.fixture(params=GATES, scope="module")
def gate(request: pytest.FixtureRequest) -> Gate:
    return GATES[request.param]()


@pytest.fixture(scope="module")
def fast_gate() -> Gate:
    return hyperscan_gate()


def files(folder: Path, *contents: bytes) -> list[bytes]:
    paths = [folder / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    return [os.fsencode(path) for path in paths]


def test_only_what_may_hold_a_key_is_left(tmp_path: Path, gate: Gate) -> None:
    paths = files(tmp_path, b"a\n", b"key=" + KEY, b"", b"z" * 3000, KEY + b"\n", b"c")
    assert Sieve(gate, ROOM).sift(paths) == ([1, 4], 3003)


def test_a_sieve_is_used_again_and_again(tmp_path: Path, gate: Gate) -> None:
    used = Sieve(gate, ROOM)
    paths = files(tmp_path, b"a", KEY)
    assert [used.sift(paths), used.sift(paths[:1]), used.sift([])] == [([1], 1), ([], 1), ([], 0)]


def test_what_begins_in_one_file_and_ends_in_the_next_is_no_key(tmp_path: Path, gate: Gate) -> None:
    assert Sieve(gate, ROOM).sift(files(tmp_path, b"see ABS", b"K and so on")) == ([], 18)


@pytest.mark.parametrize("before", [0, ROOM - 200, ROOM, 3 * ROOM - 70, 5 * ROOM])
@pytest.mark.parametrize("behind", [0, 1, ROOM])
def test_a_large_file_is_searched_whole(
    tmp_path: Path, gate: Gate, before: int, behind: int
) -> None:
    padding = (b"nothing here to see\n" * (ROOM // 20 + 1))[:ROOM]
    clean = b"".join([padding] * 6)
    content = clean[:before] + KEY + b"\n" + clean[:behind]
    paths = files(tmp_path, clean, content, b"small")
    assert Sieve(gate, ROOM).sift(paths) == ([1], len(clean) + 5)


@pytest.mark.parametrize("size", [1, ROOM - 1, ROOM, ROOM + 1, 2 * ROOM - sieve.OVERLAP])
def test_a_clean_file_of_any_size_is_counted_whole(tmp_path: Path, gate: Gate, size: int) -> None:
    assert Sieve(gate, ROOM).sift(files(tmp_path, b"-" * size)) == ([], size)


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04", b"\x1f\x8b\x08\0", b"\x7fELF" + b"\0" * 9000 + b"PK\x03\x04\x14" + b"\0" * 90],
    ids=["zip", "gzip", "zip behind a program"],
)
def test_what_may_contain_files_is_left(tmp_path: Path, gate: Gate, content: bytes) -> None:
    content += b"\x04\0\0\0name" * 9 if content.startswith(b"\x7f") else b""
    suspects, _ = Sieve(gate, ROOM).sift(files(tmp_path, b"a", content))
    assert set(suspects) <= {1}
    assert bool(suspects) == bool(container_kind(content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_wide_text_is_searched(tmp_path: Path, gate: Gate, encoding: str) -> None:
    paths = files(tmp_path, "nothing".encode(encoding) * 9, KEY.decode().encode(encoding))
    assert Sieve(gate, ROOM).sift(paths)[0] == [1]


def test_what_is_not_just_a_file_is_left(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    names = ["link", "folder", "pipe", "gone"]
    paths = [os.fsencode(tmp_path / name) for name in names]
    assert Sieve(room=ROOM).sift([*paths, b"/dev/zero", b"/dev/null"]) == ([0, 1, 2, 3, 4, 5], 0)


def test_a_link_that_takes_a_files_place_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"small")
    before = os.lstat(path)
    (tmp_path / "elsewhere").write_bytes(b"other")
    (tmp_path / "0").unlink()
    (tmp_path / "0").symlink_to("elsewhere")
    monkeypatch.setattr("os.lstat", lambda _: before)
    assert Sieve(room=ROOM).sift([path]) == ([0], 0)


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"small")
    before = os.lstat(path)
    (tmp_path / "0").unlink()
    os.mkfifo(tmp_path / "0")
    monkeypatch.setattr("os.lstat", lambda _: before)
    assert Sieve(room=ROOM).sift([path]) == ([0], 0)


@pytest.mark.parametrize(("then", "now"), [(3, 4), (4, 3), (3 * ROOM, ROOM), (ROOM, 3 * ROOM)])
def test_a_file_whose_size_changes_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: int, now: int
) -> None:
    (path,) = files(tmp_path, b"-" * now)
    status = SimpleNamespace(st_mode=0o100644, st_size=then, st_mtime_ns=os.lstat(path).st_mtime_ns)
    monkeypatch.setattr("os.lstat", lambda _: status)
    assert Sieve(room=ROOM).sift([path]) == ([0], 0)


def test_a_large_file_that_is_written_to_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = files(tmp_path, b"-" * 2 * ROOM)
    then = os.lstat(path)
    status = SimpleNamespace(
        st_mode=then.st_mode, st_size=then.st_size, st_mtime_ns=then.st_mtime_ns - 1
    )
    monkeypatch.setattr("os.lstat", lambda _: status)
    assert Sieve(room=ROOM).sift([path]) == ([0], 0)


@pytest.mark.parametrize("family", KEYS)
@pytest.mark.parametrize("step", STEPS)
def test_the_fast_gate_lets_all_through_that_can_be_undone(
    fast_gate: Gate, step: str, family: str
) -> None:
    for second, encode in STEPS.items():
        data = b"before\n" + encode(STEPS[step](KEYS[family])) + b"\nbehind"
        assert fast_gate.single(data) or not any_anchor(data), second


@settings(max_examples=300, derandomize=True)
@given(st.data())
def test_the_fast_gate_lets_random_keys_through_several_steps(
    fast_gate: Gate, data: st.DataObject
) -> None:
    text = long_term(seed=data.draw(st.text("abcdef0123456789", max_size=8))).encode()
    for step in data.draw(st.lists(st.sampled_from(sorted(STEPS)), max_size=3)):
        # PowerShell's step and those that make text wide take text.
        text = STEPS[step](text) if text.isascii() else text
    assert fast_gate.single(text) or not any_anchor(text)


@settings(max_examples=60)
@given(st.lists(st.sampled_from([KEY, b"x" * 30, b"", b"%41" * 30, b"=" * 2000, b"n\0l"])))
def test_both_gates_leave_the_same_files(fast_gate: Gate, contents: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = files(Path(folder), *contents)
        assert Sieve(fast_gate, ROOM).sift(paths) == Sieve(PureGate(), ROOM).sift(paths)


def test_where_nothing_is_rare_each_file_is_asked(fast_gate: Gate) -> None:
    data = b"WFR0LTB" * 9000 + b"%41" * 9000
    assert list(fast_gate.batch(memoryview(data), [0, 4096])) == [0, 1]


def test_without_hyperscan_the_pure_gate_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", None)
    assert isinstance(sieve.best_gate(), PureGate)


def test_with_a_broken_hyperscan_the_pure_gate_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hyperscan", SimpleNamespace())
    assert isinstance(sieve.best_gate(), PureGate)


@pytest.mark.parametrize("count", [1, 3])
def test_processes_answer_one_list_after_the_other(tmp_path: Path, count: int) -> None:
    paths = files(tmp_path, b"nothing", KEY, b"a")
    lists = (b"\0".join(paths), paths[0], paths[1])
    asked = b"".join(b"%d\n%b" % (len(names), names) for names in lists)
    leader, crew = start(count)
    for worker in crew:
        worker.questions.write(asked)
        worker.questions.flush()
    answers = [[worker.answers.readline() for _ in lists] for worker in crew]
    for worker in crew:
        worker.close()
    assert answers == [[b"8 1\n", b"7\n", b"0 0\n"]] * count
    assert leader.wait() == 0
