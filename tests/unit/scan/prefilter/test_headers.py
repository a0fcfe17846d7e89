from __future__ import annotations

from bedrock_key_guard.scan.prefilter.headers import CHECKS, archive_behind
from bedrock_key_guard.scan.prefilter.signatures import CHECKED, CONTAINER_MAGICS, container_kind


def test_each_short_signature_has_the_check_of_its_header() -> None:
    assert set(CHECKS) == CHECKED
    assert {kind for _, kind in CONTAINER_MAGICS} >= CHECKED


def test_text_that_begins_as_a_short_signature_is_no_container() -> None:
    for start, kind in CONTAINER_MAGICS:
        if kind in CHECKED - {"Office"}:
            assert container_kind(start + b" is but a word" * 80) == "", kind


def test_a_program_that_looks_for_archives_is_none() -> None:
    program = b"\x7fELF" + b"7z\xbc\xaf\x27\x1c%s\0Rar!\x1a\x07\0%s\0" * 3
    assert archive_behind(program) == container_kind(program) == ""
