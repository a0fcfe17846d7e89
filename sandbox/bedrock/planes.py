"""Decide what Bedrock's two planes answer to a key, and write it as they do.

The wording of refusals is that of public reports: the control plane's in
ai4s-research/open-science#53 and in AWS SDK threads, mantle's in NousResearch/hermes-agent#87190
and in a CloudFormation failure of its ListModels.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sandbox.base.accounts import partition_of_region
from sandbox.base.faults import Answer, ServiceError
from sandbox.bedrock.bearer import Refusal
from sandbox.bedrock.operations import CONTROL, MANTLE
from sandbox.iam.authorization import authorize, not_authorized
from sandbox.iam.conditions import UnsupportedConditionError
from sandbox.iam.request_context import context_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.bedrock.bearer import Authenticated
    from sandbox.bedrock.operations import Operation, Plane
    from sandbox.iam.authorization import Denial

MODELS = (
    ("anthropic.claude-sonnet-example-v1:0", "Claude Sonnet Example", "Anthropic"),
    ("amazon.nova-example-v1:0", "Nova Example", "Amazon"),
    ("openai.gpt-oss-example-1:0", "gpt-oss-example", "OpenAI"),
)
NOT_A_KEY = "Invalid API Key format: Must start with pre-defined prefix"
VPC_ENDPOINT = "VPC endpoint policy"
REPLY = "Hello."
USAGE = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}
JSON_TYPE = (("Content-Type", "application/json"),)


_REFUSALS: Mapping[Plane, Mapping[Refusal, ServiceError]] = MappingProxyType(
    {
        CONTROL: {
            Refusal.FORMAT: ServiceError(
                403,
                "AccessDeniedException",
                NOT_A_KEY,
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


@dataclass(frozen=True, slots=True)
class Manner:
    """Choose between manners of refusing that public reports do not agree on.

    `checks_first` is which permission is missed first when both are: in a field report of 2025-08 a
    user whose sessions the console had revoked (`Deny` of `*`) is refused `bedrock:InvokeModel`.
    `mantle_conceals` is what mantle answers to a key that may not be used there, such as one of
    `CONCEALMENTS`; in a CloudFormation failure of its ListModels it names the principal instead.
    """

    checks_first: Literal["bearer", "operation"] = "bearer"
    mantle_conceals: Answer | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Hold what is asked of Bedrock, where, and of which model, if it is of one."""

    operation: Operation
    region: str
    model: str = ""

    @property
    def plane(self) -> Plane:
        return self.operation.plane


def through_endpoint(
    key: Authenticated | Refusal, policy: Mapping[str, Any] | None
) -> Authenticated | Refusal:
    """Limit a key to what the policy of a VPC endpoint lets through.

    Source: VPC user guide, "Control access to VPC endpoints using endpoint policies".
    """
    if isinstance(key, Refusal) or policy is None:
        return key
    limits = {**key.principal.limits, VPC_ENDPOINT: (json.dumps(policy),)}
    return replace(key, principal=replace(key.principal, limits=limits))


def decide(ask: Ask, key: Authenticated | Refusal, manner: Manner) -> Answer:
    """Answer what was asked with this key, or say why not."""
    plane = ask.plane
    if isinstance(key, Refusal):
        return render(plane, _REFUSALS[plane][key])
    operation = ask.operation.action
    resource = ask.operation.resource(ask.region, key.principal.account_id, ask.model)
    context = context_of(key.principal, key.session, ask.region)
    context[f"{plane.namespace}:BearerTokenType"] = key.token_type
    checks: list[tuple[str, str | None]] = [(plane.bearer_action, "*"), (operation, resource)]
    if manner.checks_first == "operation":
        checks.reverse()
    for action, where in checks:
        try:
            denial = authorize(key.principal, action, where or "*", context)
        except UnsupportedConditionError as unsupported:
            return render(plane, ServiceError(500, "InternalServerException", str(unsupported)))
        if denial is not None:
            if plane is MANTLE and action == plane.bearer_action and manner.mantle_conceals:
                return manner.mantle_conceals
            return denied(plane, key.principal.arn, denial, where)
    return done(ask)


def denied(plane: Plane, arn: str, denial: Denial, resource: str | None) -> Answer:
    """Name the principal and the action that it may not do."""
    code = "AccessDeniedException" if plane is CONTROL else "access_denied"
    return render(plane, ServiceError(403, code, not_authorized(arn, denial, resource)))


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


# One guide has the first two, of an authentic key without the permission. Nobody has recorded the
# others: they are what a front or a router would say.
CONCEALMENTS: Mapping[str, Answer] = MappingProxyType(
    {
        "invalid": render(MANTLE, ServiceError(401, "invalid_api_key", "Invalid bearer token")),
        "no key": render(MANTLE, ServiceError(401, "invalid_api_key", NOT_A_KEY)),
        "not found": render(MANTLE, ServiceError(404, "not_found_error", "Not found")),
        "other words": Answer(403, json.dumps({"detail": "Forbidden"}), JSON_TYPE),
        "no words": Answer(401),
    }
)


def done(ask: Ask) -> Answer:
    """Carry out what was asked: list the models, or say something."""
    if ask.operation.read_only:
        body = _openai_models() if ask.plane is MANTLE else _foundation_models(ask.region)
    elif ask.plane is MANTLE:
        said = {"index": 0, "message": {"role": "assistant", "content": REPLY}}
        body = {"object": "chat.completion", "choices": [said | {"finish_reason": "stop"}]}
    elif ask.operation.event == "Converse":
        message = {"role": "assistant", "content": [{"text": REPLY}]}
        body = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE}
    else:
        body = {"content": [{"type": "text", "text": REPLY}]}
    return Answer(200, json.dumps(body), JSON_TYPE)


def _foundation_models(region: str) -> dict[str, Any]:
    partition = partition_of_region(region)
    return {
        "modelSummaries": [
            {
                "modelArn": f"arn:{partition}:bedrock:{region}::foundation-model/{model_id}",
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
