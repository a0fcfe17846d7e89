from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.scan.allow_entries import AllowedKey, read_entry, with_entry

A, B, C = "a" * 12, "b" * 12, "c" * 12
words = st.text(st.characters(codec="ascii", categories=("L", "N", "P")), min_size=1)
patterns = words.map(lambda word: "x" + word.replace("#", "?").replace("\\", "/"))
entries = st.builds(
    AllowedKey,
    st.text("0123456789abcdef", min_size=12, max_size=64),
    patterns | st.just(""),
    st.none() | st.dates(date(1000, 1, 1)),
    words | st.just(""),
)


@given(entries)
def test_an_entry_is_read_as_it_was_written(entry: AllowedKey) -> None:
    read = read_entry(entry.line)
    assert read == entry
    assert read is not None
    assert read.reason == entry.reason


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# a comment",
        "fingerprint abc",
        f"fingerprint {A.upper()}",
        f"fingerprint {A} path=*",
        f"fingerprint {A} path=**/*",
        f"fingerprint {A} path=",
        f"fingerprint {A} until=2027-02-30",
        f"fingerprint {A} until=tomorrow",
        f"fingerprint {A} until=2027-01-01 path=a",
        f"fingerprint {A} pth=docs/*",
        f"fingerprint {A} an example",
    ],
)
def test_what_is_no_entry_allows_nothing(line: str) -> None:
    assert read_entry(line) is None


@pytest.mark.parametrize(
    ("text", "entry", "expected"),
    [
        ("", AllowedKey(A), f"fingerprint {A}\n"),
        (f"fingerprint {A}\nfingerprint {C}\n", AllowedKey(B), None),
        (
            f"# keys\n\nfingerprint {A}\nfingerprint {C}\n\nmissing {'1' * 40}\n",
            AllowedKey(B),
            None,
        ),
        (f"fingerprint {A}\n\nunread *.7z x\n", AllowedKey(B, "docs/*"), None),
        (f"fingerprint {A} path=a\nfingerprint {C}\n", AllowedKey(A, "b"), None),
        (
            f"# keys\nfingerprint {A} until=2020-01-01  # old\n",
            AllowedKey(A, reason="new"),
            f"# keys\nfingerprint {A}  # new\n",
        ),
        (f"fingerprint {A}\r\n", AllowedKey(B), f"fingerprint {A}\r\nfingerprint {B}\r\n"),
        (f"fingerprint {A}", AllowedKey(B), f"fingerprint {A}\nfingerprint {B}\n"),
    ],
)
def test_an_entry_is_put_where_it_sorts_and_all_else_stays(
    text: str, entry: AllowedKey, expected: str | None
) -> None:
    changed = with_entry(text, entry)
    if expected is not None:
        assert changed == expected
        return
    lines = changed.splitlines()
    assert [line for line in lines if line != entry.line] == text.splitlines()
    found = [each for line in lines if (each := read_entry(line))]
    assert found == sorted(found, key=lambda each: (each.fingerprint, each.path))
