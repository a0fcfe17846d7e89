"""Teach moto's CloudTrail `LookupEvents`.

The look-up takes one attribute, gives at most 50 events a page and starts with the newest, as the
API reference says; further pages go on where the first one began, whatever has happened since.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from moto.cloudtrail import urls
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult

from sandbox.cloudtrail.trail import TRAIL

if TYPE_CHECKING:
    from sandbox.cloudtrail.trail import Event

PAGE = 50


def install() -> None:
    """Put the extended CloudTrail into moto; call it before the server builds its application."""
    urls.url_paths = {"{0}/$": CloudTrailWithLookup.dispatch}


class CloudTrailWithLookup(CloudTrailResponse):
    """Answer `LookupEvents` beside what moto's CloudTrail knows."""

    def lookup_events(self) -> ActionResult:
        size = self._get_int_param("MaxResults", PAGE)
        if not 1 <= size <= PAGE:
            _refuse("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
        token = self._get_param("NextToken")
        found = self._found(begins=token is None)
        ids = [event.event_id for event in found]
        start = 0 if token is None else self._after(token, ids)
        page = [event.shown() for event in found[start : start + size]]
        more = ids[start + size - 1] if start + size < len(found) else None
        return ActionResult({"Events": page, "NextToken": more})

    def _found(self, *, begins: bool) -> list[Event]:
        attributes = self._get_param("LookupAttributes") or []
        if len(attributes) > 1:
            _refuse("InvalidLookupAttributesException", "Only one lookup attribute is allowed.")
        since, until = self._moment("StartTime"), self._moment("EndTime")
        if since is not None and until is not None and since > until:
            _refuse("InvalidTimeRangeException", "The start time is after the end time.")
        wanted = [(one["AttributeKey"], one["AttributeValue"]) for one in attributes]
        return [
            event
            for event in TRAIL.look_up(self.current_account, self.region, begins=begins)
            if all(event.has(key, value) for key, value in wanted)
            and (since is None or event.time >= since)
            and (until is None or event.time <= until)
        ]

    def _after(self, token: str, ids: list[str]) -> int:
        if token not in ids:
            _refuse("InvalidNextTokenException", "The token is not valid.")
        return ids.index(token) + 1

    def _moment(self, name: str) -> datetime | None:
        value = self._get_param(name)
        return None if value is None else datetime.fromtimestamp(value, timezone.utc)


def _refuse(code: str, message: str) -> None:
    raise JsonRESTError(code, message)
