"""List the literal starts of every key family: all that a clean tree is ever searched for.

This module imports nothing, so that a hook on a clean tree costs no more than `bytes.find`.
"""

from __future__ import annotations

BEDROCK_LONG_TERM = "ABSK"
BEDROCK_SHORT_TERM = "bedrock-api-key-"
CLAUDE_PLATFORM_LONG_TERM = "AEAA"
CLAUDE_PLATFORM_SHORT_TERM = "aws-external-anthropic-api-key-"
CLOUDWATCH_LOGS = "ACWL"
CLOUDWATCH_METRICS = "APIAACWM"

PREFIXES = (
    BEDROCK_LONG_TERM,
    BEDROCK_SHORT_TERM,
    CLAUDE_PLATFORM_LONG_TERM,
    CLAUDE_PLATFORM_SHORT_TERM,
    CLOUDWATCH_LOGS,
    CLOUDWATCH_METRICS,
)
