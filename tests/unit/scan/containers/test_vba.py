from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.origins import WorkTree
from bedrock_key_guard.scan.containers.reading import read_file
from bedrock_key_guard.scan.containers.vba import Vba
from tests import boxes, keysmith

KEY = keysmith.long_term("bob")
SOURCE = f'Attribute VB_Name = "Ask"\r\nSub Ask()\r\n  Key = "{KEY}"\r\nEnd Sub\r\n'.encode()
# [MS-OVBA], 3.2.2 and 3.2.3.
EXAMPLES = {
    "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa": (
        "012FB000236161616263646582660070616768696A013808616B6C"
        "00306D6E6F7006710270041072737475761077 78797A003C"
    ),
    "a" * 73: "0103B002614500",
}


def packed(source: bytes) -> bytes:
    """Write every byte as itself, eight behind each byte of flags, in chunks."""
    data = b"\1"
    for begin in range(0, len(source), 3600):
        chunk = source[begin : begin + 3600]
        tokens = b"".join(b"\0" + chunk[at : at + 8] for at in range(0, len(chunk), 8))
        data += (0xB000 | len(tokens) - 1).to_bytes(2, "little") + tokens
    return data


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_its_specification_are_unpacked(text: str) -> None:
    macro = Vba()
    assert macro.decompress(bytes.fromhex(EXAMPLES[text]), 1 << 16) == text.encode()


@given(st.binary(max_size=9000), st.integers(1, 5000))
def test_what_comes_in_pieces_is_unpacked_and_what_is_behind_it_given_back(
    source: bytes, size: int
) -> None:
    macro, data, found = Vba(), packed(source) + b"\0\0rest", b""
    for begin in range(0, len(data), size):
        found += macro.decompress(data[begin : begin + size], 1 << 16)
    assert (found, macro.eof, macro.unused_data[:2]) == (source, True, b"\0\0")


@given(st.binary(max_size=600))
def test_noise_ends_in_no_other_error(noise: bytes) -> None:
    macro = Vba()
    try:
        assert len(macro.decompress(b"\1" + noise, 1 << 16)) <= 4096 * 200
    except ValueError:
        return


@pytest.mark.parametrize("before", [bytes(900), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)])
def test_a_key_in_a_macro_is_found(before: bytes) -> None:
    project = before + packed(SOURCE) + bytes(900)
    for data in (project, boxes.zipped({"xl/vbaProject.bin": project})):
        (finding,) = read_file(io.BytesIO(data), WorkTree("book.xlsm")).findings
        assert finding.key.fingerprint == keysmith.fingerprint_of(KEY)
        assert finding.location.containers[-1] == f"VBA:at {len(before)}"
        assert finding.location.span.line == 3
