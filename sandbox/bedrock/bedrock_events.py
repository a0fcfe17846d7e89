"""Record in CloudTrail the calls that are made with a Bedrock API key.

Bedrock marks them in `additionalEventData`, as in a field report of 2025-08 on these keys and in
the events of public threads; mantle in `requestParameters` (user guide, "Monitor bedrock-mantle API
calls using CloudTrail", of whose example `bearerTokenType` is `ABSK`; `SHORT_TERM` is that of a
fixture of BeyondTrust/bedrock-keys-security). What Bedrock does not authenticate is in no trail
that was ever shown.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.base import clock
from sandbox.bedrock.operations import MANTLE
from sandbox.cloudtrail.trail import TRAIL, Event
from sandbox.cloudtrail.user_identity import identity_of

if TYPE_CHECKING:
    from sandbox.bedrock.bearer import Authenticated
    from sandbox.bedrock.planes import Ask
    from sandbox.bedrock.propagation import Ruling

MANTLE_TYPES = {"LONG_TERM": "ABSK", "SHORT_TERM": "SHORT_TERM"}
INFERENCES = ("Converse", "InvokeModel")


@dataclass(frozen=True, slots=True)
class Caller:
    """Say where a call came from, and which host it asked."""

    source_ip: str
    user_agent: str
    host: str


def record_bearer_call(ask: Ask, ruling: Ruling, caller: Caller) -> None:
    """Write a call down, unless nobody is known to have made it or it is a data event."""
    key, answer = ruling.key, ruling.answer
    if key is None or ask.operation.is_data_event or answer.status >= 500:
        return
    TRAIL.record(
        Event(
            account_id=key.principal.account_id,
            region=ask.region,
            source=f"{ask.plane.namespace}.amazonaws.com",
            name=ask.operation.event,
            time=clock.now().replace(microsecond=0),
            identity=_identity(ask, key),
            user_name=key.principal.name,
            source_ip=caller.source_ip,
            user_agent=caller.user_agent,
            request=_parameters(ask, key),
            error=None if answer.status < 400 else ("AccessDenied", _message(answer.body)),
            read_only=ask.operation.read_only,
            more=_more(ask, key, caller),
        )
    )


def _identity(ask: Ask, key: Authenticated) -> dict[str, Any]:
    named = ask.plane is MANTLE or TRAIL.names_access_keys
    access_key_id = key.signer.access_key_id if key.signer is not None and named else None
    return identity_of(key.principal, key.session, access_key_id)


def _parameters(ask: Ask, key: Authenticated) -> dict[str, Any] | None:
    if ask.plane is MANTLE:
        return {"callWithBearerToken": True, "bearerTokenType": MANTLE_TYPES[key.token_type]}
    return {"modelId": ask.model} if ask.model else None


def _more(ask: Ask, key: Authenticated, caller: Caller) -> dict[str, Any]:
    more: dict[str, Any] = {"tlsDetails": {"clientProvidedHostHeader": caller.host}}
    if ask.plane is not MANTLE:
        more["additionalEventData"] = {"callWithBearerToken": True}
        if ask.operation.event in INFERENCES:
            more["additionalEventData"]["inferenceRegion"] = ask.region
    if key.session is not None and key.session.from_console:
        more["sessionCredentialFromConsole"] = "true"
    return more


def _message(body: str) -> str:
    """Return what Bedrock said; where it conceals why, the event's words are not recorded."""
    said = json.loads(body or "{}")
    return str(said.get("Message") or said.get("error", said).get("message", "Access denied"))
