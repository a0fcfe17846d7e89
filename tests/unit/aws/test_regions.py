from __future__ import annotations

import re
from typing import get_args

import botocore.session
import pytest
from botocore.config import Config

from bedrock_key_guard.aws.regions import (
    HOME_REGION,
    MANTLE_REGIONS,
    PARTITION_OF_REGION,
    NoEndpointError,
    bedrock_url,
    further_regions,
    overrides_trusted,
    plane_url,
)
from bedrock_key_guard.model.evidence import Plane

pytestmark = pytest.mark.usefixtures("parsed_once")

PARTITIONS = ("aws", "aws-us-gov", "aws-eusc")


@pytest.mark.parametrize("partition", PARTITIONS)
def test_the_table_holds_every_region_that_the_sdk_knows(partition: str) -> None:
    """Fails when botocore learns of a region: look it up, and put it into the table."""
    known = botocore.session.get_session().get_available_regions("bedrock", partition)
    ours = {region for region, of in PARTITION_OF_REGION.items() if of == partition}
    assert {region for region in known if "-fips" not in region} - ours == set()


def test_the_table_holds_no_region_that_the_sdk_has_never_heard_of() -> None:
    session = botocore.session.get_session()
    for region, partition in PARTITION_OF_REGION.items():
        assert session.get_partition_for_region(region) == partition
        regions = {
            *session.get_available_regions("ec2", partition),
            *session.get_available_regions("bedrock", partition),
        }
        assert region in regions


def test_the_second_plane_is_offered_only_where_the_first_is() -> None:
    assert set(PARTITION_OF_REGION) > MANTLE_REGIONS


def test_each_partition_has_a_home_of_its_own() -> None:
    assert set(PARTITION_OF_REGION.values()) == set(PARTITIONS)
    assert set(HOME_REGION) == {*PARTITIONS, "aws-cn"}
    assert all(PARTITION_OF_REGION[HOME_REGION[name]] == name for name in PARTITIONS)


def test_no_key_is_ever_sent_to_a_partition_without_bedrock() -> None:
    assert HOME_REGION["aws-cn"] == "cn-north-1"
    assert HOME_REGION["aws-cn"] not in PARTITION_OF_REGION


@pytest.mark.parametrize("region", PARTITION_OF_REGION)
def test_a_url_is_made_of_nothing_but_the_region(region: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]+", region)
    is_eu = PARTITION_OF_REGION[region] == "aws-eusc"
    host, dual = (
        ("amazonaws.eu", "api.amazonwebservices.eu") if is_eu else ("amazonaws.com", "api.aws")
    )
    assert bedrock_url("bedrock", region) == f"https://bedrock.{region}.{host}"
    assert bedrock_url("bedrock-mantle", region) == f"https://bedrock-mantle.{region}.{dual}"


@pytest.mark.parametrize("region", ["us-west-2", "us-gov-west-1", "eusc-de-east-1"])
@pytest.mark.parametrize("fips", [False, True])
@pytest.mark.parametrize("dual_stack", [False, True])
def test_the_first_plane_is_where_the_sdk_would_ask(
    region: str, fips: bool, dual_stack: bool
) -> None:
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
    client = botocore.session.get_session().create_client(
        "bedrock", region, aws_access_key_id="x", aws_secret_access_key="x", config=config
    )
    url = bedrock_url("bedrock", region, fips=fips, dual_stack=dual_stack)
    assert url == client.meta.endpoint_url


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_fips_and_dual_stack_are_asked_for_by_the_environment(value: str) -> None:
    fips, dual_stack = ({f"AWS_USE_{name}_ENDPOINT": value} for name in ("FIPS", "DUALSTACK"))
    assert plane_url("bedrock", "us-west-2", fips) == "https://bedrock-fips.us-west-2.amazonaws.com"
    assert plane_url("bedrock", "us-west-2", dual_stack) == "https://bedrock.us-west-2.api.aws"
    assert plane_url("bedrock-mantle", "us-west-2", dual_stack).endswith(".us-west-2.api.aws")
    with pytest.raises(NoEndpointError, match="no FIPS endpoint of it is known"):
        plane_url("bedrock-mantle", "us-west-2", fips)
    assert plane_url("bedrock", "us-east-1", {"AWS_USE_FIPS_ENDPOINT": "false"}) == REAL


@pytest.mark.parametrize(
    ("region", "further"),
    [
        ("us-east-1", ("us-west-2", "eu-central-1")),
        ("us-west-2", ("us-east-1", "eu-central-1")),
        ("eu-west-3", ("us-east-1", "us-west-2")),
        ("us-gov-west-1", ("us-gov-east-1",)),
        ("eusc-de-east-1", ()),
        ("cn-north-1", ()),
        ("nowhere", ()),
    ],
)
def test_where_else_a_key_is_asked_about(region: str, further: tuple[str, ...]) -> None:
    assert further_regions(region) == further


@pytest.mark.parametrize("plane", get_args(Plane))
@pytest.mark.parametrize(
    "region",
    [
        "",
        "us-east-1 ",
        "US-EAST-1",
        "us-east-1.evil.example",
        "x@127.0.0.1:8443/#",
        "us-\u0435ast-1",
        "us-east-\u0661",
        "cn-north-1",
        "../us-east-1",
    ],
)
def test_no_other_text_makes_a_url(plane: Plane, region: str) -> None:
    with pytest.raises(NoEndpointError):
        bedrock_url(plane, region)


ALL = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ENDPOINT_URL_BEDROCK": "http://127.0.0.1:2/",
    "AWS_ENDPOINT_URL_BEDROCK_MANTLE": "http://127.0.0.1:3",
}
TRUST = {"BEDROCK_KEY_GUARD_ENDPOINTS": "trust"}
REAL = "https://bedrock.us-east-1.amazonaws.com"
REAL_MANTLE = "https://bedrock-mantle.us-east-1.api.aws"


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, False), ("", False), ("1", False), ("true", False), ("Trust", False), ("trust", True)],
)
def test_one_word_admits_the_overrides(value: str | None, expected: bool) -> None:
    environment = {} if value is None else {"BEDROCK_KEY_GUARD_ENDPOINTS": value}
    assert overrides_trusted(environment) is expected


@pytest.mark.parametrize(
    ("plane", "environment", "url"),
    [
        ("bedrock", {}, REAL),
        ("bedrock-mantle", {}, REAL_MANTLE),
        ("bedrock", ALL, REAL),
        ("bedrock-mantle", ALL, REAL_MANTLE),
        ("bedrock", TRUST, REAL),
        ("bedrock", {**TRUST, **ALL}, "http://127.0.0.1:2"),
        ("bedrock-mantle", {**TRUST, **ALL}, "http://127.0.0.1:3"),
        ("bedrock", {**TRUST, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        (
            "bedrock-mantle",
            {**TRUST, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "http://127.0.0.1:1",
        ),
        ("bedrock-mantle", {**TRUST, "AWS_ENDPOINT_URL_BEDROCK": "http://x"}, REAL_MANTLE),
        ("bedrock", {**TRUST, **ALL, "AWS_ENDPOINT_URL_BEDROCK": ""}, "http://127.0.0.1:1"),
        ("bedrock", {**TRUST, "AWS_ENDPOINT_URL_IAM": "http://x"}, REAL),
    ],
)
def test_where_a_plane_is_asked(plane: Plane, environment: dict[str, str], url: str) -> None:
    assert plane_url(plane, "us-east-1", environment) == url


def test_a_trusted_override_admits_no_other_region() -> None:
    with pytest.raises(NoEndpointError):
        plane_url("bedrock", "x@127.0.0.1", {**TRUST, **ALL})
