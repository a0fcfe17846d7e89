"""Write many CloudTrail events from rows of a table, for tests of what is made of them.

    rows = (Row(leak + timedelta(minutes=n), region, model=MODEL) for n, region in ...)
    sandbox.trail.seed(events_from("111122223333", rows))

Nobody named in a row has to exist. Fields are where the services put them, see
sandbox/bedrock/bedrock_events.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.base.accounts import partition_of
from sandbox.cloudtrail.trail import TIME_FORMAT, Event

READS = ("Get", "List", "Describe", "Lookup")


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one event; with `role` the user is the name of a session of that role.

    `token_type` is `LONG_TERM`, `SHORT_TERM`, or empty for a call without a key. `session` gives a
    user's call the context of temporary credentials. `request` adds to the request's parameters,
    `more` to the record.
    """

    time: datetime
    region: str = "us-east-1"
    event: str = "Converse"
    service: str = "bedrock"
    user: str = "BedrockAPIKey-ex4m"
    role: str = ""
    token_type: str = "LONG_TERM"
    access_key_id: str = ""
    ip: str = "198.51.100.7"
    agent: str = "python-httpx/0.28.1"
    model: str = ""
    inference_region: str = ""
    error: str = ""
    session: bool = False
    resources: tuple[str, ...] = ()
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


def events_from(account_id: str, rows: Iterable[Row]) -> Iterator[Event]:
    """Write each row as an event of an account."""
    for row in rows:
        yield Event(
            account_id=account_id,
            region=row.region,
            source=f"{row.service}.amazonaws.com",
            name=row.event,
            time=row.time,
            identity=_identity(account_id, row),
            user_name=row.user,
            source_ip=row.ip,
            user_agent=row.agent,
            request=_request(row) or None,
            response=row.response,
            resources=row.resources,
            error=(row.error, f"{row.error}, as in a row of a test") if row.error else None,
            read_only=row.event.startswith(READS),
            more={**_additional(row), **row.more},
        )


def _identity(account_id: str, row: Row) -> dict[str, Any]:
    start = f"arn:{partition_of(account_id)}"
    identity: dict[str, Any] = {"accountId": account_id}
    if row.access_key_id:
        identity["accessKeyId"] = row.access_key_id
    attributes = {"creationDate": row.time.strftime(TIME_FORMAT), "mfaAuthenticated": "false"}
    if row.role:
        role = f"{start}:iam::{account_id}:role/{row.role}"
        issuer = {"type": "Role", "arn": role, "accountId": account_id, "userName": row.role}
        return identity | {
            "type": "AssumedRole",
            "principalId": f"AROAEXAMPLE:{row.user}",
            "arn": f"{start}:sts::{account_id}:assumed-role/{row.role}/{row.user}",
            "sessionContext": {"sessionIssuer": issuer, "attributes": attributes},
        }
    user = {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": row.user}
    context = {"sessionContext": {"attributes": attributes}} if row.session else {}
    return identity | user | {"arn": f"{start}:iam::{account_id}:user/{row.user}"} | context


def _request(row: Row) -> dict[str, Any]:
    if row.service == "bedrock-mantle":
        given = {"model": row.model} if row.model else {}
        shown = "ABSK" if row.token_type == "LONG_TERM" else row.token_type
        mark = {"callWithBearerToken": True, "bearerTokenType": shown} if row.token_type else {}
        return {**given, **mark, **row.request}
    return {**({"modelId": row.model} if row.model else {}), **row.request}


def _additional(row: Row) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if row.service == "bedrock" and row.token_type:
        given["callWithBearerToken"] = True
    if row.inference_region:
        given["inferenceRegion"] = row.inference_region
    return {"additionalEventData": given} if given else {}
