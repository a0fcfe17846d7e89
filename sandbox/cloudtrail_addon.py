"""Teach moto's CloudTrail `LookupEvents`, and record there what is done to the credentials.

Events look as in the CloudTrail user guide ("CloudTrail record contents"), and the look-up takes
one attribute, gives at most 50 events a page and starts with the newest, as the API reference says.
"""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from moto.cloudtrail import urls
from moto.cloudtrail.models import cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, BaseResponse

from sandbox.principals import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.principals import Principal

EVENTS = "looked_up_events"
GLOBAL_REGION = "us-east-1"  # where IAM's events are delivered
PAGE = 50


def install() -> None:
    """Put the extended CloudTrail into moto; call it before the server builds its application."""
    urls.url_paths = {"{0}/$": CloudTrailWithLookup.dispatch}


def events_of(account_id: str, region: str) -> list[dict[str, Any]]:
    """Give the events of one account and region as `LookupEvents` shows them, oldest first."""
    attributes = vars(cloudtrail_backends[account_id][region])
    events: list[dict[str, Any]] = attributes.setdefault(EVENTS, [])
    return events


def record_event(
    request: BaseResponse,
    source: str,
    *,
    response: Mapping[str, Any] | None,
    resources: Sequence[str],
) -> None:
    """Write down a call that IAM has just carried out; `resources` are the names it touched."""
    principal = _caller(request)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    event = {
        "eventVersion": "1.11",
        "userIdentity": _identity(request, principal),
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": request._get_action(),  # noqa: SLF001 - moto has no public name for it
        "awsRegion": GLOBAL_REGION,
        "sourceIPAddress": request.normalized_request.remote_addr,
        "userAgent": request.headers.get("User-Agent", ""),
        "requestParameters": _parameters(request),
        "responseElements": response,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": request.current_account,
        "eventCategory": "Management",
    }
    events_of(request.current_account, GLOBAL_REGION).append(
        {
            "EventId": event["eventID"],
            "EventName": event["eventName"],
            "ReadOnly": "false",
            "AccessKeyId": request.access_key,
            "EventTime": now,
            "EventSource": source,
            "Username": "" if principal is None else principal.name,
            "Resources": [{"ResourceName": name} for name in resources],
            "CloudTrailEvent": json.dumps(event),
        }
    )


class CloudTrailWithLookup(CloudTrailResponse):
    """Answer `LookupEvents` beside what moto's CloudTrail knows."""

    def lookup_events(self) -> ActionResult:
        size = self._get_int_param("MaxResults", PAGE)
        if not 1 <= size <= PAGE:
            _refuse("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
        found, start = self._found(), self._start()
        page = found[start : start + size]
        more = str(start + size) if start + size < len(found) else None
        return ActionResult({"Events": page, "NextToken": more})

    def _found(self) -> list[dict[str, Any]]:
        attributes = self._get_param("LookupAttributes") or []
        if len(attributes) > 1:
            _refuse("InvalidLookupAttributesException", "Only one lookup attribute is allowed.")
        since, until = self._moment("StartTime"), self._moment("EndTime")
        if since is not None and until is not None and since > until:
            _refuse("InvalidTimeRangeException", "The start time is after the end time.")
        newest_first = reversed(events_of(self.current_account, self.region))
        return [
            event
            for event in newest_first
            if all(_has(event, one) for one in attributes)
            and (since is None or event["EventTime"] >= since)
            and (until is None or event["EventTime"] <= until)
        ]

    def _start(self) -> int:
        token = self._get_param("NextToken") or "0"
        if not token.isdecimal():
            _refuse("InvalidNextTokenException", "The token is not valid.")
        return int(token)

    def _moment(self, name: str) -> datetime | None:
        value = self._get_param(name)
        return None if value is None else datetime.fromtimestamp(value, timezone.utc)


def _has(event: Mapping[str, Any], attribute: Mapping[str, str]) -> bool:
    key, value = attribute["AttributeKey"], attribute["AttributeValue"]
    if key == "ResourceName":
        return any(resource["ResourceName"] == value for resource in event["Resources"])
    return bool(event.get(key) == value)


def _caller(request: BaseResponse) -> Principal | None:
    signer = signer_of(request.access_key)
    return None if signer is None else signer.principal


def _identity(request: BaseResponse, principal: Principal | None) -> dict[str, Any]:
    if principal is None:
        return {"type": "Unknown", "accountId": request.current_account}
    identity: dict[str, Any] = {
        "type": principal.kind,
        "principalId": principal.unique_id,
        "arn": principal.arn,
        "accountId": principal.account_id,
        "accessKeyId": request.access_key,
    }
    if principal.role_arn is None:
        return identity | {"userName": principal.name}
    role = {"type": "Role", "arn": principal.role_arn, "accountId": principal.account_id}
    issuer = role | {"userName": principal.role_arn.rpartition("/")[2]}
    return identity | {"sessionContext": {"sessionIssuer": issuer}}


def _parameters(request: BaseResponse) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in request.params.items()}


def _refuse(code: str, message: str) -> None:
    raise JsonRESTError(code, message)
