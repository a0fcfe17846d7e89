"""Keep the fixed table of Bedrock regions: the only hosts that a key is ever sent to.

A region that a key names is text anyone can write. It selects a row of this table or nothing.
Regions are those of botocore's endpoint data for `bedrock`; where the second plane is known to be
offered is in the Amazon Bedrock user guide, "Regional availability by endpoints".

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
}
# Elsewhere the plane may have come since: it is asked too, and a host that has no name is no plane.
MANTLE_REGIONS = frozenset(
    "ap-northeast-1 ap-south-1 ap-southeast-2 ap-southeast-3 eu-central-1 eu-north-1 eu-south-1 "
    "eu-west-1 eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2".split()
)
# A long-term key names no region: any of its partition will do. IAM and its trail live there too.
# In China there is IAM, but no Bedrock: no key is ever sent there.
HOME_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
# Where IAM's changes come from afar: a response is confirmed there too, once.
SECOND_REGION = {"aws": "us-west-2", "aws-us-gov": "us-gov-east-1"}
_VARIABLES: dict[Plane, tuple[str, ...]] = {
    "bedrock": ("AWS_ENDPOINT_URL_BEDROCK", "AWS_ENDPOINT_URL"),
    "bedrock-mantle": ("AWS_ENDPOINT_URL_BEDROCK_MANTLE", "AWS_ENDPOINT_URL"),
}


def bedrock_url(plane: Plane, region: str) -> str:
    """Return the base URL of a plane in a region of the table. Raises KeyError for any other."""
    if region not in PARTITION_OF_REGION:
        raise KeyError(region)
    if plane == "bedrock":
        return f"https://bedrock.{region}.amazonaws.com"
    return f"https://bedrock-mantle.{region}.api.aws"


def overrides_trusted(environment: Mapping[str, str]) -> bool:
    """Return whether the person who runs the guard trusts the endpoints in the environment."""
    return environment.get("BEDROCK_KEY_GUARD_ENDPOINTS") == "trust"


def plane_url(plane: Plane, region: str, environment: Mapping[str, str]) -> str:
    """Return where a plane is asked. Raises KeyError for a region that is not in the table."""
    url = bedrock_url(plane, region)
    if overrides_trusted(environment):
        named = (environment.get(variable) for variable in _VARIABLES[plane])
        url = next(filter(None, named), url)
    return url.rstrip("/")
