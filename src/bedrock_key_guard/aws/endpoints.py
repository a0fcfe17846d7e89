"""Decide whether endpoints may be overridden, and by what.

An override in the environment sends credentials and leaked keys to a host of somebody's choosing,
so none counts unless `BEDROCK_KEY_GUARD_ENDPOINTS=trust` says so: for private endpoints and tests.
The variables are those of the AWS SDKs' reference guide, "Service-specific endpoints".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.regions import bedrock_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.model.evidence import Plane

_VARIABLES: dict[Plane, tuple[str, ...]] = {
    "bedrock": ("AWS_ENDPOINT_URL_BEDROCK", "AWS_ENDPOINT_URL"),
    "bedrock-mantle": ("AWS_ENDPOINT_URL_BEDROCK_MANTLE", "AWS_ENDPOINT_URL"),
}


def overrides_trusted(environment: Mapping[str, str]) -> bool:
    """Tell whether the person who runs the guard trusts the endpoints in the environment."""
    return environment.get("BEDROCK_KEY_GUARD_ENDPOINTS") == "trust"


def plane_url(plane: Plane, region: str, environment: Mapping[str, str]) -> str:
    """Return where a plane is asked. Raises KeyError for a region that is not in the table."""
    url = bedrock_url(plane, region)
    if overrides_trusted(environment):
        named = (environment.get(variable) for variable in _VARIABLES[plane])
        url = next(filter(None, named), url)
    return url.rstrip("/")
