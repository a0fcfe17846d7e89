"""Read a CloudTrail record: was the call made with a Bedrock API key, and what does it show.

Where the two services put the mark of a key: Bedrock in `additionalEventData.callWithBearerToken`,
Mantle in `requestParameters` (Amazon Bedrock user guide, "Log Amazon Bedrock API calls using AWS
CloudTrail" and "... Mantle"). Either place counts for either service, as a truth value or as text.
Of a key that somebody made in the console an event says `sessionCredentialFromConsole` at its top
(CloudTrail user guide, "CloudTrail record contents").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.aws.cloudtrail import GUARD_AGENT, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.model.usage import Dimension, EventPoint

Kind = Literal["long-term", "short-term"]
Failure = Literal["invalid", "denied"]

LONGEST = 256
"""Characters of a value that are kept: nobody reads more of a user agent."""

_BEARER = "callWithBearerToken"
_CONSOLE = "the AWS console"
_MARKETPLACE = "aws-marketplace.amazonaws.com"
_BEDROCK = "bedrock.amazonaws.com"
_PROBES = ("ListFoundationModels", "ListModels")
_INFERENCE = ("InvokeModel", "Converse", "CreateInference", "CreateModelInvocationJob")
_FAILURES: dict[str, Failure] = {"ValidationException": "invalid", "AccessDenied": "denied"}
# "ABSK" is in AWS's own example of an event, the others are those of `bedrock:BearerTokenType`.
_KINDS: dict[str, Kind] = {
    "ABSK": "long-term",
    "LONG_TERM": "long-term",
    "SHORT_TERM": "short-term",
    "bedrock-api-key": "short-term",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Hold what a record says of one call made with a key; what it does not say is empty."""

    seen: EventPoint
    event: str
    region: str
    address: str = ""
    agent: str = ""
    model: str = ""
    inference_region: str = ""
    error: str = ""
    principal: str = ""
    access_key_id: str = ""
    kind: Kind | None = None
    made_in: str = ""

    @property
    def failure(self) -> Failure | None:
        """Return how a call to a model failed; None for one that did not, or otherwise.

        A call with a wrong parameter costs nothing, and its ValidationException says that the model
        may be used.
        """
        if not self.event.startswith(_INFERENCE):
            return None
        return next((how for code, how in _FAILURES.items() if self.error.startswith(code)), None)

    @property
    def is_probe(self) -> bool:
        """Return whether a guard asked if the key is live, by its user agent, which all can copy.

        A call that does anything but list models is never set apart, whatever it calls itself.
        """
        return self.event in _PROBES and self.agent.startswith(GUARD_AGENT)

    def value(self, dimension: Dimension) -> str:
        """Return what the call has in one dimension, "" where the record does not say."""
        value: str = getattr(self, dimension)
        return value


def read_call(record: Record) -> Call | None:
    """Return the call of a record, or None where it was not made with a Bedrock API key.

    A subscription that Bedrock made on the caller's behalf bears no mark, and counts.
    """
    request, more = record.part("requestParameters"), record.part("additionalEventData")
    if not (_is_marked(request) or _is_marked(more) or _is_subscription(record)):
        return None

    def text(*path: str) -> str:
        return cut(record.text(*path))

    return Call(
        seen=record.seen,
        event=cut(record.name) or "(unnamed)",
        region=text("awsRegion"),
        address=text("sourceIPAddress"),
        agent=cut(record.agent),
        model=text("requestParameters", "modelId") or text("requestParameters", "model"),
        inference_region=text("additionalEventData", "inferenceRegion")
        or text("requestParameters", "inferenceRegion"),
        error=text("errorCode"),
        principal=cut(record.actor),
        access_key_id=text("userIdentity", "accessKeyId"),
        made_in=_CONSOLE if text("sessionCredentialFromConsole") == "true" else "",
        kind=_kind(request) or _kind(more) or _by_identity(record),
    )


def cut(value: str) -> str:
    """Return as much of a value as is kept."""
    return value[:LONGEST]


def _is_marked(part: Mapping[str, Any]) -> bool:
    mark = part.get(_BEARER)
    return mark is True or (isinstance(mark, str) and mark.lower() == "true")


def _is_subscription(record: Record) -> bool:
    invoked_by = record.text("userIdentity", "invokedBy")
    return record.text("eventSource") == _MARKETPLACE and invoked_by == _BEDROCK


def _kind(part: Mapping[str, Any]) -> Kind | None:
    kind = part.get("bearerTokenType")
    return _KINDS.get(kind.removesuffix("-")) if isinstance(kind, str) else None


def _by_identity(record: Record) -> Kind | None:
    """Return the kind of a session's key, a short-term one; a user's without one may be either."""
    identity = record.part("userIdentity")
    of_session = record.text("userIdentity", "type") not in ("IAMUser", "")
    return "short-term" if of_session or identity.get("sessionContext") else None
