"""Write tokens as GitHub gives them to workflows, and assume roles with them.

Sources: GitHub's "OpenID Connect reference" for the claims and both forms of the subject, the STS
API reference for `AssumeRoleWithWebIdentity`, and the README of configure-aws-credentials for its
default audience.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore import UNSIGNED
from botocore.config import Config

from sandbox.front.sandbox import Sandbox

HOST = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


def token(claims: Mapping[str, Any]) -> str:
    """Write what GitHub would have signed."""
    usual = {"iss": f"https://{HOST}", "aud": AUDIENCE, "exp": time.time() + 300}
    parts: list[Mapping[str, Any]] = [{"alg": "RS256"}, {**usual, **claims}]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b"signature"]).decode()


def assume(sandbox: Sandbox, web_identity: str, role: str) -> dict[str, Any]:
    """Assume a role with a token; raises botocore's ClientError."""
    sts: Any = botocore.session.get_session().create_client(
        "sts",
        region_name="us-east-1",
        endpoint_url=sandbox.aws_url,
        config=Config(signature_version=UNSIGNED, proxies={}),
    )
    answer: dict[str, Any] = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="guard", WebIdentityToken=web_identity
    )
    return answer


def subject(job: Mapping[str, Any], repository: str, ref: str) -> str:
    """Return the subject of a job's token: its environment if it names one, or else its ref."""
    environment = job.get("environment")
    name = environment["name"] if isinstance(environment, dict) else environment
    return f"repo:{repository}:environment:{name}" if name else f"repo:{repository}:ref:{ref}"
