"""Ask CloudTrail who has used an access key.

Facts are those of the CloudTrail user guide, "CloudTrail userIdentity element". It is best effort:
events of Bedrock may lack the access key id, and those of the last quarter of an hour may be
missing.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import PAGE, Query
from bedrock_key_guard.model.evidence import TrailAnswer
from bedrock_key_guard.model.usage import Gap

if TYPE_CHECKING:
    from bedrock_key_guard.aws.cloudtrail import Record, Trail
    from bedrock_key_guard.keys.key import ShortTermKey

Named = tuple[str, str]

ENOUGH = PAGE
"""Events that name somebody: an access key is one principal's, so its latest tell whose."""
_MOST = 4 * PAGE


def trace(key: ShortTermKey, trail: Trail) -> TrailAnswer:
    """Return who used the access key that signed `key`, in its own region."""
    now, seen = datetime.now(timezone.utc), list[Named]()
    for item in trail.look_up(Query(key.region, "AccessKeyId", key.access_key_id, most=_MOST)):
        if isinstance(item, Gap):
            detail = f"it would not say ({item.reason})"
            return TrailAnswer("unknown", key.region, now, detail=detail)
        if item.actor:
            seen.append(_named(item))
        if len(seen) == ENOUGH:
            break
    return read_trace(set(seen), key.region, now)


def read_trace(named: set[Named], region: str, now: datetime) -> TrailAnswer:
    """Decide whom the events name: (principal, issuer) pairs; several mean that nobody is known."""
    if not named:
        detail = "it has no event of the access key (yet: they come up to 15 minutes late)"
        return TrailAnswer("absent", region, now, detail=detail)
    if len(named) > 1:
        return TrailAnswer("unknown", region, now, detail="it names more than one principal")
    ((principal, issuer),) = named
    return TrailAnswer("found", region, now, principal, issuer)


def _named(record: Record) -> Named:
    issuer = record.text("userIdentity", "sessionContext", "sessionIssuer", "arn")
    return record.actor, issuer or record.actor
