"""Follow IAM's listings to their end, also those for which botocore has no paginator.

The shapes are those of the IAM API reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
