"""Compare every combination of answers with the rules, stated once more in plain words.

A case is a bundle of labels. `evidence_of` turns it into what the product sees; `ruling_on` reads
the labels alone and knows nothing of the product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest

from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Clock,
    Evidence,
    IamAnswer,
    Plane,
    Verdict,
)
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.verify import verdict as product_code
from bedrock_key_guard.verify.verdict import RULES, verdict_from
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOT_SHOWN,
    NOW,
    SHOWN,
    STRANGER,
    UNREAD,
    USER,
    answer,
    credential,
    found,
    long_term,
    short_term,
)

pytestmark = pytest.mark.slow  # a hundred thousand combinations, over and over

LONG, SHORT = long_term(), short_term()

OTHERS = {
    "stranger": f"arn:aws:iam::{STRANGER}:user/{USER}",
    "eve": f"arn:aws:iam::{ACCOUNT}:user/eve",
    "gov": f"arn:aws-us-gov:iam::{ACCOUNT}:user/{USER}",
}
PLANE = (
    "absent",
    "accepted",
    "refused",
    "refused twice",
    "expired",
    "expired twice",
    "unknown",
    "not offered",
    "denied",
    "denied bearer",
    "denied explicitly",
    "denied bearer from above",
    "denied to stranger",
    "denied bearer to stranger",
    "denied to eve",
    "denied bearer to eve",
    "denied bearer to gov",
)
LISTED = ("yes", "no", "unknown list", "not found", "not found out")
CLOCKS = ("fresh", "just expired", "long expired")
REGIONS = ("own", "another")
HOLDERS = ("own", "other account", "other partition")
# IAM has no status but three today; whatever it calls a credential one day is not known to be dead.
CREDENTIALS = (
    *("Active", "Inactive", "Expired", "Suspended"),
    *("young Active", "young Inactive", "gone"),
)
SIGNERS = ("found", "inactive", "gone")
SILENT = ("not asked", "unknown")
# What IAM shows of the principal's policies; it is asked of few answers, and told for all here.
POLICIES = ("shown", "not shown", "unread", "not asked")
# What further regions say; they are asked about few keys, and tell of every long-term key here.
FURTHER = ("not asked", "refuse", "are silent", "take it", "refuse once")
SETTLED = ("refused twice", "expired twice", "not offered")


@dataclass(frozen=True, slots=True)
class Case:
    """Label everything that a verdict may rest on."""

    kind: str
    first: str
    second: str
    iam: str
    holder: str = "own"
    listed: str = "yes"
    clock: str = "fresh"
    region: str = "own"
    policies: str = "shown"
    further: str = "not asked"

    @property
    def planes(self) -> tuple[str, str]:
        return self.first, self.second


def cases() -> Iterator[Case]:
    for number, case in enumerate(_everywhere()):
        if any(plane.startswith("denied") for plane in case.planes):
            # Every combination of planes meets each of them, with some of all the rest.
            yield replace(case, policies=POLICIES[number % len(POLICIES)])
        else:
            yield case


def _everywhere() -> Iterator[Case]:
    """Yield each case with what further regions say, all of it where that decides."""
    for number, case in enumerate(_asked()):
        if case.kind == "short-term" or case.first == "absent":
            yield case
        elif case.first == "refused twice" and case.iam == "Active":
            yield from (replace(case, further=further) for further in FURTHER)
        else:
            yield replace(case, further=FURTHER[number % len(FURTHER)])


def _asked() -> Iterator[Case]:
    spoken = [*product(CREDENTIALS, HOLDERS), *((silence, "own") for silence in SILENT)]
    for first, second, listed, (iam, holder) in product(PLANE, PLANE, LISTED, spoken):
        yield Case("long-term", first, second, iam, holder, listed)
    signers = [*product(SIGNERS, HOLDERS), *((silence, "own") for silence in SILENT)]
    for first, second, listed, (iam, holder) in product(PLANE, PLANE, LISTED, signers):
        for clock, region in product(CLOCKS, REGIONS):
            yield Case("short-term", first, second, iam, holder, listed, clock, region)


# ── the rules ───────────────────────────────────────────────────────────────────────────────────


Ruling = tuple[int, str, str]
Judged = list[tuple[Case, Ruling, Verdict]]


def ruling_on(case: Case) -> Ruling:
    """Return the number of the first rule that speaks, the verdict, and a word of its reason."""
    return next(ruling for applies, *ruling in rules(case) if applies)  # type: ignore[return-value]


def rules(case: Case) -> Iterator[tuple[bool, int, str, str]]:
    long = case.kind == "long-term"

    yield not long and case.clock == "long expired", 1, "dead", "expired at"

    yield case.listed == "unknown list", 2, "unverified", "no key may be tried"

    yield case.listed == "not found out", 3, "unverified", "account is unknown"
    yield case.listed in ("no", "not found"), 3, "foreign", "account"

    taken = "accepted" in case.planes or case.further == "take it"
    yield taken, 4, "live", "accepted it"

    yield any(map(names_somebody_else(case), case.planes)), 5, "unverified", "principals disagree"

    # The second plane may answer a denied key as it answers a forged one.
    refuses = case.second in SETTLED and "young" not in case.iam
    both_say_no = is_own_denial(case.first) and (
        is_own_denial(case.second) or case.second == "not offered" or refuses
    )
    yield both_say_no and case.policies == "shown", 6, "contained", "may not use API keys"

    yield any(plane.startswith("denied") for plane in case.planes), 7, "live", "denied from here"

    # The second plane may keep silent, and then the verdict says so.
    not_against_it = case.second in (*SETTLED, "refused", "expired", "unknown")
    refused = case.first == "refused twice" and not_against_it
    its_own = case.holder == "own"

    judged = refused and long and its_own and "young" not in case.iam
    yield judged and case.iam == "gone", 8, "dead", "no credential with its alias"
    yield judged and case.iam in ("Inactive", "Expired"), 8, "dead", case.iam

    everywhere = case.second in SETTLED and case.further in ("refuse", "are silent")
    yield judged and everywhere and case.iam == "Active", 9, "rejected", "credential is Active"

    at_home = not long and case.region == "own"
    ended = case.first == "expired twice" and not_against_it
    yield at_home and ended, 10, "dead", "the session behind it has ended"

    signer_cannot = its_own and case.iam in ("inactive", "gone")
    yield at_home and refused and signer_cannot, 11, "dead", "the access key that signed it"
    settled = refused and case.second in SETTLED
    yield at_home and settled, 11, "rejected", "in its own region"

    yield True, 12, "unverified", ""


def names_somebody_else(case: Case) -> Callable[[str], bool]:
    """Tell of one plane's answer whether it named a principal that the key cannot be of."""
    owner_known = case.kind == "long-term" and case.iam not in SILENT

    def predicate(plane: str) -> bool:
        if not plane.startswith("denied"):
            return False
        if plane.endswith(("stranger", "gov")):
            return True
        return owner_known and (case.iam == "gone" or plane.endswith("eve"))

    return predicate


def is_own_denial(plane: str) -> bool:
    """Tell whether it may be a policy of the principal's own that denies it the use of keys."""
    return plane.startswith(("denied bearer", "denied explicitly")) and " from above" not in plane


# ── what the product sees ───────────────────────────────────────────────────────────────────────


def evidence_of(case: Case) -> Evidence:
    key = LONG if case.kind == "long-term" else SHORT
    expires_at = None if case.kind == "long-term" else SHORT.expires_at
    late = {"fresh": -60, "just expired": 299, "long expired": 301}[case.clock]
    now = NOW if expires_at is None else expires_at + timedelta(seconds=late)
    return Evidence(
        key=key,
        clock=Clock(now, expires_at, timedelta()),
        allowed=ALLOWED[case.listed],
        bedrock=BEDROCK[case.region, case.first, case.second] + ELSEWHERE[case.further],
        iam=IAM[case.iam, case.holder],
        policies=SHOWN_POLICIES[case.policies],
    )


def _plane(plane: Plane, said: str, region: str) -> tuple[BedrockAnswer, ...]:
    if said == "absent":
        return ()
    word, _, other = said.partition(" to ")
    where = {"own": "us-east-1", "another": "eu-west-1"}[region]
    return (answer(plane, word, region=where, principal=OTHERS.get(other)),)


def _iam(said: str, holder: str) -> IamAnswer | None:
    account = {
        "own": Account(ACCOUNT),
        "other account": Account(STRANGER),
        "other partition": Account(ACCOUNT, "aws-us-gov"),
    }[holder]
    if said == "not asked":
        return None
    if said in ("unknown", "found", "inactive"):
        return IamAnswer(said, NOW, account)  # type: ignore[arg-type]  # checked right above
    if said == "gone":
        return IamAnswer("absent", NOW, account)
    age = timedelta(seconds=119) if said.startswith("young") else timedelta(days=90)
    record = credential(said.rpartition(" ")[2], created_at=NOW - age)
    return replace(found(record), account=account)


LIST = frozenset((ACCOUNT,))
ALLOWED = {
    "yes": AllowedAccounts(ACCOUNT, LIST),
    "no": AllowedAccounts(STRANGER, LIST),
    "unknown list": AllowedAccounts(ACCOUNT, None),
    "not found": AllowedAccounts(None, LIST, "not-found"),
    "not found out": AllowedAccounts(None, LIST, "failed"),
}
BEDROCK = {
    (region, first, second): _plane("bedrock", first, region)
    + _plane("bedrock-mantle", second, region)
    for region, first, second in product(REGIONS, PLANE, PLANE)
}
SAID = {
    "refuse": "refused twice",
    "are silent": "unknown",
    "take it": "accepted",
    "refuse once": "refused",
}
ELSEWHERE = {
    further: tuple(
        answer("bedrock", SAID[further], region=region)
        for region in ("us-west-2", "eu-central-1")
        if further in SAID
    )
    for further in FURTHER
}
SHOWN_POLICIES = {
    "shown": SHOWN,
    "not shown": NOT_SHOWN,
    "unread": UNREAD,
    "not asked": None,
}
IAM = {
    (said, holder): _iam(said, holder)
    for said, holder in product((*CREDENTIALS, *SIGNERS, *SILENT), HOLDERS)
}


# ── the tests ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def judged() -> Judged:
    """Give each case with what the rules and the product make of it."""
    return [(case, ruling_on(case), verdict_from(evidence_of(case))) for case in cases()]


def test_every_combination_is_judged_as_the_rules_say(judged: Judged) -> None:
    wrong = []
    for case, (_, state, word), verdict in judged:
        if verdict.state != state or word not in verdict.reason:
            wrong.append((case, verdict.state, verdict.reason, state, word))
    assert wrong == []


def test_what_must_hold_of_every_verdict(judged: Judged) -> None:
    for case, _, verdict in judged:
        named = any(plane.startswith("denied") for plane in case.planes)
        if verdict.state in ("live", "contained"):
            assert "accepted" in case.planes or named or case.further == "take it", case
            assert case.listed == "yes", case
        if verdict.state in ("dead", "rejected") and "expired at" not in verdict.reason:
            assert "accepted" not in case.planes, case
            assert not named, case
            assert case.first in ("refused twice", "expired twice"), case
            assert case.second in SETTLED or not verdict.proves_dead, case
            assert case.second in SETTLED or verdict.state == "dead", case
            assert case.further != "take it", case
            assert "young" not in case.iam, case
            assert case.listed == "yes", case
            if case.kind == "long-term":
                assert case.iam not in SILENT, case
                assert case.holder == "own", case
        if verdict.state == "foreign":
            assert case.listed in ("no", "not found"), case


@pytest.fixture(scope="module")
def examples(judged: Judged) -> dict[int, list[Case]]:
    """Sort the cases by the rule that decides them."""
    by_rule: dict[int, list[Case]] = defaultdict(list)
    for case, (number, _, _), _ in judged:
        by_rule[number].append(case)
    return by_rule


def test_every_rule_decides_something(examples: dict[int, list[Case]]) -> None:
    assert sorted(examples) == list(range(1, 13))


@pytest.mark.parametrize("dropped", [rule for rule in RULES if rule.__name__ != "_no_probe"])
def test_no_rule_can_be_dropped(
    dropped: product_code.Rule,
    examples: dict[int, list[Case]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left = tuple(rule for rule in RULES if rule is not dropped)
    monkeypatch.setattr(product_code, "RULES", left)
    some = [case for known in examples.values() for case in known[:: len(known) // 400 + 1]]
    assert any(verdict_from(evidence_of(case)).state != ruling_on(case)[1] for case in some)
