from __future__ import annotations

from typing import Any

import pytest

from bedrock_key_guard.aws.listings import (
    EndlessListingError,
    pages,
    service_specific_credentials,
)

FIRST = {"ServiceSpecificCredentials": [{"UserName": "a"}], "IsTruncated": True, "Marker": "2"}
LAST = {"ServiceSpecificCredentials": [{"UserName": "b"}], "IsTruncated": False}


class Listing:
    """Answer as IAM does, by the marker, and remember what was asked."""

    def __init__(self, **answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def list_service_specific_credentials(self, **request: Any) -> dict[str, Any]:
        self.asked.append(request)
        return self.answers[request.get("Marker", "first")]


def test_markers_are_followed_to_the_end_with_the_same_question() -> None:
    iam = Listing(first=FIRST, **{"2": LAST})
    found = service_specific_credentials(iam, AllUsers=True)
    assert [each["UserName"] for each in found] == ["a", "b"]
    assert iam.asked == [{"AllUsers": True}, {"AllUsers": True, "Marker": "2"}]


def test_a_page_is_asked_for_when_it_is_wanted() -> None:
    iam = Listing(first=FIRST)
    assert next(service_specific_credentials(iam))["UserName"] == "a"
    assert len(iam.asked) == 1


def test_a_listing_without_an_end_is_no_listing() -> None:
    iam = Listing(first=FIRST, **{"2": FIRST})
    with pytest.raises(EndlessListingError):
        list(pages(iam.list_service_specific_credentials))
    assert len(iam.asked) == 1_000


def test_an_answer_without_a_list_is_not_an_empty_one() -> None:
    with pytest.raises(KeyError):
        list(service_specific_credentials(Listing(first={})))
