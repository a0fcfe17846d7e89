"""Stand in for the AWS CLI: `aws SERVICE OPERATION --name value`, as botocore's models have them.

Enough for the commands that documents tell people to type. An operation or an option that AWS does
not know is an error, as it is there.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import boto3
import jmespath
from botocore import xform_name

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(words: Sequence[str]) -> int:
    """Call the operation and print its answer."""
    service, operation, *rest = words
    options = dict(zip(rest[::2], rest[1::2], strict=True))
    shown, query = options.pop("--output", "json"), options.pop("--query", "@")
    client = boto3.client(service)  # type: ignore[call-overload]
    model = client.meta.service_model.operation_model(_named(client, operation))
    known = {f"--{xform_name(name, '-')}": name for name in model.input_shape.members}
    answer = getattr(client, xform_name(model.name))(**{known[k]: v for k, v in options.items()})
    answer.pop("ResponseMetadata", None)
    sys.stdout.write(_shown(jmespath.search(query, answer), as_text=shown == "text"))
    return 0


def _named(client: Any, operation: str) -> str:
    names = client.meta.service_model.operation_names
    return str(next(name for name in names if xform_name(name, "-") == operation))


def _shown(answer: Any, *, as_text: bool) -> str:
    if as_text:
        return "\t".join(answer if isinstance(answer, list) else [answer]) + "\n"
    return json.dumps(answer, default=str, indent=4) + "\n" if answer else ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
