"""A plan chooses no server that a token is shown to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

import pytest

from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.org.hosting import client_of, hosting_of
from bedrock_key_guard.org.sweep_plan import Plan, Planned

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)
GITHUB = {"GITHUB_TOKEN": "sandbox_token"}


def plan_of(*addresses: str, api: str = "") -> Plan:
    each = tuple(Planned(address, address) for address in addresses)
    return replace(Plan(NOW, (each,)), api=api)


def test_a_plan_of_the_github_that_the_environment_names_is_opened() -> None:
    plan = plan_of("https://github.com/acme/app.git", api="https://api.github.com")
    assert hosting_of(plan, GITHUB).token == "sandbox_token"


@pytest.mark.parametrize(
    ("address", "api"),
    [
        ("https://github.com/acme/app.git", "https://evil.example.com"),
        ("https://evil.example.com/acme/app.git", "https://api.github.com"),
        ("https://github.com.evil.example.com/app.git", "https://api.github.com"),
        ("/srv/app.git", "https://api.github.com"),
    ],
)
def test_a_plan_of_another_server_is_refused(address: str, api: str) -> None:
    with pytest.raises(UsageError, match="of another GitHub"):
        hosting_of(plan_of(address, api=api), GITHUB)


def test_a_token_is_shown_to_one_server_alone() -> None:
    addresses = ("https://a.example.com/x.git", "https://b.example.com/y.git", "/srv/z.git")
    assert hosting_of(plan_of(*addresses), {}).token == ""
    assert hosting_of(plan_of(*addresses[1:]), {"GIT_TOKEN": "t"}).token == "t"
    with pytest.raises(UsageError, match=r"a\.example\.com, b\.example\.com"):
        hosting_of(plan_of(*addresses), {"GIT_TOKEN": "t"})


def test_github_is_not_asked_without_a_token() -> None:
    with pytest.raises(CredentialsError):
        client_of({})
    assert client_of({"ISSUE_TOKEN": "t"}, for_issues=True) is not None
