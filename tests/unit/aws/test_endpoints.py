from __future__ import annotations

import pytest

from bedrock_key_guard.aws.endpoints import overrides_trusted, plane_url
from bedrock_key_guard.model.evidence import Plane

ALL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_BEDROCK": "http://127.0.0.1:2/",
    "AWS_ENDPOINT_URL_BEDROCK_MANTLE": "http://127.0.0.1:3",
}
TRUST = {"BEDROCK_KEY_GUARD_ENDPOINTS": "trust"}
REAL = "https://bedrock.us-east-1.amazonaws.com"
REAL_MANTLE = "https://bedrock-mantle.us-east-1.api.aws"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("", False), ("1", False), ("true", False), ("Trust", False), ("trust", True)],
)
def test_one_word_admits_the_overrides(value: str | None, expected: bool) -> None:
    environment = {} if value is None else {"BEDROCK_KEY_GUARD_ENDPOINTS": value}
    assert overrides_trusted(environment) is expected


@pytest.mark.parametrize(
    ("plane", "environment", "url"),
    [
        ("bedrock", {}, REAL),
        ("bedrock-mantle", {}, REAL_MANTLE),
        ("bedrock", ALL, REAL),
        ("bedrock-mantle", ALL, REAL_MANTLE),
        ("bedrock", TRUST, REAL),
        ("bedrock", {**TRUST, **ALL}, "http://127.0.0.1:2"),
        ("bedrock-mantle", {**TRUST, **ALL}, "http://127.0.0.1:3"),
        ("bedrock", {**TRUST, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        (
            "bedrock-mantle",
            {**TRUST, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "http://127.0.0.1:1",
        ),
        ("bedrock-mantle", {**TRUST, "AWS_ENDPOINT_URL_BEDROCK": "http://x"}, REAL_MANTLE),
        ("bedrock", {**TRUST, **ALL, "AWS_ENDPOINT_URL_BEDROCK": ""}, "http://127.0.0.1:1"),
        ("bedrock", {**TRUST, "AWS_ENDPOINT_URL_IAM": "http://x"}, REAL),
    ],
)
def test_where_a_plane_is_asked(plane: Plane, environment: dict[str, str], url: str) -> None:
    assert plane_url(plane, "us-east-1", environment) == url


def test_a_trusted_override_admits_no_other_region() -> None:
    with pytest.raises(KeyError):
        plane_url("bedrock", "x@127.0.0.1", {**TRUST, **ALL})
