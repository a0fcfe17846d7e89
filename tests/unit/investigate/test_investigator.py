from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.investigate import limitations
from bedrock_key_guard.investigate.investigator import (
    MOST_KEYS,
    Investigator,
    responded_at,
)
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import AllowedAccounts, BedrockAnswer, Verdict, VerdictState
from bedrock_key_guard.model.findings import Case, Incident
from bedrock_key_guard.model.usage import EventPoint, Usage, UserChange
from tests.sweeps import sweep
from tests.unit.investigate.records import (
    ACCOUNT,
    CAUSES,
    GUARD,
    NOW,
    SESSION,
    USER,
    FakeSession,
    FakeTrail,
    at,
    iam,
    listed,
    mantle,
    of_session,
    record,
    refusal,
    unread,
)
from tests.unit.report import samples

REGIONS = (*(f"eu-test-{n}" for n in range(1, 17)), "us-east-1")
KEY = "ASIAQNZGKIQYEXAMPLE2"
SIGNED = samples.short_term(account_id=ACCOUNT)


def look(
    session: FakeSession | NoSession,
    key: LongTermKey | ShortTermKey | None = None,
    verdict: Verdict | None = None,
    *,
    leak: datetime | None = None,
    since: datetime | None = None,
    allowed: AllowedAccounts | None = None,
    most_events: int | None = None,
) -> Usage:
    """Investigate one key on a clock that only sleeping moves."""
    key = key or samples.long_term()
    verdict = verdict or samples.verdict("rejected", key=key, iam=samples.iam_found())
    incident = Incident(key.fingerprint, key, "exact", (samples.at("f", author_time=leak),))
    looking = investigator(session, allowed, since, most_events)
    return looking.usage(incident, key, verdict, None)


def investigator(
    session: FakeSession | NoSession,
    allowed: AllowedAccounts | None = None,
    since: datetime | None = None,
    most_events: int | None = None,
) -> Investigator:
    standing = allowed or AllowedAccounts(ACCOUNT, frozenset((ACCOUNT,)))
    opened: Any = session
    return Investigator(lambda _id: opened, lambda _key: standing, lambda: NOW, since, most_events)


def values(usage: Usage, dimension: str) -> dict[str, int]:
    breakdown = dict(usage.by)[dimension]  # type: ignore[index]
    return {tally.value: tally.calls for tally in breakdown.tallies}


# ── long-term keys ──────────────────────────────────────────────────────────────────────────────


def test_calls_with_the_key_are_found_in_every_region_and_no_other_calls() -> None:
    trail = FakeTrail()
    trail.put(record(at(hours=2), "a"), mantle(at(hours=1), "b", userAgent="curl/8"))
    trail.put(
        record(at(hours=3), "c", awsRegion="eu-west-1", errorCode="AccessDenied"),
        of_session(at(hours=3), "not the key's", userName=USER),
        record(at(hours=3), "not a key's", additionalEventData={}),
        region="eu-west-1",
    )
    usage = look(FakeSession(trail), leak=at(days=1))
    assert (usage.subject, usage.calls, usage.errors) == (f"user {USER}", 3, 1)
    assert usage.complete
    assert (usage.begin, usage.end, usage.leaked_at) == (at(days=8), NOW, at(days=1))
    assert usage.first == EventPoint(at(hours=3), "c")
    assert usage.last == EventPoint(at(hours=1), "b")
    assert values(usage, "region") == {"us-east-1": 2, "eu-west-1": 1}
    assert values(usage, "event") == {"Converse": 2, "ListModels": 1}
    assert values(usage, "error") == {"AccessDenied": 1}
    assert values(usage, "inference_region") == {"us-west-2": 2}


def test_the_guards_own_probes_stand_apart() -> None:
    trail = FakeTrail()
    trail.put(
        record(at(hours=2), "a", eventName="ListFoundationModels", userAgent=GUARD),
        mantle(at(hours=2), "b", userAgent=GUARD),
        record(at(hours=1), "c"),
    )
    usage = look(FakeSession(trail))
    assert usage.probes is not None
    assert (usage.calls, usage.probes.calls) == (1, 2)
    assert limitations.BY_USER_AGENT in usage.limits


def test_who_made_and_changed_the_credential_is_found_before_the_leak_too() -> None:
    made = {"serviceSpecificCredential": {"serviceSpecificCredentialId": "ACCAQNZGKIQYEXAMPLE22"}}
    trail = FakeTrail()
    trail.put(
        iam("CreateServiceSpecificCredential", at(days=60), "made", responseElements=made),
        iam("CreateAccessKey", at(hours=5), "added"),
        iam("CreateAccessKey", at(hours=5), "bob's", requestParameters={"userName": "bob"}),
    )
    usage = look(FakeSession(trail), leak=at(days=1))
    assert [(c.name, c.of_key) for c in usage.changes] == [
        ("CreateServiceSpecificCredential", True),
        ("CreateAccessKey", False),
    ]
    (sign,) = usage.indicators
    assert (sign.name, [seen.event_id for seen in sign.events]) == ("persistence", ["added"])


def test_every_user_name_that_a_key_may_mean_is_asked_for_where_iam_named_none() -> None:
    trail = FakeTrail()
    key = samples.long_term(user_name_candidates=("foo", "foo+1"))
    usage = look(FakeSession(trail), key, samples.verdict("unverified", key=key))
    assert usage.subject == "user foo or foo+1"
    assert {ask[2] for ask in trail.asked if ask[1] == "Username"} == {"foo", "foo+1"}


def test_a_region_that_refuses_is_a_gap_and_the_others_are_read() -> None:
    trail = FakeTrail(faults={"eu-west-1": [refusal("AccessDeniedException")]})
    trail.put(record(at(hours=1)))
    usage = look(FakeSession(trail))
    assert [gap.what for gap in usage.gaps] == ["eu-west-1"]
    assert (usage.calls, usage.complete) == (1, False)


def test_without_leave_to_list_regions_the_fixed_table_is_asked_and_said() -> None:
    trail = FakeTrail()
    usage = look(FakeSession(trail, regions=refusal("UnauthorizedOperation")))
    regions = {region for region, attribute, _ in trail.asked if attribute == "Username"}
    assert len(regions) > 30
    (doubt,) = [limit for limit in usage.limits if "ec2:DescribeRegions" in limit]
    assert "UnauthorizedOperation" in doubt
    assert f"{len(regions)} were asked" in doubt


@pytest.mark.parametrize(
    ("leak", "calls", "said"),
    [
        (None, [record(at(hours=1))], limitations.NO_LEAK),
        (at(days=1), [record(at(hours=1))], limitations.NOTHING_BEFORE),
        (at(days=1), [record(at(days=2)), record(at(hours=1))], None),
        (at(days=1), [], None),
    ],
)
def test_what_nothing_can_be_compared_with_is_said(
    leak: datetime | None, calls: list[dict[str, Any]], said: str | None
) -> None:
    trail = FakeTrail()
    trail.put(*calls)
    usage = look(FakeSession(trail), leak=leak)
    found = {limitations.NO_LEAK, limitations.NOTHING_BEFORE} & {*usage.limits}
    assert found == ({said} if said else set())
    assert {limitations.KEPT, limitations.MANTLE, limitations.ONE_USER} <= {*usage.limits}


@pytest.mark.parametrize("seed", sweep(range(3), quick=lambda seed: seed == 0))
def test_ten_thousand_events_in_seventeen_regions_with_throttling(seed: int) -> None:
    """It is complete, or it says what is missing."""
    order = random.Random(seed)  # noqa: S311  # the same faults each time
    trail = FakeTrail(
        faults={
            region: [refusal("ThrottlingException") for _ in range(order.choice((0, 1, 3, 9)))]
            for region in REGIONS
        }
    )
    numbers = dict.fromkeys(REGIONS, 588) | {"us-east-1": 592}
    for region, number in numbers.items():
        trail.put(
            *(record(at(minutes=n), f"{region}-{n}", awsRegion=region) for n in range(number)),
            region=region,
        )
    usage = look(FakeSession(trail, REGIONS))
    missing = {gap.what for gap in usage.gaps if " in " not in gap.what}
    assert usage.calls == 10_000 - sum(numbers[region] for region in missing)
    assert set(values(usage, "region")) <= set(REGIONS) - missing
    assert usage.complete == (not usage.gaps)


@pytest.mark.long
def test_memory_does_not_grow_with_the_number_of_events() -> None:
    """Ten times the events, over the same days, take no more than half as much again."""

    def flood(number: int) -> Callable[[], Iterator[dict[str, Any]]]:
        step = timedelta(days=6) / number
        return lambda: (
            listed(record(NOW - n * step, f"e-{n}", sourceIPAddress=f"198.51.100.{n % 100}"))
            for n in range(number)
        )

    def peak(number: int) -> int:
        trail = FakeTrail({"eu-west-1": flood(number)})
        tracemalloc.start()
        try:
            assert look(FakeSession(trail), leak=at(days=1)).calls == number
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)
    assert peak(10_000) < 1.5 * peak(1_000)


# ── short-term keys ─────────────────────────────────────────────────────────────────────────────


def test_a_short_term_key_is_looked_up_by_its_access_key_in_its_region() -> None:
    trail = FakeTrail()
    trail.put(
        of_session(at(minutes=30), "a", accessKeyId=KEY),
        of_session(at(minutes=20), "b", accessKeyId="ASIAOTHER"),
    )
    usage = look(FakeSession(trail), SIGNED, samples.verdict("rejected", key=SIGNED))
    assert (usage.subject, usage.calls) == (f"access key {KEY}", 1)
    assert trail.asked == [("us-east-1", "AccessKeyId", KEY)]
    assert limitations.BEST_EFFORT in usage.limits


def named(arn: str) -> Verdict:
    """Return a verdict for which Bedrock has named the signer."""
    answer = BedrockAnswer("bedrock", "us-east-1", "denied", NOW, principal=arn)
    grounds = samples.evidence(SIGNED, account=ACCOUNT)
    return Verdict("dead", "expired", replace(grounds, bedrock=(answer,)), arn)


def test_events_without_the_access_key_are_found_by_the_signers_session() -> None:
    trail = FakeTrail()
    trail.put(
        of_session(at(minutes=30), "a"),
        of_session(at(minutes=20), "another role's", arn=SESSION.replace("ml-pipeline", "other")),
    )
    usage = look(FakeSession(trail), SIGNED, named(SESSION))
    assert usage.calls == 1
    assert ("us-east-1", "Username", "i-0123") in trail.asked
    assert limitations.BY_SESSION in usage.limits
    assert limitations.BEST_EFFORT not in usage.limits


def test_where_nobody_named_the_signer_sts_is_looked_for() -> None:
    trail = FakeTrail()
    given = {"credentials": {"accessKeyId": KEY}, "assumedRoleUser": {"arn": SESSION}}
    issued = record(at(hours=8), "issued", eventName="AssumeRole", responseElements=given)
    trail.put(listed(issued, ResourceName=KEY), of_session(at(minutes=30), "a"))
    usage = look(FakeSession(trail), SIGNED, samples.verdict("rejected", key=SIGNED))
    assert usage.calls == 1
    assert [ask[1] for ask in trail.asked] == ["AccessKeyId", "ResourceName", "Username"]


def test_a_key_whose_session_nobody_knows_says_so() -> None:
    key = replace(SIGNED, region="eu-west-1")
    trail = FakeTrail()
    usage = look(FakeSession(trail), key, samples.verdict("rejected", key=key))
    assert usage.calls == 0
    assert limitations.NO_SESSION in usage.limits
    assert [ask[:2] for ask in trail.asked] == [
        ("eu-west-1", "AccessKeyId"),
        ("eu-west-1", "ResourceName"),
        ("us-east-1", "ResourceName"),
    ]


@pytest.mark.parametrize("cause", CAUSES)
def test_a_trail_that_was_read_in_part_makes_the_usage_incomplete(cause: str) -> None:
    session = FakeSession(unread(cause, of_session(accessKeyId=KEY)))
    most = 50 if cause == "bound" else None
    usage = look(session, SIGNED, samples.verdict("rejected", key=SIGNED), most_events=most)
    (gap,) = usage.gaps
    assert not usage.complete
    in_part = "middle" in cause or cause == "bound"
    assert usage.calls == (50 if in_part else 0)
    assert gap.what.startswith("us-east-1 before " if in_part else "us-east-1")
    assert gap.reason.endswith("(--max-events)") == (cause == "bound")


def test_a_look_for_the_session_that_was_refused_is_a_gap() -> None:
    """That nobody gave the access key out is not known, and not taken for the truth."""
    trail = FakeTrail(faults={"us-east-1": [None, refusal("AccessDeniedException")]})
    usage = look(FakeSession(trail), SIGNED, samples.verdict("rejected", key=SIGNED))
    assert [gap.what for gap in usage.gaps] == [f"{KEY} in us-east-1"]
    assert limitations.NO_SESSION in usage.limits


def test_a_run_that_a_person_stops_asks_for_no_other_page() -> None:
    class Stopping(FakeTrail):
        def look_up(self, region: str, **asked: Any) -> dict[str, Any]:
            if region == REGIONS[0]:
                raise KeyboardInterrupt
            return super().look_up(region, **asked)

    pages = 200
    events = [listed(record())] * pages * 50
    trail = Stopping({region: lambda: events for region in REGIONS})
    with pytest.raises(KeyboardInterrupt):
        look(FakeSession(trail, REGIONS))
    assert len(trail.asked) < pages * len(REGIONS) / 2


# ── who may be asked about, and in which order ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("allowed", "words"),
    [
        (AllowedAccounts(ACCOUNT, frozenset()), f"account {ACCOUNT} may not be asked about"),
        (AllowedAccounts(ACCOUNT, None, detail="no list"), "no list"),
        (AllowedAccounts(None, frozenset((ACCOUNT,)), "failed", "STS said no"), "STS said no"),
    ],
)
def test_a_key_of_an_account_that_is_not_allowed_is_never_looked_up(
    allowed: AllowedAccounts, words: str
) -> None:
    trail = FakeTrail()
    usage = look(FakeSession(trail), allowed=allowed)
    assert trail.asked == []
    assert [gap.reason for gap in usage.gaps] == [words]


def test_an_account_without_a_session_says_why() -> None:
    usage = look(NoSession("the role cannot be assumed (AccessDenied)"))
    assert [gap.reason for gap in usage.gaps] == ["the role cannot be assumed (AccessDenied)"]


def cases(*states: VerdictState | None) -> list[Case]:
    made = []
    for number, state in enumerate(states):
        name = samples.fingerprint(number)
        key = samples.long_term(fingerprint=name, user_name_candidates=(f"u-{number}",))
        made.append(samples.case(key, samples.verdict(state, key=key) if state else None))
    return made


def test_the_most_urgent_keys_are_looked_up_first_and_foreign_ones_never() -> None:
    trail = FakeTrail()
    found = cases("rejected", "foreign", "dead", None, "unverified", "contained")
    looked_up = investigator(FakeSession(trail)).with_usage(found)
    names = dict.fromkeys(ask[2] for ask in trail.asked if ask[1] == "Username")
    assert [*names] == ["u-5", "u-2", "u-4", "u-0"]
    assert [replace(case, usage=None) for case in looked_up] == found
    assert [case.usage is not None for case in looked_up] == [True, False, True, False, True, True]


def test_a_run_looks_up_so_many_keys_and_says_of_the_others_that_it_did_not() -> None:
    states: list[VerdictState] = ["rejected"] * (MOST_KEYS + 3)
    found = cases(*states)
    looked_up = investigator(FakeSession()).with_usage(found)
    left = [case.usage for case in looked_up if case.usage and not case.usage.complete]
    assert len(left) == 3
    assert left[0].gaps[0].reason == f"one run looks up {MOST_KEYS} keys"


def test_regions_are_listed_once_for_an_account() -> None:
    asked = []

    class Counting(FakeSession):
        def client_in(self, region: str, service: str) -> Any:
            asked.append(service)
            return super().client_in(region, service)

    investigator(Counting()).with_usage(cases("rejected", "rejected"))
    assert asked.count("ec2") == 1


# ── when it was answered ────────────────────────────────────────────────────────────────────────

UPDATE = "UpdateServiceSpecificCredential"


def change(name: str, hours: int, *, of_key: bool = True, error: str = "") -> UserChange:
    return UserChange(
        name, EventPoint(at(hours=hours), "i"), "", "", "", of_key=of_key, error=error
    )


@pytest.mark.parametrize(
    ("changes", "outcome", "expected"),
    [
        ((), None, None),
        ((), samples.done(), NOW),
        ((), Outcome("disable", "dry-run", ""), None),
        ((change(f"{UPDATE} Inactive", 5),), None, at(hours=5)),
        ((change(f"{UPDATE} Inactive", 5), change(f"{UPDATE} Inactive", 3)), None, at(hours=3)),
        ((change("ResetServiceSpecificCredential", 4),), None, at(hours=4)),
        ((change(f"{UPDATE} Active", 5),), None, None),
        ((change(f"{UPDATE} Inactive", 5, of_key=False),), None, None),
        ((change(f"{UPDATE} Inactive", 5, error="AccessDenied"),), None, None),
    ],
)
def test_a_key_was_answered_by_this_run_or_by_cloudtrails_word(
    changes: tuple[UserChange, ...], outcome: Outcome | None, expected: datetime | None
) -> None:
    assert responded_at(changes, outcome, NOW) == expected
