from __future__ import annotations

import pytest

from bedrock_key_guard.keys import prefixes
from bedrock_key_guard.keys.families import FAMILIES, UNKNOWN_LONG_TERM, probed
from bedrock_key_guard.keys.key import fingerprint, short
from tests.keysmith import fingerprint_of


def test_every_family_has_its_own_name_and_prefix() -> None:
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)
    assert tuple(family.prefix for family in FAMILIES) == prefixes.PREFIXES


def test_no_prefix_is_the_start_of_another() -> None:
    for one in prefixes.PREFIXES:
        assert [other for other in prefixes.PREFIXES if other.startswith(one)] == [one]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_is_complete_for_its_kind(family: object) -> None:
    from bedrock_key_guard.keys.families import Family

    assert isinstance(family, Family)
    assert family.service_name == f"{family.service}.amazonaws.com"
    assert family.kind == ("short-term" if family.prefix.endswith("-api-key-") else "long-term")
    assert all(action.endswith(":CallWithBearerToken") for action in family.deny_actions)
    assert family.deny_actions


def test_of_an_unknown_service_nothing_is_said() -> None:
    assert UNKNOWN_LONG_TERM not in FAMILIES
    assert not probed(UNKNOWN_LONG_TERM)
    assert (UNKNOWN_LONG_TERM.service_name, UNKNOWN_LONG_TERM.deny_actions) == ("", ())


@pytest.mark.parametrize("name", ["bedrock-long-term", "bedrock-short-term"])
def test_a_key_of_amazon_bedrock_is_denied_on_both_planes(name: str) -> None:
    (family,) = (family for family in FAMILIES if family.name == name)
    planes = ("bedrock", "bedrock-mantle")
    assert family.deny_actions == tuple(f"{plane}:CallWithBearerToken" for plane in planes)


def test_only_amazon_bedrock_is_probed() -> None:
    assert [family.name for family in FAMILIES if probed(family)] == [
        "bedrock-long-term",
        "bedrock-short-term",
    ]


def test_a_fingerprint_is_a_sha_256_in_its_own_domain() -> None:
    full = fingerprint("ABSKmade-up")
    assert full == fingerprint_of("ABSKmade-up")
    assert (len(full), short(full)) == (64, full[:12])
