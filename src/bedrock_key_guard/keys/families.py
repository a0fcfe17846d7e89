"""Keep the table of key families: one row each, Amazon Bedrock's two first.

Prefixes of the long-term families and their common envelope were recorded by radkawar/stackd;
the short-term layout is in aws/aws-bedrock-token-generator-python and its Claude Platform twin;
service names and deny actions are in the IAM user guide, "API keys for AWS services".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bedrock_key_guard.keys import prefixes

Kind = Literal["long-term", "short-term"]


@dataclass(frozen=True, slots=True)
class Family:
    """Describe one family of keys.

    `token_host` is the host that a short-term key's presigned URL names and `signing_service` the
    service of its signature; both are empty for long-term families. `console_user` is how the
    console names the users that it makes, empty where it does not.
    """

    name: str
    title: str
    prefix: str
    kind: Kind
    service_name: str
    deny_actions: tuple[str, ...]
    console_user: str = ""
    token_host: str = ""
    signing_service: str = ""


_BEDROCK_DENY = ("bedrock:CallWithBearerToken", "bedrock-mantle:CallWithBearerToken")
_CLAUDE_DENY = ("aws-external-anthropic:CallWithBearerToken",)

BEDROCK_LONG_TERM = Family(
    name="bedrock-long-term",
    title="Amazon Bedrock long-term API key",
    prefix=prefixes.BEDROCK_LONG_TERM,
    kind="long-term",
    service_name="bedrock.amazonaws.com",
    deny_actions=_BEDROCK_DENY,
    console_user="BedrockAPIKey-",
)
BEDROCK_SHORT_TERM = Family(
    name="bedrock-short-term",
    title="Amazon Bedrock short-term API key",
    prefix=prefixes.BEDROCK_SHORT_TERM,
    kind="short-term",
    service_name="bedrock.amazonaws.com",
    deny_actions=_BEDROCK_DENY,
    token_host="bedrock.amazonaws.com",  # noqa: S106  # a host name
    signing_service="bedrock",
)
CLAUDE_PLATFORM_LONG_TERM = Family(
    name="claude-platform-long-term",
    title="Claude Platform on AWS long-term API key",
    prefix=prefixes.CLAUDE_PLATFORM_LONG_TERM,
    kind="long-term",
    service_name="aws-external-anthropic.amazonaws.com",
    deny_actions=_CLAUDE_DENY,
    console_user="AeaApiKey-",
)
CLAUDE_PLATFORM_SHORT_TERM = Family(
    name="claude-platform-short-term",
    title="Claude Platform on AWS short-term API key",
    prefix=prefixes.CLAUDE_PLATFORM_SHORT_TERM,
    kind="short-term",
    service_name="aws-external-anthropic.amazonaws.com",
    deny_actions=_CLAUDE_DENY,
    token_host="aws-external-anthropic.amazonaws.com",  # noqa: S106  # a host name
    signing_service="aws-external-anthropic",
)
CLOUDWATCH_LOGS = Family(
    name="cloudwatch-logs",
    title="Amazon CloudWatch Logs API key",
    prefix=prefixes.CLOUDWATCH_LOGS,
    kind="long-term",
    service_name="logs.amazonaws.com",
    deny_actions=("logs:CallWithBearerToken",),
)
CLOUDWATCH_METRICS = Family(
    name="cloudwatch-metrics",
    title="Amazon CloudWatch metrics API key",
    prefix=prefixes.CLOUDWATCH_METRICS,
    kind="long-term",
    service_name="cloudwatch.amazonaws.com",
    deny_actions=("cloudwatch:CallWithBearerToken",),
)

FAMILIES = (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_LONG_TERM,
    CLAUDE_PLATFORM_SHORT_TERM,
    CLOUDWATCH_LOGS,
    CLOUDWATCH_METRICS,
)


def probed(family: Family) -> bool:
    """Tell whether the guard can ask the service itself: for Amazon Bedrock's own families."""
    return family.service_name == "bedrock.amazonaws.com"
