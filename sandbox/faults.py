"""Make a running server fail on purpose: what goes wrong, for which calls, and how often.

A fault is a value; a `FaultPlan` hands it out to the calls whose IAM action fits a pattern:

    sandbox.aws_faults.add(THROTTLED, on="iam:UpdateServiceSpecificCredential", times=3)
    sandbox.bedrock.faults.add(Delay(0.2), on="bedrock-mantle:*", times=None)
"""

from __future__ import annotations

import fnmatch
import threading
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer with exactly this, whatever was asked."""

    status: int
    body: str = ""
    headers: Headers = (("Content-Type", "text/plain"),)


@dataclass(frozen=True, slots=True)
class ServiceError:
    """Refuse in the words and the format of the service that was called."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait, then answer as usual."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """Answer nothing until the server stops."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class AcceptEverything:
    """Let Bedrock list its models to any key, or to none."""


@dataclass(frozen=True, slots=True)
class NamePrincipal:
    """Let Bedrock say that this principal may not do `action` (by default what was asked)."""

    arn: str
    action: str | None = None


Fault = Answer | ServiceError | Delay | Hang | Drop | AcceptEverything | NamePrincipal
BEDROCK_ONLY = (AcceptEverything, NamePrincipal)

THROTTLED = ServiceError(429, "ThrottlingException", "Rate exceeded")
AWS_THROTTLED = ServiceError(400, "Throttling", "Rate exceeded")
UNAVAILABLE = ServiceError(503, "ServiceUnavailable", "Service is unavailable")
ACCESS_DENIED = ServiceError(403, "AccessDenied", "User is not authorized to perform this action")


def html(status: int = 200) -> Answer:
    """Make the page of a proxy or a captive portal."""
    page = "<!doctype html><html><body><h1>Please sign in to the network</h1></body></html>"
    return Answer(status, page, (("Content-Type", "text/html"),))


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, "", (("Location", location),))


@dataclass(slots=True)
class _Rule:
    pattern: str
    fault: Fault
    left: int | None


class FaultPlan:
    """Hand out faults, first added first; a rule is spent after `times` calls, or never."""

    def __init__(self, *, for_bedrock: bool = False) -> None:
        self._for_bedrock = for_bedrock
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, on: str = "*", times: int | None = 1) -> None:
        """Plan a fault for calls that fit `on`, such as `iam:Update*` or `bedrock:*`."""
        if isinstance(fault, BEDROCK_ONLY) and not self._for_bedrock:
            message = f"{fault} is a fault of Bedrock, not of the other services"
            raise TypeError(message)
        with self._lock:
            self._rules.append(_Rule(on, fault, times))

    def take(self, action: str) -> Fault | None:
        """Give the fault for this call, and count it."""
        with self._lock:
            rule = next((r for r in self._rules if fnmatch.fnmatchcase(action, r.pattern)), None)
            if rule is None:
                return None
            if rule.left is not None:
                rule.left -= 1
                if rule.left == 0:
                    self._rules.remove(rule)
            return rule.fault

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()
