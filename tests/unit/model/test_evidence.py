from __future__ import annotations

import pytest

from bedrock_key_guard.model.evidence import AllowedAccounts

OURS, THEIRS = "111122223333", "210987654321"


@pytest.mark.parametrize(
    ("listed", "account_id", "permitted"),
    [
        ({OURS}, OURS, True),
        ({OURS}, THEIRS, False),
        ({OURS}, None, False),
        (set(), OURS, False),
        (None, OURS, False),
        (None, None, False),
    ],
)
def test_only_an_account_that_is_known_to_be_listed_is_permitted(
    listed: set[str] | None, account_id: str | None, permitted: bool
) -> None:
    accounts = None if listed is None else frozenset(listed)
    assert AllowedAccounts(OURS, accounts).permits(account_id) is permitted
