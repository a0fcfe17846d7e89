"""Record in CloudTrail what is done through IAM, STS and the stores, refused or carried out.

Parameters and answers are in the record with their names begun in lower case, and without secrets
(CloudTrail user guide, "CloudTrail record contents"; IAM user guide, "Logging IAM and AWS STS API
calls with AWS CloudTrail"). Calls that only read are left out, but those that make sessions.
"""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

from sandbox.base import clock
from sandbox.base.accounts import home_region
from sandbox.cloudtrail.trail import TRAIL, Event
from sandbox.cloudtrail.user_identity import identity_of
from sandbox.iam.request import QUERY_SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.base.faults import Answer
    from sandbox.iam.principals import Signer
    from sandbox.iam.request import Request

SESSIONS = frozenset({"AssumeRole", "GetSessionToken", "GetFederationToken"})
SECRETS = frozenset(
    {
        "Password",
        "SecretAccessKey",
        "SecretBinary",
        "SecretString",
        "ServiceCredentialSecret",
        "ServicePassword",
        "SessionToken",
        "Value",
    }
)
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
NAMES = frozenset(
    {
        "AccessKeyId",
        "GroupName",
        "Name",
        "PolicyArn",
        "RoleArn",
        "RoleName",
        "SecretId",
        "ServiceSpecificCredentialId",
        "UserName",
    }
)
UNSUFFIXED = ("AccessDenied", "AccessDeniedException", "ThrottlingException", "ValidationError")


def is_recorded(request: Request) -> bool:
    """Tell whether the sandbox writes a call down."""
    return request.operation in SESSIONS or request.call().writes


def record_call(request: Request, signer: Signer, said: Answer) -> None:
    """Write a call down in its caller's account, and an assumed role in the role's own too."""
    if said.status >= 500 or not is_recorded(request):
        return
    answer = _read(request, said.body)
    failed = said.status >= 400
    account_id = signer.principal.account_id
    event = Event(
        account_id=account_id,
        region=home_region(account_id) if request.service == "iam" else request.region,
        source=f"{request.service}.amazonaws.com",
        name=request.operation,
        time=clock.now().replace(microsecond=0),
        identity=identity_of(signer.principal, signer.session, request.access_key_id),
        user_name=signer.principal.name,
        source_ip=request.source_ip,
        user_agent=request.user_agent,
        request=_shown(_unflat(request)) or None,
        response=None if failed else _shown(answer) or None,
        resources=tuple(dict.fromkeys(_resources([request.parameters, answer]))),
        error=_error(answer) if failed else None,
        read_only=request.operation in SESSIONS,
    )
    TRAIL.record(event)
    owner = request.text("RoleArn").split(":", 5)
    if request.operation == "AssumeRole" and not failed and owner[4] != account_id:
        TRAIL.record(_elsewhere(event, owner[4]))


def _elsewhere(event: Event, account_id: str) -> Event:
    """Repeat an event for another account, where the caller is known by its account only."""
    fields = {name: getattr(event, name) for name in Event.__slots__ if name != "event_id"}
    identity = {"type": "AWSAccount", "accountId": event.account_id}
    identity["principalId"] = event.identity["principalId"]
    return Event(**{**fields, "account_id": account_id, "identity": identity})


def _read(request: Request, body: str) -> dict[str, Any]:
    """Read an answer: what is in its result, or its error."""
    if request.service not in QUERY_SERVICES:
        read = json.loads(body or "{}")
        return read if isinstance(read, dict) else {}
    answer = _plain(ET.fromstring(body))  # noqa: S314 - it is the sandbox's own
    inner = answer.get(f"{request.operation}Result") or answer.get("Error") or {}
    return inner if isinstance(inner, dict) else {}


def _plain(element: ET.Element) -> dict[str, Any]:
    """Read a structure of the query protocol; of its lists only one member is kept."""
    return {
        child.tag.rpartition("}")[2]: _plain(child) if len(child) else child.text or ""
        for child in element
    }


def _error(answer: Mapping[str, Any]) -> tuple[str, str]:
    code = str(answer.get("Code") or answer.get("__type") or "InternalFailure")
    code = code.rpartition("#")[2]
    if code in UNSUFFIXED:
        code = code.removesuffix("Exception") if code.startswith("Access") else code
    elif not code.endswith("Exception"):
        code += "Exception"
    return code, str(answer.get("Message") or answer.get("message") or "")


def _unflat(request: Request) -> dict[str, Any]:
    """Give the parameters without the protocol's own and with `Tags` as the list that they are."""
    own = {"Action", "Version"}
    flat = {name: value for name, value in request.parameters.items() if name not in own}
    tags = [{"Key": key, "Value": value} for key, value in request.pairs("Tags").items()]
    whole = {name: value for name, value in flat.items() if "." not in name}
    return whole | ({"Tags": tags} if tags else {})


def _shown(value: Mapping[str, Any]) -> dict[str, Any]:
    """Begin names in lower case, and hide what is secret; a tag's value is not."""
    return {
        name[0].lower() + name[1:]: _visible(name, inner, value) for name, inner in value.items()
    }


def _visible(name: str, value: Any, around: Mapping[str, Any]) -> Any:
    if name in SECRETS and not (name == "Value" and "Key" in around):
        return HIDDEN
    if isinstance(value, dict):
        return _shown(value)
    if isinstance(value, list):
        return [_visible("", item, {}) for item in value]
    return value


def _resources(parts: list[Mapping[str, Any]]) -> Iterator[str]:
    """Name what a call touched, by the names in its parameters and in its answer."""
    for part in parts:
        for name, value in part.items():
            if isinstance(value, dict):
                yield from _resources([value])
            elif name in NAMES and value:
                yield str(value)
