from __future__ import annotations

import re
from typing import get_args

import botocore.session
import pytest

from bedrock_key_guard.aws.regions import (
    HOME_REGION,
    MANTLE_REGIONS,
    PARTITION_OF_REGION,
    bedrock_url,
)
from bedrock_key_guard.model.evidence import Plane

PARTITIONS = ("aws", "aws-us-gov")


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
    assert bedrock_url("bedrock", region) == f"https://bedrock.{region}.amazonaws.com"
    assert bedrock_url("bedrock-mantle", region) == f"https://bedrock-mantle.{region}.api.aws"


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
    with pytest.raises(KeyError):
        bedrock_url(plane, region)
