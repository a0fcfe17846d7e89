"""Follow AWS's listings to their end, also those for which botocore has no paginator.

The shapes are those of the IAM and EC2 API references.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.regions import PARTITION_OF_REGION
from bedrock_key_guard.aws.session import Session, error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Page = dict[str, Any]

# An account has 5,000 users at most, with two credentials of each for each of a few services.
_MOST_PAGES = 1_000


class EndlessListingError(Exception):
    """Tell that IAM had one more page, whatever was asked."""


def pages(ask: Callable[..., Page], **request: Any) -> Iterator[Page]:
    """Yield the pages of a listing. Raises EndlessListingError, and what AWS's refusal raises."""
    for _ in range(_MOST_PAGES):
        page = ask(**request)
        yield page
        if not page.get("IsTruncated"):
            return
        request["Marker"] = page["Marker"]
    raise EndlessListingError


def service_specific_credentials(iam: Any, **whose: Any) -> Iterator[dict[str, Any]]:
    """Yield the credentials of a user or of all, as IAM writes them.

    Raises what `pages` raises, and KeyError for an answer that holds no list: that is no empty one.
    """
    for page in pages(iam.list_service_specific_credentials, **whose):
        yield from page["ServiceSpecificCredentials"]


def names(iam: Any, operation: str, items: str, field: str = "", **whose: str) -> Iterator[str]:
    """Yield the names that an operation lists under `items`, or what its objects have in `field`.

    Raises what AWS's refusal raises.
    """
    for page in iam.get_paginator(operation).paginate(**whose):
        yield from (item[field] if field else item for item in page[items])


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
