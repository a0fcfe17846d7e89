from __future__ import annotations

import pytest

from bedrock_key_guard.setup.repository_facts import (
    FoundValue,
    account_in,
    github_repository,
    is_branch,
    region_in,
)

ROLE = "role-to-assume: arn:aws:iam::111122223333:role/deploy\n"
OTHER = "role-to-assume: arn:aws-cn:iam::123456789012:role/deploy\n"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/app.git", "acme/app"),
        ("https://github.com/acme/app", "acme/app"),
        ("https://github.com/acme/my.app/", "acme/my.app"),
        ("https://user@github.com/acme/app.git", "acme/app"),
        ("git@github.com:acme/app.git", "acme/app"),
        ("ssh://git@github.com/acme/app.git", "acme/app"),
        ("ssh://git@ssh.github.com:443/acme/app.git", "acme/app"),
        ("git://github.com/acme/app", "acme/app"),
        ("https://gitlab.com/acme/app.git", None),
        ("https://github.com.evil.example/acme/app", None),
        ("https://evil.example/github.com/acme/app", None),
        ("/srv/git/github.com/acme/app", None),
        ("https://github.com/acme", None),
        ("https://github.com/acme/app/x", None),
        ("", None),
    ],
)
def test_a_repository_is_read_from_a_remote_at_github_alone(url: str, name: str | None) -> None:
    assert github_repository(url) == name


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"a.yml": ROLE, "b.yml": ROLE}, (FoundValue("111122223333", "as a.yml says"), "aws")),
        ({"a.yml": OTHER, "b.yml": None}, (FoundValue("123456789012", "as a.yml says"), "aws-cn")),
        ({"a.yml": ROLE, "b.yml": OTHER}, None),
        ({"a.yml": "role-to-assume: ${{ vars.ROLE }}\n"}, None),
        ({}, None),
    ],
)
def test_an_account_is_taken_where_all_workflows_agree(
    files: dict[str, str | None], found: tuple[FoundValue, str] | None
) -> None:
    assert account_in(files) == found


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("  aws-region: eu-central-1\n", "eu-central-1"),
        ("  aws-region: 'us-gov-west-1' # x\n", "us-gov-west-1"),
        ("  aws-region: eu-central-1\n  aws-region: us-east-1\n", None),
        ("  aws-region: ${{ vars.REGION }}\n", None),
    ],
)
def test_a_region_is_taken_where_all_workflows_agree(text: str, region: str | None) -> None:
    found = region_in({"a.yml": text})
    assert (found.value if found else None) == region


@pytest.mark.parametrize(
    ("name", "fits"), [("main", True), ("release/1.x", True), ("a#b", False), ("ü", False)]
)
def test_a_branch_fits_the_roles_trust_or_not(name: str, fits: bool) -> None:
    assert is_branch(name) is fits
