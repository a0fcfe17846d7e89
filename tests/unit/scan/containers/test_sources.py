from __future__ import annotations

import gzip
import io
import os
from pathlib import Path

import pytest

from bedrock_key_guard import hook
from bedrock_key_guard.model.findings import Scan
from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.prefilter.signatures import CONTAINER_MAGICS, container_kind
from bedrock_key_guard.scan.scan import read
from bedrock_key_guard.scan.sources.commit_range import commit_range
from bedrock_key_guard.scan.sources.history import history
from bedrock_key_guard.scan.sources.index import index
from bedrock_key_guard.scan.sources.stdin import stream
from bedrock_key_guard.scan.sources.worktree import files
from tests import boxes
from tests.doors import git
from tests.keysmith import long_term

KEY = long_term("bob")
TEXT = f"first\nkey = {KEY}\n".encode()
BOX = boxes.zipped({"a": TEXT}) + boxes.encrypted({"b": TEXT})
ALLOW = AllowList()


def shown(scan: Scan) -> tuple[list[tuple[str, ...]], list[str]]:
    places = [finding.location.containers for finding in scan.findings]
    return places, [each.what for each in scan.not_scanned]


def test_every_source_looks_into_containers(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(BOX)
    git("init", cwd=tmp_path)
    git("add", "box", cwd=tmp_path)
    assert shown(read(files([box]), ALLOW)) == ([("zip:a",)], [f"{box.as_posix()} > zip:b"])
    assert shown(read(index(tmp_path, {}), ALLOW)) == ([("zip:a",)], ["box > zip:b"])
    assert shown(read(stream(io.BytesIO(BOX)), ALLOW)) == ([("zip:a",)], ["<stdin> > zip:b"])


@pytest.mark.parametrize("deep", [False, True])
def test_every_source_opens_a_zip_behind_something_else(tmp_path: Path, deep: bool) -> None:
    # Deflated, the key shows nothing of itself; no start of a container is near.
    (tmp_path / "box").write_bytes(b"MZ" + bytes(300_000) + boxes.zipped({"a": TEXT * 9}))
    git("init", cwd=tmp_path)
    git("add", "box", cwd=tmp_path)
    assert read(files([tmp_path / "box"]), ALLOW).findings
    assert read(index(tmp_path, {}), ALLOW).findings
    git("commit", "--quiet", "--message", "Add a program", cwd=tmp_path)
    assert read(history(tmp_path, deep=deep), ALLOW).findings
    assert read(commit_range(tmp_path, ["HEAD"]), ALLOW).findings


def test_a_container_that_was_read_in_part_is_counted(tmp_path: Path) -> None:
    box = tmp_path / "box"
    box.write_bytes(BOX)
    scanned = read(files([box]), ALLOW).scanned
    assert (scanned.objects, scanned.bytes) == (1, len(BOX))


def test_a_link_out_of_the_tree_and_a_fifo_are_not_opened(tmp_path: Path) -> None:
    outside = tmp_path / "outside.zip"
    outside.write_bytes(BOX)
    (tmp_path / "link.zip").symlink_to(outside)
    os.mkfifo(tmp_path / "pipe.zip")
    scan = read(files([tmp_path / "link.zip", tmp_path / "pipe.zip"]), ALLOW)
    assert scan.findings == ()
    assert [each.reason for each in scan.not_scanned] == ["it is not a regular file"]


@pytest.mark.parametrize(
    "data",
    [BOX, gzip.compress(TEXT * 9), boxes.sqlite("-" * 9000 + KEY)],
    ids=["zip", "gzip", "SQLite"],
)
def test_a_file_that_changes_while_it_is_read_does_no_harm(data: bytes) -> None:
    class Shrinking(io.BytesIO):
        """Lose its second half once it was read for the first time."""

        def read(self, size: int | None = -1, /) -> bytes:
            block = super().read(size)
            self.truncate(len(data) // 2)
            return block

    reading = read_file(Shrinking(data), WorkTree("box"))
    assert reading.bytes_read <= len(data)


# Where a signature is short, the scanner looks at what follows.
_MORE = {
    b"BZh": b"91AY&SY",
    b"\x60\xea": b"\x2b\0" + bytes(6) + b"\2",
    b"!BDN": bytes(4) + b"SM",
    b"ORC": b"\0\0\0",
    b"\x89HDF\r\n\x1a\n": b"lzf\0",
    b"\xc7\x71": bytes(18) + b"\2\0",
    b"\x71\xc7": bytes(18) + b"\0\2",
    **dict.fromkeys((b"070701", b"070702", b"070707"), b"0" * 104),
}


@pytest.mark.parametrize("magic", [magic for magic, _ in CONTAINER_MAGICS], ids=repr)
def test_the_hook_leaves_containers_to_the_scanner(tmp_path: Path, magic: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(magic + _MORE.get(magic, b""))
    assert hook.needs_scanner(str(file))
    assert hook.needs_scanner(str(file), window=7)


def test_the_hook_finds_a_key_in_a_container(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "notes.docx"
    file.write_bytes(boxes.docx(KEY))
    assert hook.main([str(file)]) == 1
    assert "notes.docx" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"", ""),
        (b"BZh is no bzip2", ""),
        (b"#!/bin/sh\necho PK\n", ""),
        (b"plain text " * 50, ""),
        (b"1234567 " * 64, ""),
        (b"a" + bytes(147) + b"000000\0 " + bytes(356), ""),
        (b"a" + bytes(147) + b"000541\0 " + bytes(356), "tar"),
        (bytes(512), ""),
    ],
)
def test_what_only_looks_like_a_container_is_none(head: bytes, kind: str) -> None:
    assert container_kind(head) == kind
