"""Parse one event of CloudTrail: the only place that knows how a record is written.

Facts are those of the CloudTrail user guide, "CloudTrail record contents" and "userIdentity
element", and of the API reference, `Event`. Whoever makes a call has a part in its record, so a
field of a strange type counts as one that is not there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.model.usage import Sighting

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

GUARD_AGENT = "bedrock-key-guard/"
"""What the user agent of every call of a guard holds."""


@dataclass(frozen=True, slots=True)
class Record:
    """Hold one event: its time in UTC, to the second, and its body as CloudTrail writes it."""

    time: datetime
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name the operation."""
        return self.text("eventName")

    @property
    def actor(self) -> str:
        """Return the ARN of the principal that made the call, "" where none is named."""
        return self.text("userIdentity", "arn")

    @property
    def agent(self) -> str:
        """Return the whole user agent: a guard's own words stand at its end."""
        return self.text("userAgent")

    @property
    def failed(self) -> bool:
        """Return whether AWS refused the call, or could not carry it out."""
        return "errorCode" in self.body

    @property
    def seen(self) -> Sighting:
        """Point to the event."""
        return Sighting(self.time, self.text("eventID"))

    def part(self, name: str) -> Mapping[str, Any]:
        """Return an object of the record, an empty one for anything else."""
        value = self.body.get(name)
        return value if isinstance(value, dict) else {}

    def text(self, *path: str) -> str:
        """Return the text at a path, "" for anything else."""
        value: Any = self.body
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, str) else ""


def read_record(item: Mapping[str, Any]) -> Record | None:
    """Return the record of an event that `LookupEvents` lists, None where it is no JSON object."""
    try:
        # The SDK gives the time in the zone of this machine.
        time, body = item["EventTime"].astimezone(timezone.utc), json.loads(item["CloudTrailEvent"])
    except (KeyError, ValueError):
        return None
    return Record(time, body) if isinstance(body, dict) else None
