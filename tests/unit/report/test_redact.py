from __future__ import annotations

import pytest

from bedrock_key_guard.report.redact import redact
from tests import keysmith

LONG, SHORT = keysmith.long_term(), keysmith.short_term()
SHORTEST_USER = keysmith.long_term("u")


@pytest.mark.parametrize("key", [LONG, SHORT, SHORTEST_USER, LONG.rstrip("=")])
@pytest.mark.parametrize("text", ["{}", "keys/{}.txt", '"{}"', "x{}", "a {} b", "{}/{}"])
def test_a_key_in_other_text_is_taken_out(key: str, text: str) -> None:
    prefix = "ABSK" if key.startswith("ABSK") else "bedrock-api-key-"
    replaced = f"{prefix}[redacted]"
    assert redact(text.format(key, key)) == text.format(replaced, replaced)


@pytest.mark.parametrize("cut", range(1, 100, 7))
def test_a_key_that_was_cut_shows_fewer_than_twelve_characters_of_its_secret(cut: int) -> None:
    secret_starts = len("ABSK") + 24
    secret = SHORTEST_USER[secret_starts:]
    shown = redact(SHORTEST_USER[:-cut])
    assert all(secret[start : start + 12] not in shown for start in range(len(secret) - 11))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ABSK",
        "src/bedrock-api-key-rotation/main/java/com/example/bedrock/RotationServiceTest.java",
        "bedrock-api-key-rotation-for-a-very-long-name-of-a-service-of-ours.md",
        "0" * 64,
        "ABSKxxxxxxxx",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    assert redact(text) == text
