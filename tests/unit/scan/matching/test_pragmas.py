from __future__ import annotations

import pytest

from bedrock_key_guard.scan.matching.windows import pragma_on


@pytest.mark.parametrize(
    ("line", "is_allowed"),
    [
        (b"x  # pragma: allowlist secret", True),
        (b"x  // pragma: whitelist secret", True),
        (b"x  <!-- pragma:allowlist-secret -->", True),
        (b"x  # PRAGMA: AllowList Secret", True),
        ("x  # pragma: allowlist secret".encode("utf-16-le"), True),
        (b"x  # pragma: allow secret", False),
        (b"x  # allowlist secret", False),
        (b"", False),
    ],
)
def test_a_pragma_on_the_line_allows(line: bytes, is_allowed: bool) -> None:
    reason = "pragma: allowlist secret" if is_allowed else None
    assert pragma_on(line) == reason


NEXT = b"# pragma: allowlist nextline secret"


@pytest.mark.parametrize(
    ("before", "is_allowed"),
    [
        (NEXT, True),
        (b"  // pragma: allowlist-nextline-secret", True),
        (b"\t<!-- pragma:allowlist nextline secret -->", True),
        (b"-- pragma: allowlist nextline secret: an example", True),
        (NEXT.decode().encode("utf-16-le"), True),
        (b"other = 'x'  " + NEXT, False),
        (b"# pragma: whitelist nextline secret", False),
        (b"# pragma: allowlist secret", False),
        (b"pragma: allowlist nextline secret", False),
        (b"", False),
    ],
)
def test_a_pragma_for_the_next_line_allows_where_nothing_stands_before_it(
    before: bytes, is_allowed: bool
) -> None:
    reason = "pragma: allowlist nextline secret" if is_allowed else None
    assert pragma_on(b"x", before) == reason
    assert pragma_on(before) is None or before == b"# pragma: allowlist secret"
