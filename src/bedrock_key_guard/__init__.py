"""Find leaked Amazon Bedrock API keys, prove which are live, and make those dead."""

from __future__ import annotations

__version__ = "0.1.0"
REPOSITORY = "OWNER/bedrock-key-guard"
