"""Write a key into a file: right in every detail, of an account that is AWS's example."""

from __future__ import annotations

import base64
import secrets
import sys
from pathlib import Path

secret = base64.b64encode(secrets.token_bytes(45))
key = b"ABSK" + base64.b64encode(b"BedrockAPIKey-ex4m-at-111122223333:" + secret)
Path(sys.argv[1]).write_bytes(b"AWS_BEARER_TOKEN_BEDROCK=" + key + b"\n")
