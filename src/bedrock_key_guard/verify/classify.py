"""Read what Bedrock answered: by message and body, never by status alone.

The texts were recorded in a field report of 2025-08 on Bedrock API keys and in public threads of
ai4s-research/open-science (53) and VectifyAI/OpenKB (204). Whatever is not one of them proves
nothing: a proxy's page, a captive portal, a redirect, a half answer.

Of the second plane fewer words are recorded, and they differ (NousResearch/hermes-agent 87190): any
401, 403 or 404 of its own that names nobody is a refusal there.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bedrock_key_guard.model.evidence import BedrockAnswer, Plane

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
_REFUSED = "Authentication failed: Please make sure your API Key is valid."
_EXPIRED = "Bearer Token has expired"
# Neither is said of forged keys alone. The first is seen where the key's role lacks
# CallWithBearerToken; the second where a key is good and AWS has closed its account to Bedrock
# (aws-samples/amazon-bedrock-workshop 20).
_PROVES_NOTHING = {
    "Invalid API Key format: Must start with pre-defined prefix": (
        "called it no key, which it also says of keys that may not be used"
    ),
    "Your account is not authorized to invoke this API operation.": (
        "knows the key, and says that AWS does not let its account use Bedrock"
    ),
}
_SOMEBODY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts):")
_NO = {"bedrock": (400, 401, 403), "bedrock-mantle": (400, 401, 403, 404)}
_LISTS: dict[Plane, tuple[str, str]] = {
    "bedrock": ("modelSummaries", "modelId"),
    "bedrock-mantle": ("data", "id"),
}


def read_answer(asked: BedrockAnswer, status: int, body: bytes) -> BedrockAnswer:
    """Return what this status and body mean as the answer to what `asked` describes."""
    answer, document = replace(asked, status=status), _document(body)
    if status == 200:
        if _is_model_list(answer.plane, document):
            return replace(answer, state="accepted", detail="answered with its list of models")
        detail = "answered 200 without a list of models, so it is not Bedrock"
        return replace(answer, detail=detail)
    if 300 <= status < 400:
        detail = f"answered {status}, a redirect, which was not followed"
        return replace(answer, detail=detail)
    if is_transient(status):
        return replace(answer, detail=f"answered {status}: throttled or failing")
    if status in _NO[answer.plane]:
        return _read_message(answer, _message(document), is_its_own=bool(document) or not body)
    return replace(answer, detail=f"answered {status}, which proves nothing")


def read_presence(asked: BedrockAnswer, status: int, body: bytes) -> BedrockAnswer:
    """Return what an answer to a request without a key means: a plane refuses it in JSON."""
    if status in _NO[asked.plane] and _document(body):
        return replace(asked, status=status, state="refused", detail=f"answered {status}")
    return read_answer(asked, status, body)


def is_transient(status: int) -> bool:
    """Return whether asking again may tell more."""
    return status == 429 or status >= 500


def _read_message(answer: BedrockAnswer, message: str, *, is_its_own: bool) -> BedrockAnswer:
    denied = _DENIED.match(message)
    if denied:
        return _denied(answer, denied)
    if message in _PROVES_NOTHING:
        return replace(answer, detail=_PROVES_NOTHING[message])
    if message == _EXPIRED:
        return replace(answer, state="expired", detail=message, refusals=1)
    if message == _REFUSED:
        return replace(answer, state="refused", detail=message, refusals=1)
    if is_its_own and _refuses_in_any_words(answer, message):
        return replace(answer, state="refused", detail=f"refused it by {answer.status}", refusals=1)
    detail = f"answered {answer.status} in words that Bedrock is not known to use"
    return replace(answer, detail=detail)


def _refuses_in_any_words(answer: BedrockAnswer, message: str) -> bool:
    """Return whether the second plane refuses: it does so in many words, and by 404."""
    is_second = answer.plane == "bedrock-mantle" and answer.status != 400
    return is_second and not _SOMEBODY.search(message)


def _denied(answer: BedrockAnswer, denied: re.Match[str]) -> BedrockAnswer:
    reason = _REASON.search(denied.string, denied.end())
    return replace(
        answer,
        state="denied",
        detail=f"named {denied['principal']} and denied {denied['action']}",
        principal=denied["principal"],
        denied_action=denied["action"],
        denied_by=reason and reason["policy"],
        explicit=bool(reason and reason["explicit"]),
    )


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
