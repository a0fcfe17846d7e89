"""Stand in for the AWS CLI: `aws SERVICE OPERATION --name value`, as botocore's models have them.

Enough for the commands that documents tell people to type. An operation or an option that AWS does
not know is an error, as it is there.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import jmespath
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Sequence

OF_EVERY_COMMAND = ("--output", "--query", "--region")


@dataclass(frozen=True, slots=True)
class Operation:
    """Know what an operation of a service is called by Python, and what it takes."""

    client: Any
    method: str
    members: dict[str, str]
    required: frozenset[str]

    @classmethod
    def named(cls, service: str, operation: str) -> Operation:
        """Return what AWS has by this name. Raises KeyError where it has none."""
        client: Any = boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]
        method = operation.replace("-", "_")
        model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
        members = {_option(name): name for name in model.input_shape.members}
        return cls(
            client, method, members, frozenset(map(_option, model.input_shape.required_members))
        )


def _option(member: str) -> str:
    return f"--{xform_name(member, '-')}"


def main(words: Sequence[str]) -> int:
    """Call the operation and print its answer."""
    service, name, *rest = words
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    shown, query = options.pop("--output", "json"), options.pop("--query", "@")
    operation = Operation.named(service, name)
    given = {operation.members[option]: value for option, value in options.items()}
    answer = getattr(operation.client, operation.method)(**given)
    answer.pop("ResponseMetadata", None)
    sys.stdout.write(_shown(jmespath.search(query, answer), as_text=shown == "text"))
    return 0


def _shown(answer: Any, *, as_text: bool) -> str:
    if as_text:
        return "\t".join(answer if isinstance(answer, list) else [answer]) + "\n"
    return json.dumps(answer, default=str, indent=4) + "\n" if answer else ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
