"""Open a zip that begins far into an object of Git, which only its end tells: it is read twice."""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from hashlib import shake_256
from pathlib import Path

import pytest

from bedrock_key_guard.model.findings import Scan
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.containers.members import TOO_FAR_IN
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.source import Source
from bedrock_key_guard.scan.sources.commit_range import commit_range
from bedrock_key_guard.scan.sources.history import history
from bedrock_key_guard.scan.sources.index import index
from bedrock_key_guard.scan.sources.stdin import stream
from tests import boxes
from tests.doors import git
from tests.keysmith import fingerprint_of, long_term

KEY = long_term("bob")
BEFORE = shake_256(b"a picture").digest(1_200_000)
TEXT = b"x = 1\n" * 30 + KEY.encode()
ZIP = boxes.zipped({"a.txt": TEXT})
LARGE = boxes.zipped({"noise": shake_256(b"noise").digest(5_000_000), "a.txt": TEXT})


Sources = Generator[Source, None, None]


def in_git(folder: Path, data: bytes) -> None:
    git("init", cwd=folder)
    (folder / "picture.png").write_bytes(data)
    git("add", "--all", cwd=folder)


def committed(folder: Path, data: bytes) -> None:
    in_git(folder, data)
    assert git("commit", "-m", "a picture", cwd=folder).returncode == 0


def of_index(folder: Path, data: bytes) -> Sources:
    in_git(folder, data)
    return index(folder, {})


def of_history(folder: Path, data: bytes) -> Sources:
    committed(folder, data)
    return history(folder)


def of_range(folder: Path, data: bytes) -> Sources:
    committed(folder, data)
    return commit_range(folder, ("HEAD",))


def of_pipe(_: Path, data: bytes) -> Sources:
    return stream(Pipe(data))


class Pipe:
    """Give bytes once, and forwards."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._file.read(size)


def scanned(sources: Sources) -> Scan:
    return read(sources, AllowList())


@pytest.mark.parametrize(
    ("open_as", "archive"),
    [
        *((open_as, ZIP) for open_as in (of_index, of_history, of_range)),
        (of_index, LARGE),
        *(
            pytest.param(open_as, LARGE, marks=pytest.mark.slow)
            for open_as in (of_history, of_range)
        ),
    ],
    ids=lambda value: getattr(value, "__name__", "small" if value is ZIP else "more than is held"),
)
def test_it_is_opened_wherever_it_begins(
    open_as: Callable[[Path, bytes], Sources], archive: bytes, tmp_path: Path
) -> None:
    done = scanned(open_as(tmp_path, BEFORE + archive))
    (finding,) = done.findings
    assert finding.key.fingerprint == fingerprint_of(KEY)
    assert finding.location.containers == ("zip:a.txt",)
    assert (done.not_scanned, done.complete) == ((), True)


def test_what_is_in_it_and_before_it_is_found_once(tmp_path: Path) -> None:
    plain = KEY.encode() + b"\n" + BEFORE
    done = scanned(of_index(tmp_path, plain + ZIP))
    (finding,) = done.findings
    assert finding.location.containers == ()
    assert done.complete


def test_what_is_only_there_once_says_that_it_was_not_opened(tmp_path: Path) -> None:
    done = scanned(of_pipe(tmp_path, BEFORE + ZIP))
    assert done.findings == ()
    assert [(gap.kind, gap.reason) for gap in done.not_scanned] == [("unopened", TOO_FAR_IN)]
    assert not done.complete


def test_what_cannot_be_opened_in_it_is_told_of(tmp_path: Path) -> None:
    sealed = ZIP[:8] + b"\x62\0" + ZIP[10:]
    directory = sealed.index(b"PK\1\2")
    sealed = sealed[: directory + 10] + b"\x62\0" + sealed[directory + 12 :]
    done = scanned(of_index(tmp_path, BEFORE + sealed))
    assert [gap.kind for gap in done.not_scanned] == ["unopened"]
    assert TOO_FAR_IN not in [gap.reason for gap in done.not_scanned]
