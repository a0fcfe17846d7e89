"""Keep the fixed table of Bedrock regions: the only hosts that a key is ever sent to.

A region that a key names is text anyone can write. It selects a row of this table or nothing.
Regions are those of botocore's endpoint data for `bedrock`, the names of hosts are made as its
`partitions.json` says; where the second plane is known to be offered is in the Amazon Bedrock user
guide, "Regional availability by endpoints". FIPS and dual-stack endpoints are asked where the
environment wants them (AWS SDKs' reference guide, "Dual-stack and FIPS endpoints"); of the second
plane no FIPS endpoint is known, and another is not what was wanted.

An override in the environment sends credentials and leaked keys to a host of somebody's choosing,
so none counts unless `BEDROCK_KEY_GUARD_ENDPOINTS=trust` says so: for private endpoints and tests.
The variables are those of the AWS SDKs' reference guide, "Service-specific endpoints".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bedrock_key_guard.model.evidence import Plane

_AWS = (
    "af-south-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 "
    "ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 "
    "ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 "
    "eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 "
    "sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2"
)
PARTITION_OF_REGION = {
    **dict.fromkeys(_AWS.split(), "aws"),
    **dict.fromkeys(("us-gov-east-1", "us-gov-west-1"), "aws-us-gov"),
    "eusc-de-east-1": "aws-eusc",
}
# Elsewhere the plane may have come since: it is asked too, and a host that has no name is no plane.
MANTLE_REGIONS = frozenset(
    "ap-northeast-1 ap-south-1 ap-southeast-2 ap-southeast-3 eu-central-1 eu-north-1 eu-south-1 "
    "eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2".split()
)
# A long-term key names no region: any of its partition will do. IAM and its trail live there too.
# In China there is IAM, but no Bedrock: no key is ever sent there.
HOME_REGION = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-cn": "cn-north-1",
}
# Where IAM's changes come from afar, the home first: a response is confirmed in a second one too,
# and no key is called forged before as many as there are have refused it.
_TELLING = {
    "aws": ("us-east-1", "us-west-2", "eu-central-1"),
    "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
    "aws-eusc": ("eusc-de-east-1",),
}
_FURTHER = 2
# What ends the name of a host, and of one that is reached over IPv6 as well.
_SUFFIXES = {
    "aws": ("amazonaws.com", "api.aws"),
    "aws-us-gov": ("amazonaws.com", "api.aws"),
    "aws-eusc": ("amazonaws.eu", "api.amazonwebservices.eu"),
}
_VARIABLES: dict[Plane, tuple[str, ...]] = {
    "bedrock": ("AWS_ENDPOINT_URL_BEDROCK", "AWS_ENDPOINT_URL"),
    "bedrock-mantle": ("AWS_ENDPOINT_URL_BEDROCK_MANTLE", "AWS_ENDPOINT_URL"),
}


class NoEndpointError(Exception):
    """Say why there is no endpoint to ask."""


def further_regions(region: str) -> tuple[str, ...]:
    """Return where else in its partition a key is asked about: at most two regions."""
    telling = _TELLING.get(PARTITION_OF_REGION.get(region, ""), ())
    return tuple(each for each in telling if each != region)[:_FURTHER]


def bedrock_url(plane: Plane, region: str, *, fips: bool = False, dual_stack: bool = False) -> str:
    """Return the base URL of a plane in a region. Raises NoEndpointError where there is none."""
    if region not in PARTITION_OF_REGION:
        raise NoEndpointError("it names a region or a partition where no Bedrock is known")
    suffix, dual_suffix = _SUFFIXES[PARTITION_OF_REGION[region]]
    if plane == "bedrock-mantle":
        if fips:
            raise NoEndpointError("no FIPS endpoint of it is known, and the environment wants one")
        return f"https://bedrock-mantle.{region}.{dual_suffix}"
    name = "bedrock-fips" if fips else "bedrock"
    return f"https://{name}.{region}.{dual_suffix if dual_stack else suffix}"


def overrides_trusted(environment: Mapping[str, str]) -> bool:
    """Return whether the person who runs the guard trusts the endpoints in the environment."""
    return environment.get("BEDROCK_KEY_GUARD_ENDPOINTS") == "trust"


def plane_url(plane: Plane, region: str, environment: Mapping[str, str]) -> str:
    """Return where a plane is asked. Raises NoEndpointError where there is nothing to ask."""
    url = bedrock_url(
        plane,
        region,
        fips=_is_wanted("AWS_USE_FIPS_ENDPOINT", environment),
        dual_stack=_is_wanted("AWS_USE_DUALSTACK_ENDPOINT", environment),
    )
    if overrides_trusted(environment):
        named = (environment.get(variable) for variable in _VARIABLES[plane])
        url = next(filter(None, named), url)
    return url.rstrip("/")


def _is_wanted(name: str, environment: Mapping[str, str]) -> bool:
    return environment.get(name, "").lower() == "true"
