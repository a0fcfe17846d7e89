"""Describe Bedrock's two planes: what each lists, which permissions that takes, how it answers.

The control plane is `GET /foundation-models` (ListFoundationModels of the Bedrock API reference),
mantle is OpenAI's `GET /v1/models` (user guide, "bedrock-mantle"). The wording of refusals is that
of public reports: the control plane's in ai4s-research/open-science#53 and in AWS SDK threads,
mantle's in NousResearch/hermes-agent#87190 and in a CloudFormation failure of its ListModels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sandbox.bearer import Refusal
from sandbox.faults import Answer, ServiceError
from sandbox.policy import Decision, UnsupportedConditionError, evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.bearer import Authenticated

MODELS = (
    ("anthropic.claude-sonnet-example-v1:0", "Claude Sonnet Example", "Anthropic"),
    ("amazon.nova-example-v1:0", "Nova Example", "Amazon"),
    ("openai.gpt-oss-example-1:0", "gpt-oss-example", "OpenAI"),
)
JSON_TYPE = (("Content-Type", "application/json"),)


@dataclass(frozen=True, slots=True)
class Plane:
    """Name a plane by its IAM namespace, with the path that it serves and the action that takes."""

    namespace: str
    path: str
    operation: str

    @property
    def action(self) -> str:
        return f"{self.namespace}:{self.operation}"

    def resource(self, region: str, account_id: str) -> str:
        """Name what `action` is checked on; the control plane's has no resource."""
        if self is CONTROL:
            return "*"
        return f"arn:aws:{self.namespace}:{region}:{account_id}:project/default"


CONTROL = Plane("bedrock", "/foundation-models", "ListFoundationModels")
MANTLE = Plane("bedrock-mantle", "/v1/models", "ListModels")
PLANES: Mapping[str, Plane] = MappingProxyType({plane.path: plane for plane in (CONTROL, MANTLE)})

_REFUSALS: Mapping[Plane, Mapping[Refusal, ServiceError]] = MappingProxyType(
    {
        CONTROL: {
            Refusal.FORMAT: ServiceError(
                403,
                "AccessDeniedException",
                "Invalid API Key format: Must start with pre-defined prefix",
            ),
            Refusal.AUTHENTICATION: ServiceError(
                403,
                "AccessDeniedException",
                "Authentication failed: Please make sure your API Key is valid.",
            ),
            Refusal.EXPIRED: ServiceError(403, "AccessDeniedException", "Bearer Token has expired"),
        },
        MANTLE: dict.fromkeys(
            Refusal, ServiceError(401, "invalid_api_key", "Invalid bearer token")
        ),
    }
)
_ERROR_TYPES: Mapping[int, str] = MappingProxyType(
    {401: "invalid_request_error", 403: "permission_denied_error", 429: "rate_limit_error"}
)


def decide(plane: Plane, key: Authenticated | Refusal, region: str) -> Answer:
    """Answer a listing of models with this key: the models, or why not."""
    if isinstance(key, Refusal):
        return render(plane, _REFUSALS[plane][key])
    account_id = key.principal.account_id
    needed = {
        f"{plane.namespace}:CallWithBearerToken": "*",
        plane.action: plane.resource(region, account_id),
    }
    for action, resource in needed.items():
        try:
            decision = evaluate(key.principal.policies, action, resource, _context(plane, key))
        except UnsupportedConditionError as unsupported:
            return render(plane, ServiceError(500, "InternalServerException", str(unsupported)))
        if decision is not Decision.ALLOWED:
            return denied(plane, key.principal.arn, action, resource, decision)
    return model_list(plane, region)


def denied(
    plane: Plane,
    arn: str,
    action: str,
    resource: str = "*",
    decision: Decision = Decision.NOT_ALLOWED,
) -> Answer:
    """Name the principal and the action that it may not do."""
    where = "" if action == CONTROL.action else f" on resource: {resource}"
    why = (
        "with an explicit deny in an identity-based policy"
        if decision is Decision.EXPLICIT_DENY
        else f"because no identity-based policy allows the {action} action"
    )
    code = "AccessDeniedException" if plane is CONTROL else "access_denied"
    text = f"User: {arn} is not authorized to perform: {action}{where} {why}"
    return render(plane, ServiceError(403, code, text))


def render(plane: Plane | None, error: ServiceError) -> Answer:
    """Write an error as the plane does: `Message` of the native API, or OpenAI's envelope."""
    if plane is not MANTLE:
        headers = (*JSON_TYPE, ("x-amzn-ErrorType", error.code))
        return Answer(error.status, json.dumps({"Message": error.message}), headers)
    detail = {
        "code": error.code,
        "message": error.message,
        "param": None,
        "type": _ERROR_TYPES.get(error.status, "server_error"),
    }
    return Answer(error.status, json.dumps({"error": detail}), JSON_TYPE)


def model_list(plane: Plane, region: str) -> Answer:
    body = _openai_models() if plane is MANTLE else _foundation_models(region)
    return Answer(200, json.dumps(body), JSON_TYPE)


def _foundation_models(region: str) -> dict[str, Any]:
    return {
        "modelSummaries": [
            {
                "modelArn": f"arn:aws:bedrock:{region}::foundation-model/{model_id}",
                "modelId": model_id,
                "modelName": name,
                "providerName": provider,
                "inputModalities": ["TEXT"],
                "outputModalities": ["TEXT"],
                "responseStreamingSupported": True,
                "customizationsSupported": [],
                "inferenceTypesSupported": ["ON_DEMAND"],
                "modelLifecycle": {"status": "ACTIVE"},
            }
            for model_id, name, provider in MODELS
        ]
    }


def _openai_models() -> dict[str, Any]:
    listed = [
        {"id": model_id, "object": "model", "created": 1_767_225_600, "owned_by": provider.lower()}
        for model_id, _, provider in MODELS
    ]
    return {"object": "list", "data": listed}


def _context(plane: Plane, key: Authenticated) -> dict[str, str]:
    """Give the condition keys of the request; a token's issue time exists for sessions only."""
    context = {
        f"{plane.namespace}:BearerTokenType": key.token_type,
        "aws:userid": key.principal.unique_id,
        "aws:PrincipalArn": key.principal.role_arn or key.principal.arn,
    }
    if key.issued_at is not None:
        context["aws:TokenIssueTime"] = key.issued_at.isoformat()
    return context
