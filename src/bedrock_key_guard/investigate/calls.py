"""Read a CloudTrail record: was the call made with a Bedrock API key, and what does it tell.

Where the two services put the mark of a key: Bedrock in `additionalEventData.callWithBearerToken`,
Mantle in `requestParameters` (Amazon Bedrock user guide, "Log Amazon Bedrock API calls using AWS
CloudTrail" and "... Mantle"). Either place counts for either service, as a truth value or as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal

from bedrock_key_guard.model.usage import Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.model.usage import Dimension

Kind = Literal["long-term", "short-term"]

GUARD_AGENT = "bedrock-key-guard/"
LONGEST = 256
"""Characters of a value that are kept: nobody reads more of a user agent."""

_BEARER = "callWithBearerToken"
_MARKETPLACE = "aws-marketplace.amazonaws.com"
_BEDROCK = "bedrock.amazonaws.com"
_PROBES = ("ListFoundationModels", "ListModels")
# "ABSK" is in AWS's own example of an event, the others are those of `bedrock:BearerTokenType`.
_KINDS: dict[str, Kind] = {
    "ABSK": "long-term",
    "LONG_TERM": "long-term",
    "SHORT_TERM": "short-term",
    "bedrock-api-key": "short-term",
}


@dataclass(frozen=True, slots=True)
class Call:
    """Hold what a record tells of one call made with a key; what it does not tell is empty."""

    seen: Sighting
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

    @property
    def is_probe(self) -> bool:
        """Tell whether a guard asked if the key is live; by its own word, which anyone can copy.

        A call that does anything but list models is never set apart, whatever it calls itself.
        """
        return self.event in _PROBES and self.agent.startswith(GUARD_AGENT)

    def value(self, dimension: Dimension) -> str:
        """Return what the call has in one dimension, "" where the record does not say."""
        value: str = getattr(self, dimension)
        return value


def read_call(record: Mapping[str, Any]) -> Call | None:
    """Return the call of a record, or None where it was not made with a Bedrock API key.

    A subscription that Bedrock made on the caller's behalf bears no mark, and counts.
    """
    request, more = _object(record, "requestParameters"), _object(record, "additionalEventData")
    if not (_is_marked(request) or _is_marked(more) or _is_subscription(record)):
        return None
    seen = sighting(record)
    if seen is None:
        return None
    identity = _object(record, "userIdentity")
    return Call(
        seen=seen,
        event=text(record, "eventName") or "(unnamed)",
        region=text(record, "awsRegion"),
        address=text(record, "sourceIPAddress"),
        agent=text(record, "userAgent"),
        model=text(request, "modelId") or text(request, "model"),
        inference_region=text(more, "inferenceRegion") or text(request, "inferenceRegion"),
        error=text(record, "errorCode"),
        principal=text(identity, "arn"),
        access_key_id=text(identity, "accessKeyId"),
        kind=_kind(request) or _kind(more) or _by_identity(identity),
    )


def sighting(record: Mapping[str, Any]) -> Sighting | None:
    """Return when a record says that it happened, and its id; None where that cannot be read."""
    try:
        time = datetime.strptime(text(record, "eventTime"), "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007
    except ValueError:
        return None
    return Sighting(time.replace(tzinfo=timezone.utc), text(record, "eventID"))


def text(part: Mapping[str, Any], name: str) -> str:
    """Return a field as text, cut to LONGEST characters; "" for anything else."""
    value = part.get(name)
    return value[:LONGEST] if isinstance(value, str) else ""


def _object(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = part.get(name)
    return value if isinstance(value, dict) else {}


def _is_marked(part: Mapping[str, Any]) -> bool:
    mark = part.get(_BEARER)
    return mark is True or (isinstance(mark, str) and mark.lower() == "true")


def _is_subscription(record: Mapping[str, Any]) -> bool:
    invoked_by = text(_object(record, "userIdentity"), "invokedBy")
    return record.get("eventSource") == _MARKETPLACE and invoked_by == _BEDROCK


def _kind(part: Mapping[str, Any]) -> Kind | None:
    return _KINDS.get(text(part, "bearerTokenType").removesuffix("-"))


def _by_identity(identity: Mapping[str, Any]) -> Kind | None:
    """Tell a session's key, which is a short-term one; a user without a session may have either."""
    of_session = text(identity, "type") not in ("IAMUser", "")
    return "short-term" if of_session or _object(identity, "sessionContext") else None
