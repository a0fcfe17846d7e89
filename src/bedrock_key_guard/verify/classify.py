"""Read what Bedrock answered: by message and body, never by status alone.

The texts were recorded in a field report of 2025-08 on Bedrock API keys and in public threads of
ai4s-research/open-science (53) and VectifyAI/OpenKB (204). Whatever is not one of them proves
nothing: a proxy's page, a captive portal, a redirect, a half answer.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import BedrockState, Plane

_DENIED = re.compile(
    r"User: (?P<principal>arn:aws[a-z-]*:(?:iam|sts)::[0-9]{12}:[\w+=,.@/-]+) "
    r"is not authorized to perform: (?P<action>[a-z-]+:[A-Za-z]+)\b",
    re.ASCII,
)
# IAM user guide, "Troubleshoot access denied error messages": the reason ends the sentence, and the
# policy's ARN may follow it.
_REASON = re.compile(
    r" (?:(?P<explicit>with an explicit deny in an?)|because no) "
    r"(?P<policy>[A-Za-z][A-Za-z -]{0,60}?)(?: allows\b|[:.]|$)",
    re.ASCII,
)
_BY_BEDROCK = (
    "Authentication failed: Please make sure your API Key is valid.",
    "Invalid API Key format: Must start with pre-defined prefix",
)
_REFUSED: dict[Plane, tuple[str, ...]] = {
    "bedrock": _BY_BEDROCK,
    "bedrock-mantle": (*_BY_BEDROCK, "Invalid bearer token"),
}
_EXPIRED = "Bearer Token has expired"
_LISTS: dict[Plane, tuple[str, str]] = {
    "bedrock": ("modelSummaries", "modelId"),
    "bedrock-mantle": ("data", "id"),
}
_THROTTLED = 429


@dataclass(frozen=True, slots=True)
class Reading:
    """Hold what one answer means; `retry` where asking again may tell more.

    `no_host` tells that there was nobody to ask: the name of the host is not known.
    """

    state: BedrockState
    detail: str
    principal: str | None = None
    denied_action: str | None = None
    denied_by: str | None = None
    explicit: bool = False
    retry: bool = False
    no_host: bool = False


def read_answer(plane: Plane, status: int, body: bytes) -> Reading:
    """Return what an answer of `plane` with this status and body means."""
    document = _document(body)
    if status == 200:
        if _is_model_list(plane, document):
            return Reading("accepted", "answered with its list of models")
        return Reading("unknown", "answered 200 without a list of models, so it is not Bedrock")
    if 300 <= status < 400:
        return Reading("unknown", f"answered {status}, a redirect, which was not followed")
    if status == _THROTTLED or status >= 500:
        return Reading("unknown", f"answered {status}: throttled or failing", retry=True)
    if status in (400, 401, 403):
        return _read_message(plane, status, _message(document))
    return Reading("unknown", f"answered {status}, which proves nothing")


def _read_message(plane: Plane, status: int, message: str) -> Reading:
    denied = _DENIED.match(message)
    if denied:
        return _denied(denied, _REASON.search(message, denied.end()))
    if message in _REFUSED[plane]:
        return Reading("refused", message)
    if message == _EXPIRED:
        return Reading("expired", message)
    return Reading("unknown", f"answered {status} in words that Bedrock is not known to use")


def _denied(denied: re.Match[str], reason: re.Match[str] | None) -> Reading:
    action, principal = denied["action"], denied["principal"]
    reading = Reading("denied", f"named {principal} and denied {action}", principal, action)
    if reason is None:
        return reading
    return replace(reading, denied_by=reason["policy"], explicit=reason["explicit"] is not None)


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _message(document: dict[str, Any]) -> str:
    """Return the message: `Message` on the first plane, `error.message` on the second."""
    error = document.get("error")
    inner = error.get("message") if isinstance(error, dict) else None
    message = document.get("Message") or document.get("message") or inner
    return message if isinstance(message, str) else ""


def _is_model_list(plane: Plane, document: dict[str, Any]) -> bool:
    field, identifier = _LISTS[plane]
    models = document.get(field)
    return (
        isinstance(models, list)
        and bool(models)
        and all(isinstance(m, dict) and isinstance(m.get(identifier), str) for m in models)
    )
