"""Ask a simulator of IAM, as a process of its own, what policies allow and deny."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.jobs import ROOT

SCRIPT = ROOT / "tests" / "simulator" / "simulate.mjs"
INSTALLED = ROOT / "build" / "simulator" / "package.json"
ACCOUNT = "111122223333"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"},
}
Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one request and the policies that it is held against.

    `has_claims` keeps those of a token in the context.
    """

    action: str
    resource: str = "*"
    identity: tuple[Policy, ...] = (EVERYTHING,)
    organization: tuple[Policy, ...] = ()
    context: dict[str, str] = field(default_factory=dict)
    has_claims: bool = False

    def simulation(self) -> dict[str, Any]:
        """Return it as the simulator reads it."""
        ceiling = [_named(EVERYTHING, *self.organization)] if self.organization else []
        return {
            "request": {
                "principal": f"arn:aws:iam::{ACCOUNT}:user/somebody",
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": ACCOUNT},
                "contextVariables": self.context,
            },
            "identityPolicies": _named(*self.identity),
            "serviceControlPolicies": [{"orgIdentifier": "r-root", "policies": p} for p in ceiling],
            "resourceControlPolicies": [],
            "keepsContext": self.has_claims,
        }


def judge(requests: Sequence[Request]) -> list[str]:
    """Return `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied` for each request."""
    node = shutil.which("node")
    if node is None or not INSTALLED.is_file():
        if os.environ.get("CI"):
            raise AssertionError("the simulator is missing: `make test` installs it where npm is")
        pytest.skip("the simulator of IAM needs Node and npm")
    done = subprocess.run(
        [node, SCRIPT, INSTALLED],
        input=json.dumps([request.simulation() for request in requests]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdicts: list[str] = json.loads(done.stdout)
    return verdicts


def _named(*policies: Policy) -> list[dict[str, Any]]:
    return [{"name": str(number), "policy": policy} for number, policy in enumerate(policies)]
