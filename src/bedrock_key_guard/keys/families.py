"""Keep the table of key families: one row each, Amazon Bedrock's two first.

Prefixes of the long-term families and their common envelope were recorded by radkawar/stackd;
the short-term layout is in aws/aws-bedrock-token-generator-python and its Claude Platform twin;
service names and deny actions are in the IAM user guide, "API keys for AWS services". It names more
services than have a prefix that anybody recorded, AWS X-Ray for one: whatever has the envelope of a
long-term key under another prefix is of the last row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bedrock_key_guard.keys import prefixes

Kind = Literal["long-term", "short-term"]


@dataclass(frozen=True, slots=True)
class Family:
    """Describe one family of keys.

    `service` signs the presigned URL of a short-term key; `console_user` is how the console names
    the users that it makes, empty where it does not; `secret_lengths` are those of the secrets in
    long-term keys, which were recorded by radkawar/stackd (`secret_payload_length`).
    """

    name: str
    title: str
    prefix: str
    kind: Kind
    service: str
    console_user: str = ""
    secret_lengths: tuple[int, ...] = (60,)

    @property
    def service_name(self) -> str:
        """Return IAM's name of the service, the host of its presigned URLs; "" if it is unknown."""
        return f"{self.service}.amazonaws.com" if self.service else ""

    @property
    def deny_actions(self) -> tuple[str, ...]:
        """Return the actions that stop every key when they are denied: one for each plane."""
        planes = _PLANES.get(self.service, (self.service,) if self.service else ())
        return tuple(f"{plane}:CallWithBearerToken" for plane in planes)


_PLANES = {"bedrock": ("bedrock", "bedrock-mantle")}

BEDROCK_LONG_TERM = Family(
    "bedrock-long-term",
    "Amazon Bedrock long-term API key",
    prefixes.BEDROCK_LONG_TERM,
    "long-term",
    "bedrock",
    console_user="BedrockAPIKey-",
)
BEDROCK_SHORT_TERM = Family(
    "bedrock-short-term",
    "Amazon Bedrock short-term API key",
    prefixes.BEDROCK_SHORT_TERM,
    "short-term",
    "bedrock",
)
CLAUDE_PLATFORM_LONG_TERM = Family(
    "claude-platform-long-term",
    "Claude Platform on AWS long-term API key",
    prefixes.CLAUDE_PLATFORM_LONG_TERM,
    "long-term",
    "aws-external-anthropic",
    console_user="AeaApiKey-",
)
CLAUDE_PLATFORM_SHORT_TERM = Family(
    "claude-platform-short-term",
    "Claude Platform on AWS short-term API key",
    prefixes.CLAUDE_PLATFORM_SHORT_TERM,
    "short-term",
    "aws-external-anthropic",
)
CLOUDWATCH_LOGS = Family(
    "cloudwatch-logs",
    "Amazon CloudWatch Logs API key",
    prefixes.CLOUDWATCH_LOGS,
    "long-term",
    "logs",
)
CLOUDWATCH_METRICS = Family(
    "cloudwatch-metrics",
    "Amazon CloudWatch metrics API key",
    prefixes.CLOUDWATCH_METRICS,
    "long-term",
    "cloudwatch",
)
UNKNOWN_LONG_TERM = Family(
    "aws-long-term",
    "AWS API key (unknown service)",
    "",
    "long-term",
    "",
)
"""The row of every prefix that no other row has, which is then put into it."""

FAMILIES = (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_LONG_TERM,
    CLAUDE_PLATFORM_SHORT_TERM,
    CLOUDWATCH_LOGS,
    CLOUDWATCH_METRICS,
)


def probed(family: Family) -> bool:
    """Return whether the guard can ask the service itself: for Amazon Bedrock's own families."""
    return family.service == "bedrock"
