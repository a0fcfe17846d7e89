"""List the regions in which a key may have been used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.regions import PARTITION_OF_REGION
from bedrock_key_guard.aws.session import error_code

if TYPE_CHECKING:
    from bedrock_key_guard.aws.session import Session


@dataclass(frozen=True, slots=True)
class Regions:
    """Name regions; `doubt` says why they are those of a fixed table, if they are."""

    names: tuple[str, ...]
    doubt: str | None = None


def enabled_regions(session: Session) -> Regions:
    """Return the regions that are enabled in the account, or all those that have Bedrock.

    Facts are those of the EC2 API reference: `DescribeRegions` leaves out what is not enabled.
    """
    try:
        answer = session.client_in(session.home_region, "ec2").describe_regions()
        names = tuple(sorted(str(region["RegionName"]) for region in answer["Regions"]))
    except Exception as error:  # noqa: BLE001  # whatever failed, the table stands in
        partition = session.account.partition
        table = (name for name, of in PARTITION_OF_REGION.items() if of == partition)
        return Regions(tuple(sorted(table)), f"ec2:DescribeRegions failed ({error_code(error)})")
    return Regions(names)
