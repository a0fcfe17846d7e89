"""Offer what to use instead of a long-lived key, in a few lines to copy.

Sources: the README of aws-actions/configure-aws-credentials, the IAM user guide, "Create a role
for OpenID Connect federation", and the README of aws/aws-bedrock-token-generator-python.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Replacement:
    """Hold one way: for whom it is, and the lines to copy."""

    title: str
    language: str
    lines: tuple[str, ...]


REPLACEMENTS = (
    Replacement(
        "In GitHub Actions: a role that GitHub's OIDC provider may assume, and no key at all",
        "yaml",
        (
            "permissions:",
            "  id-token: write",
            "  contents: read",
            "steps:",
            "  - uses: aws-actions/configure-aws-credentials@v5",
            "    with:",
            "      role-to-assume: arn:aws:iam::ACCOUNT:role/ROLE",
            "      aws-region: us-east-1",
        ),
    ),
    Replacement(
        "Where a program wants a Bedrock API key: one that lives for hours, made as it is needed",
        "python",
        (
            "# pip install aws-bedrock-token-generator",
            "import os",
            "from datetime import timedelta",
            "from aws_bedrock_token_generator import provide_token",
            "",
            'os.environ["AWS_BEARER_TOKEN_BEDROCK"] = provide_token(expiry=timedelta(hours=1))',
        ),
    ),
)
