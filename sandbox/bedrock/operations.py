"""Name what Bedrock's two planes can be asked for, the permission that takes, and the event it is.

The first plane lists models (`GET /foundation-models`) and runs them (`Converse`, `InvokeModel` of
the Amazon Bedrock API reference); mantle is OpenAI's API (user guide, "bedrock-mantle"). Inference
on mantle is a data event, which nobody sees in the event history (user guide, "Monitor
bedrock-mantle API calls using CloudTrail").
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote

from sandbox.base.accounts import partition_of_region


@dataclass(frozen=True, slots=True)
class Plane:
    """Name a plane by its IAM namespace."""

    namespace: Literal["bedrock", "bedrock-mantle"]

    @property
    def bearer_action(self) -> str:
        return f"{self.namespace}:CallWithBearerToken"


CONTROL, MANTLE = Plane("bedrock"), Plane("bedrock-mantle")


@dataclass(frozen=True, slots=True)
class Operation:
    """Hold what is asked how; `permission` is the IAM action, `event` the name in CloudTrail."""

    plane: Plane
    method: str
    path: str
    permission: str
    event: str
    read_only: bool = False
    is_data_event: bool = False

    @property
    def action(self) -> str:
        return f"{self.plane.namespace}:{self.permission}"

    def resource(self, region: str, account_id: str, model: str) -> str | None:
        """Name what `action` is checked on; None for the one that has no resource."""
        partition = partition_of_region(region)
        if self.plane is MANTLE:
            return f"arn:{partition}:bedrock-mantle:{region}:{account_id}:project/default"
        return f"arn:{partition}:bedrock:{region}::foundation-model/{model}" if model else None


LIST_MODELS = Operation(
    CONTROL,
    "GET",
    "/foundation-models",
    "ListFoundationModels",
    "ListFoundationModels",
    read_only=True,
)
OPERATIONS = (
    LIST_MODELS,
    Operation(CONTROL, "POST", r"/model/([^/]+)/converse", "InvokeModel", "Converse"),
    Operation(CONTROL, "POST", r"/model/([^/]+)/invoke", "InvokeModel", "InvokeModel"),
    Operation(MANTLE, "GET", "/v1/models", "ListModels", "ListModels", read_only=True),
    Operation(
        MANTLE,
        "POST",
        "/v1/chat/completions",
        "CreateInference",
        "CreateInference",
        is_data_event=True,
    ),
)


def asked(method: str, path: str) -> tuple[Operation, str] | None:
    """Find the operation, and the model that its path names."""
    for operation in OPERATIONS:
        found = re.fullmatch(operation.path, path)
        if found and operation.method == method:
            return operation, unquote(found[1]) if found.groups() else ""
    return None


def is_served(path: str, plane: Plane | None) -> bool:
    """Tell whether a path is one of a plane's, or of either where no plane is named."""
    return any(re.fullmatch(o.path, path) and plane in (None, o.plane) for o in OPERATIONS)
