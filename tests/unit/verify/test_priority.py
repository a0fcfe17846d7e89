from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.key import WholeKey
from bedrock_key_guard.model.evidence import Evidence, IamAnswer
from bedrock_key_guard.verify.priority import worst_first
from tests.unit.verify.doubles import (
    NOW,
    STRANGER,
    credential,
    found,
    long_term,
    offline,
    short_term,
)

ABSENT, UNKNOWN = IamAnswer("absent", NOW), IamAnswer("unknown", NOW)
MAY_SIGN, INACTIVE_SIGNER = IamAnswer("found", NOW), IamAnswer("inactive", NOW)


def listed(number: int, status: str = "Active") -> IamAnswer:
    return found(replace(credential(status), credential_id=f"ACCA{number:017}"))


def candidate(key: WholeKey, iam: IamAnswer) -> Evidence:
    return replace(offline(key), iam=iam)


def of(number: int, iam: IamAnswer, seed: int = 0) -> Evidence:
    return candidate(long_term(f"user-{number}", seed=str(seed)), iam)


# What comes before what; keys of one row are equals.
ROWS: list[list[Evidence]] = [
    [of(1, listed(1)), candidate(short_term(kind="AKIA"), MAY_SIGN)],
    [of(2, UNKNOWN), candidate(short_term(), UNKNOWN)],
    [of(3, listed(3, "Inactive")), of(4, listed(4, "Expired"))],
    [candidate(short_term(STRANGER, kind="AKIA"), INACTIVE_SIGNER)],
    [of(5, ABSENT), of(5, ABSENT, seed=1)],
]


def fingerprints(ordered: Iterable[Evidence]) -> list[str]:
    return [each.key.fingerprint for each in ordered]


@pytest.mark.parametrize("better", range(len(ROWS)))
@pytest.mark.parametrize("worse", range(len(ROWS)))
def test_what_can_be_used_comes_before_what_hardly_can(better: int, worse: int) -> None:
    if {better, worse} == {2, 3} or better >= worse:
        return
    for one, other in product(ROWS[better], ROWS[worse]):
        assert worst_first([other, one]) == worst_first([one, other]) == [one, other]


def test_one_key_of_everything_comes_before_a_second_of_anything() -> None:
    many = [of(1, listed(1), seed) for seed in range(5)]
    others = [of(2, listed(2)), of(3, listed(3, "Inactive")), of(4, UNKNOWN)]
    ordered = worst_first([*many, *others, of(5, ABSENT)])
    assert set(fingerprints(others)) < set(fingerprints(ordered[:4]))
    assert ordered[-1].iam == ABSENT


def test_an_old_key_and_a_new_one_of_one_access_key_are_two_of_the_same() -> None:
    old, new = short_term(), short_term(issued_at=NOW)
    unknown = [candidate(key, UNKNOWN) for key in (old, new)]
    third = of(1, UNKNOWN)
    assert third in worst_first([*unknown, third])[:2]


FORGED = st.lists(
    st.one_of(
        st.builds(of, st.integers(10, 300), st.just(ABSENT), st.integers(0, 3)),
        st.builds(lambda n, seed: of(n, listed(n), seed), st.integers(1, 9), st.integers(0, 60)),
        st.builds(
            lambda n, seed: of(n, listed(n, "Inactive"), seed),
            st.integers(400, 500),
            st.integers(0, 3),
        ),
        st.builds(of, st.integers(600, 700), st.just(UNKNOWN), st.integers(0, 3)),
    ),
    max_size=300,
    unique_by=lambda each: each.key.fingerprint,
)
LIVE = of(0, listed(0))
KNOWN = 9


@given(FORGED, st.data())
def test_forged_keys_take_no_turn_from_a_live_one(
    forged: list[Evidence], data: st.DataObject
) -> None:
    """Its turn comes with that of the credentials that IAM lists, however many keys name them."""
    found_in = data.draw(st.integers(0, len(forged)))
    ordered = worst_first([*forged[:found_in], LIVE, *forged[found_in:]])
    assert len(ordered) == len(forged) + 1
    assert LIVE in ordered[: KNOWN + 1]


@given(FORGED, st.randoms())
def test_the_order_in_which_keys_are_found_makes_no_difference(
    forged: list[Evidence], random: Random
) -> None:
    shuffled = random.sample(forged, len(forged))
    assert worst_first(shuffled) == worst_first(forged)
