from __future__ import annotations

from typing import Any

import pytest

from bedrock_key_guard.investigate.issuer import issued_to
from tests.unit.investigate.records import ACCOUNT, SESSION, parsed

KEY = "ASIAQNZGKIQYEXAMPLE2"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
GIVEN = {"credentials": {"accessKeyId": KEY}}


@pytest.mark.parametrize(
    ("response", "arn"),
    [
        ({**GIVEN, "assumedRoleUser": {"arn": SESSION}}, SESSION),
        ({**GIVEN, "federatedUser": {"arn": FEDERATED}}, FEDERATED),
        (GIVEN, USER),
        ({"credentials": {"accessKeyId": "ASIAOTHER"}, "assumedRoleUser": {"arn": SESSION}}, None),
        ({"assumedRoleUser": {"arn": SESSION}}, None),
        ({"credentials": KEY}, None),
        (None, None),
        ("text", None),
    ],
)
def test_an_access_key_is_traced_to_whom_it_was_given(response: Any, arn: str | None) -> None:
    event = parsed({"responseElements": response, "userIdentity": {"arn": USER}})
    assert issued_to(event, KEY) == arn


def test_an_event_without_a_caller_names_nobody() -> None:
    assert issued_to(parsed({"responseElements": GIVEN}), KEY) is None
