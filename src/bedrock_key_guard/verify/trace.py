"""Ask CloudTrail who has used an access key.

Facts are those of the CloudTrail API reference (`LookupEvents`: one attribute a request, one
region, 90 days) and user guide, "CloudTrail userIdentity element". It is best effort: events of
Bedrock may lack the access key id, and those of the last quarter of an hour may be missing.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model import TrailAnswer

if TYPE_CHECKING:
    from bedrock_key_guard.keys.key import ShortTermKey

Named = tuple[str, str]


def trace(key: ShortTermKey, cloudtrail: Any) -> TrailAnswer:
    """Return who used the access key that signed `key`; `cloudtrail` is of the key's region."""
    attribute = {"AttributeKey": "AccessKeyId", "AttributeValue": key.access_key_id}
    now = datetime.now(timezone.utc)
    try:
        answer = cloudtrail.lookup_events(LookupAttributes=[attribute])
        named = {_named(json.loads(item["CloudTrailEvent"])) for item in answer["Events"]} - {None}
    except Exception as error:  # noqa: BLE001  # whatever failed, the answer is `unknown`
        detail = f"it would not say ({refusal(error)})"
        return TrailAnswer("unknown", key.region, now, detail=detail)
    return read_trace({name for name in named if name}, key.region, now)


def read_trace(named: set[Named], region: str, now: datetime) -> TrailAnswer:
    """Decide whom the events name: (principal, issuer) pairs; several mean that nobody is known."""
    if not named:
        detail = "it has no event of the access key (yet: they come up to 15 minutes late)"
        return TrailAnswer("absent", region, now, detail=detail)
    if len(named) > 1:
        return TrailAnswer("unknown", region, now, detail="it names more than one principal")
    ((principal, issuer),) = named
    return TrailAnswer("found", region, now, principal, issuer)


def _named(record: dict[str, Any]) -> Named | None:
    identity = record.get("userIdentity") or {}
    arn = identity.get("arn")
    if not isinstance(arn, str):
        return None
    issuer = ((identity.get("sessionContext") or {}).get("sessionIssuer") or {}).get("arn")
    return arn, issuer if isinstance(issuer, str) else arn
