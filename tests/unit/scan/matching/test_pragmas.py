from __future__ import annotations

import pytest

from bedrock_key_guard.scan.matching.lines import pragma_on


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
