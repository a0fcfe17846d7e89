"""A scan of strangers' repositories runs as nobody, and its rows survive a kill."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard.errors import CredentialsError, UsageError
from bedrock_key_guard.org.rows import Row
from bedrock_key_guard.org.shard import digest_of, read_rows, refuse_credentials
from bedrock_key_guard.org.state import as_json
from bedrock_key_guard.org.sweep_plan import Plan

if TYPE_CHECKING:
    from pathlib import Path

PLAN = Plan(datetime(2026, 11, 29, tzinfo=timezone.utc), ())


@pytest.mark.parametrize(
    "name",
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_PROFILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_CONFIG_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_ROLE_ARN",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_BEARER_TOKEN_BEDROCK",
        "AWS_SOMETHING_OF_NEXT_YEAR",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
    ],
)
def test_what_leads_to_aws_is_refused_by_name(name: str) -> None:
    with pytest.raises(CredentialsError, match=name) as raised:
        refuse_credentials({"PATH": "/bin", name: "s3cret"})
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PAGER", "GITHUB_TOKEN"])
def test_what_leads_nowhere_is_let_in(name: str) -> None:
    refuse_credentials({name: "x", "AWS_PROFILE": ""})


def test_a_row_that_was_cut_is_read_again_and_the_file_mended(tmp_path: Path) -> None:
    file, whole = tmp_path / "rows", as_json(Row("acme/a", "read", plan=digest_of(PLAN))) + "\n"
    file.write_text(whole + whole[:20], "utf-8")
    assert [row.name for row in read_rows(file, PLAN)] == ["acme/a"]
    assert file.read_text("utf-8") == whole
    assert read_rows(tmp_path / "none", PLAN) == []


def test_what_was_read_for_another_plan_is_not_taken_for_this_one(tmp_path: Path) -> None:
    file = tmp_path / "rows"
    file.write_text(as_json(Row("acme/a", "read", plan=digest_of(PLAN))) + "\n", "utf-8")
    with pytest.raises(UsageError, match="written for another plan"):
        read_rows(file, replace(PLAN, api="https://api.github.com"))
