"""Name what can go wrong with a call on purpose; a fault is a value that a `FaultPlan` hands out.

    sandbox.aws_faults.add(THROTTLED, on="iam:UpdateServiceSpecificCredential", times=3)
    sandbox.aws_faults.add(RateLimit(2), on="cloudtrail:LookupEvents", times=None)
    sandbox.aws_faults.add(Interrupt(kill), on=is_write, after=1)
    sandbox.bedrock.faults.add(Delay(0.2), on="bedrock-mantle:*", times=None)

Codes and statuses are those of the IAM API reference ("Common Errors", "AttachUserPolicy") and of
the CloudTrail API reference; where no words are recorded they are made up.
"""

from __future__ import annotations

from collections.abc import Callable
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
class Lost:
    """Carry the call out, and reset the connection instead of answering."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Do something, such as to kill the caller, then reset the connection.

    `carried_out` is whether the call is carried out before that.
    """

    act: Callable[[], object]
    carried_out: bool = False


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Refuse what is more than so many calls in a time, in each account and region by itself."""

    calls: int
    seconds: float = 1.0
    error: ServiceError = ServiceError(400, "ThrottlingException", "Rate exceeded")


@dataclass(frozen=True, slots=True)
class Every:
    """Do it to each n-th call only, in each account and region by itself."""

    number: int
    fault: ServiceError


@dataclass(frozen=True, slots=True)
class AcceptEverything:
    """Let Bedrock list its models to any key, or to none."""


@dataclass(frozen=True, slots=True)
class NamePrincipal:
    """Let Bedrock say that this principal may not do `action` (by default what was asked)."""

    arn: str
    action: str | None = None


Outcome = (
    Answer
    | ServiceError
    | Delay
    | Hang
    | Drop
    | Lost
    | Interrupt
    | AcceptEverything
    | NamePrincipal
)
Fault = Outcome | RateLimit | Every
BEDROCK_ONLY = (AcceptEverything, NamePrincipal)

THROTTLED = ServiceError(429, "ThrottlingException", "Rate exceeded")
AWS_THROTTLED = ServiceError(400, "Throttling", "Rate exceeded")
UNAVAILABLE = ServiceError(503, "ServiceUnavailable", "Service is unavailable")
LIMIT_EXCEEDED = ServiceError(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerUser: 10")
CONCURRENT = ServiceError(
    409, "ConcurrentModification", "The entity is being modified by another request."
)
UNMODIFIABLE = ServiceError(
    400,
    "UnmodifiableEntity",
    "Cannot perform the operation on the protected role - this role is only modifiable by AWS",
)
DELETE_CONFLICT = ServiceError(
    409, "DeleteConflict", "Cannot delete entity, must remove referenced objects first."
)
NO_SUCH_ENTITY = ServiceError(404, "NoSuchEntity", "The entity cannot be found.")
# What ListFoundationModels says of an account that AWS has closed to Bedrock
# (aws-samples/amazon-bedrock-workshop 20).
CLOSED_ACCOUNT = ServiceError(
    403,
    "AccessDeniedException",
    "Your account is not authorized to invoke this API operation.",
)
ACCESS_DENIED = ServiceError(403, "AccessDenied", "User is not authorized to perform this action")


def html(status: int = 200) -> Answer:
    """Make the page of a proxy or a captive portal."""
    page = "<!doctype html><html><body><h1>Please sign in to the network</h1></body></html>"
    return Answer(status, page, (("Content-Type", "text/html"),))


def redirect(location: str, status: int = 302) -> Answer:
    return Answer(status, "", (("Location", location),))
