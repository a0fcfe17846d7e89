"""Refuse parameters that the model of the API does not allow, before permissions are asked.

The model is botocore's. IAM was seen to refuse by it, with `ValidationError` and 400
(radkawar/stackd, testdata/aws/iam/credential_inputs.json and pagination_inputs.json); the words are
those of STS, which AWSCore.jl#38 has, and of IAM where a name is too long. Of a name outside its
alphabet IAM speaks in other words. Lists and structures are left to moto.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import botocore.session
from botocore.model import OperationNotFoundError

from sandbox.base.faults import ServiceError
from sandbox.iam.request import QUERY_SERVICES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import Shape, StructureShape

    from sandbox.iam.request import Request


def outside_the_model(request: Request) -> ServiceError | None:
    """Give the refusal that names each broken constraint; JSON services are not looked at."""
    shape = _input_of(request.service, request.operation)
    if shape is None:
        return None
    broken = [
        f"Value {shown} at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: {constraint}"
        for name, shown, constraint in _broken(shape, request)
    ]
    if not broken:
        return None
    count = "1 validation error" if len(broken) == 1 else f"{len(broken)} validation errors"
    return ServiceError(400, "ValidationError", f"{count} detected: {'; '.join(broken)}")


@functools.cache
def _input_of(service: str, operation: str) -> StructureShape | None:
    if service not in QUERY_SERVICES:
        return None
    model = botocore.session.get_session().get_service_model(service)
    try:
        return model.operation_model(operation).input_shape
    except OperationNotFoundError:
        return None


def _broken(shape: StructureShape, request: Request) -> Iterator[tuple[str, str, str]]:
    given = request.parameters
    for name in shape.required_members:
        if not any(each == name or each.startswith(f"{name}.") for each in given):
            yield name, "null", "Member must not be null"
    for name, member in shape.members.items():
        if name in given:
            value = request.text(name)
            yield from ((name, f"'{value}'", constraint) for constraint in _unmet(member, value))


def _unmet(shape: Shape, value: str) -> Iterator[str]:
    limits = shape.metadata
    if shape.type_name == "string":
        yield from _outside(len(value), "length", limits)
        pattern = limits.get("pattern")
        # Java's \w, which the models mean, is ASCII alone.
        if value and pattern and not re.fullmatch(pattern, value, re.ASCII):
            yield f"Member must satisfy regular expression pattern: {pattern}"
        if limits.get("enum") and value not in limits["enum"]:
            yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"
    elif shape.type_name == "integer":
        yield from _outside(int(value), "value", limits)


def _outside(number: int, what: str, limits: dict[str, int]) -> Iterator[str]:
    if number < limits.get("min", number):
        yield f"Member must have {what} greater than or equal to {limits['min']}"
    if number > limits.get("max", number):
        yield f"Member must have {what} less than or equal to {limits['max']}"
