"""Write down every call that reaches the sandbox, and never a key.

Parameters of AWS calls are kept by an allow-list of names; of a bearer key only the fingerprint is
kept, by the formula of the product's reports, so that a probe can be matched to its incident.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

READS = ("Get", "List", "Lookup", "Describe", "Simulate", "AssumeRole")
KEPT_PARAMETERS = frozenset(
    {
        "AccessKeyId",
        "AllUsers",
        "CredentialAgeDays",
        "Marker",
        "MaxItems",
        "Name",
        "PolicyArn",
        "PolicyName",
        "RoleArn",
        "RoleName",
        "RoleSessionName",
        "SecretId",
        "ServiceName",
        "ServiceSpecificCredentialId",
        "Status",
        "Type",
        "UserName",
    }
)


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One call of an AWS operation, as it arrived; `account_id` is None for unknown credentials."""

    service: str
    operation: str
    account_id: str | None
    access_key_id: str | None
    region: str
    user_agent: str
    parameters: tuple[tuple[str, str], ...]

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def writes(self) -> bool:
        return writes(self.operation)

    def parameter(self, name: str) -> str | None:
        return dict(self.parameters).get(name)


@dataclass(frozen=True, slots=True)
class BedrockCall:
    """One request to Bedrock, as it arrived; `plane` is `bedrock`, `bedrock-mantle` or None.

    `port` is the client's: requests of one connection have it in common.
    """

    method: str
    path: str
    host: str
    user_agent: str
    plane: str | None
    fingerprint: str | None
    port: int


CallT = TypeVar("CallT")


class WireLog(Generic[CallT]):
    """Collect calls in the order of their arrival, from many threads."""

    def __init__(self) -> None:
        self._calls: list[CallT] = []
        self._lock = threading.Lock()

    def record(self, call: CallT) -> None:
        with self._lock:
            self._calls.append(call)

    def calls(self) -> tuple[CallT, ...]:
        with self._lock:
            return tuple(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()


def writes(operation: str) -> bool:
    """Tell whether an operation changes something, by its name."""
    return not operation.startswith(READS)


def fingerprint(bearer: str) -> str:
    return hashlib.sha256(b"bedrock-key-guard:v1\0" + bearer.encode("latin-1")).hexdigest()


def kept(parameters: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Keep the parameters that cannot hold a secret."""
    return tuple(
        (name, str(value)) for name, value in parameters.items() if name in KEPT_PARAMETERS
    )
