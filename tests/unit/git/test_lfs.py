from __future__ import annotations

import pytest

from bedrock_key_guard.git.lfs import Pointer, pointer_in
from bedrock_key_guard.scan.prefilter.signatures import POINTER, container_kind

OID = "5" * 64
TEXT = f"version https://git-lfs.github.com/spec/v1\noid sha256:{OID}\nsize 12\n"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.rstrip("\n"),
        TEXT + "\n",
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"),
        TEXT.replace("https://git-lfs.github.com/spec/v1", "http://git-media.io/v/2"),
        TEXT.replace("oid", f"ext-0-case sha256:{OID}\noid", 1),
    ],
)
def test_what_git_lfs_takes_for_a_pointer_is_one(text: str) -> None:
    """Git writes `\\r\\n` on Windows, where Git LFS is not installed."""
    assert container_kind(text.encode()) == POINTER
    assert pointer_in(text.encode()) == Pointer(OID, 12)


@pytest.mark.parametrize(
    "text",
    [
        TEXT + "more: yes\n",
        TEXT.replace("sha256", "sha1"),
        TEXT.replace("size 12", "size many"),
        TEXT.replace("v1", "v9"),
        TEXT + " " * 1024,
    ],
)
def test_a_text_about_pointers_is_a_text(text: str) -> None:
    assert pointer_in(text.encode()) is None
