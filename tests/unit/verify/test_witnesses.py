from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bedrock_key_guard.aws.server_dates import ServerDates
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.evidence import Evidence, IamAnswer
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.verify.answers import proven_in
from bedrock_key_guard.verify.bedrock import PLANES
from bedrock_key_guard.verify.verdict import disagreement, verdict_from
from bedrock_key_guard.verify.witnesses import (
    Witnesses,
    ask_planes,
    may_be_probed,
    offline_evidence,
    region_of,
    with_answers,
)
from tests import keysmith
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    STRANGER,
    FakeTime,
    ScriptedBedrock,
    ScriptedDirectory,
    credential,
    done,
    found,
    heard,
    key_of,
    long_term,
    old_generation,
    short_term,
    witnesses,
)

ABSENT = IamAnswer("absent", NOW, Account(ACCOUNT))
INACTIVE = found(credential("Inactive"))
KEY = long_term()


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def states(evidence: Evidence) -> list[tuple[str, int]]:
    return [(answer.state, answer.refusals) for answer in evidence.bedrock]


def evidence_for(
    executor: Executor,
    first: list[str],
    second: list[str],
    iam: IamAnswer | None = None,
    *,
    key: LongTermKey | ShortTermKey = KEY,
    time: FakeTime | None = None,
) -> tuple[Evidence, ScriptedBedrock]:
    """Ask what Bedrock and IAM are scripted to say; without `iam` there are no credentials."""
    bedrock = ScriptedBedrock(time or FakeTime(), first, second)
    directory = None if iam is None else ScriptedDirectory(iam)
    asked = witnesses(bedrock, directory, executor)
    return done(with_answers(offline_evidence(key, asked), asked), bedrock.time), bedrock


# ── what costs no request ───────────────────────────────────────────────────────────────────────


def nobody(executor: Executor, time: FakeTime, accounts: tuple[str, ...] = (ACCOUNT,)) -> Witnesses:
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    return witnesses(bedrock, None, executor, accounts=accounts)


def test_an_expired_key_asks_nobody(executor: Executor, time: FakeTime) -> None:
    key = old_generation(short_term(issued_at=NOW - timedelta(days=1)))
    evidence = offline_evidence(key, nobody(executor, time))
    assert evidence.clock.expires_at == key.expires_at
    assert not may_be_probed(evidence)
    assert verdict_from(evidence).state == "dead"
    # With an access key id that does not hold its account, STS would have had to be asked.
    assert (evidence.allowed.lookup, evidence.allowed.detail) == ("decoded", "not asked")


def test_a_key_that_only_bedrock_can_date_is_asked_about(
    executor: Executor, time: FakeTime
) -> None:
    key = replace(short_term(issued_at=NOW - timedelta(days=1)), is_ambiguous=True)
    evidence = offline_evidence(key, nobody(executor, time))
    assert evidence.clock.expires_at is None
    assert may_be_probed(evidence)


@pytest.mark.parametrize(("late", "expired"), [(300, False), (301, True)])
def test_a_clock_that_is_five_minutes_wrong_expires_no_key(
    late: int, expired: bool, executor: Executor
) -> None:
    key = short_term()
    time = FakeTime(key.expires_at + timedelta(seconds=late))
    assert may_be_probed(offline_evidence(key, nobody(executor, time))) is not expired


@pytest.mark.parametrize(
    ("key", "accounts", "expected"),
    [
        (KEY, (ACCOUNT,), True),
        (KEY, (STRANGER,), False),
        (long_term(account=STRANGER), (ACCOUNT,), False),
        (long_term(account=STRANGER), (ACCOUNT, STRANGER), True),
        (KEY, (), False),
        (short_term(), (ACCOUNT,), True),
        (old_generation(short_term()), (ACCOUNT,), False),
        (key_of(keysmith.long_term(prefix=keysmith.CLOUDWATCH_LOGS)), (ACCOUNT,), False),
        (key_of(keysmith.long_term(prefix=keysmith.CLAUDE_PLATFORM_LONG_TERM)), (ACCOUNT,), False),
    ],
)
def test_only_a_key_of_an_allowed_account_is_used(
    key: LongTermKey, accounts: tuple[str, ...], expected: bool, executor: Executor, time: FakeTime
) -> None:
    evidence = offline_evidence(key, nobody(executor, time, accounts))
    assert may_be_probed(evidence) is expected


# ── where to ask ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("partition", "region"), [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1")]
)
def test_a_long_term_key_is_asked_at_home(
    partition: str, region: str, executor: Executor, time: FakeTime
) -> None:
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    directory = ScriptedDirectory(found(), Account(ACCOUNT, partition))
    assert region_of(KEY, witnesses(bedrock, directory, executor)) == region
    assert region_of(KEY, witnesses(bedrock, None, executor)) == "us-east-1"


def test_a_short_term_key_is_asked_in_its_own_region(executor: Executor, time: FakeTime) -> None:
    key = short_term(region="eu-west-1")
    evidence, bedrock = evidence_for(executor, ["accepted"], ["accepted"], key=key)
    assert {region for _, _, region in bedrock.asked} == {"eu-west-1"}
    assert [answer.region for answer in evidence.bedrock] == ["eu-west-1"] * 2


def test_a_region_that_bedrock_does_not_have_is_not_asked(
    executor: Executor, time: FakeTime
) -> None:
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    answers = ask_planes(KEY, "x@127.0.0.1", witnesses(bedrock, None, executor))
    assert [(answer.plane, answer.state) for answer in answers] == [
        ("bedrock", "unknown"),
        ("bedrock-mantle", "unknown"),
    ]
    assert {answer.detail for answer in answers} == {
        "it names a region or a partition where no Bedrock is known"
    }
    assert bedrock.asked == []


# ── whom to ask ─────────────────────────────────────────────────────────────────────────────────


def test_both_planes_and_iam_are_asked_once_about_a_live_key(executor: Executor) -> None:
    evidence, bedrock = evidence_for(executor, ["accepted"], ["accepted"], found())
    assert sorted(plane for plane, _, _ in bedrock.asked) == sorted(PLANES)
    assert evidence.iam == found()
    assert bedrock.time.slept == []


@pytest.mark.parametrize(("key", "question"), [(KEY, "credential"), (short_term(), "signer")])
def test_iam_is_asked_about_what_a_key_rests_on(
    key: LongTermKey, question: str, executor: Executor, time: FakeTime
) -> None:
    directory = ScriptedDirectory(found())
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    asked = witnesses(bedrock, directory, executor)
    done(with_answers(offline_evidence(key, asked), asked), time)
    assert directory.asked == [question]


@pytest.mark.parametrize("account", [None, STRANGER])
def test_iam_of_another_account_is_not_asked(
    account: str | None, executor: Executor, time: FakeTime
) -> None:
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    directory = account and ScriptedDirectory(found(), Account(account))
    asked = witnesses(bedrock, directory or None, executor)
    evidence = done(with_answers(offline_evidence(KEY, asked), asked), time)
    assert evidence.iam is not None
    assert evidence.iam.state == "unknown"
    assert evidence.iam.detail == f"there are no credentials for account {ACCOUNT}"
    if isinstance(directory, ScriptedDirectory):
        assert directory.asked == []


# ── asking twice ────────────────────────────────────────────────────────────────────────────────


def test_a_refusal_is_asked_for_twice(executor: Executor) -> None:
    evidence, bedrock = evidence_for(executor, ["refused"], ["refused"], INACTIVE)
    assert states(evidence) == [("refused", 2), ("refused", 2)]
    assert len(bedrock.asked) == 4
    assert bedrock.time.waits == []


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        # the later answer counts ...
        (["refused", "accepted"], ["refused"], [("accepted", 0), ("refused", 2)]),
        (["refused", "denied"], ["refused"], [("denied", 0), ("refused", 2)]),
        # ... a failure makes no second refusal ...
        (["refused", "unknown"], ["refused"], [("unknown", 0), ("refused", 2)]),
        (["refused"], ["refused", "unknown"], [("refused", 2), ("unknown", 0)]),
        # ... a plane that is not there stays so, and nothing is asked again in vain.
        (["refused"], ["not offered"], [("refused", 2), ("not-offered", 0)]),
        (["accepted", "unknown"], ["refused"], [("accepted", 0), ("refused", 1)]),
        (["denied", "unknown"], ["refused"], [("denied", 0), ("refused", 1)]),
        (["denied bearer", "unknown"], ["refused"], [("denied", 0), ("refused", 2)]),
        (["refused", "refused"], ["unknown"], [("refused", 2), ("unknown", 0)]),
        (["expired"], ["expired"], [("expired", 2), ("expired", 2)]),
        (["expired", "refused"], ["unknown"], [("refused", 1), ("unknown", 0)]),
        (["unknown", "refused"], ["unknown"], [("unknown", 0), ("unknown", 0)]),
    ],
)
def test_how_two_answers_of_a_plane_join(
    first: list[str], second: list[str], expected: list[tuple[str, int]], executor: Executor
) -> None:
    evidence, _ = evidence_for(executor, first, second, found())
    assert states(evidence)[:2] == expected


def test_a_live_key_of_a_young_credential_does_not_wait(executor: Executor) -> None:
    """One plane knows it already: it would be a pity to leave it alive for two minutes."""
    young = found(credential(created_at=NOW))
    evidence, bedrock = evidence_for(executor, ["accepted"], ["refused"], young)
    assert verdict_from(evidence).state == "live"
    assert bedrock.time.slept == []


@pytest.mark.parametrize(
    ("age", "waits"), [(0, [120.0]), (30, [90.0]), (119, [1.0]), (120, []), (86_400, [])]
)
def test_a_young_credential_gets_the_time_to_become_known(
    age: int, waits: list[float], executor: Executor
) -> None:
    young = found(credential(created_at=NOW - timedelta(seconds=age)))
    evidence, bedrock = evidence_for(executor, ["refused"], ["refused"], young)
    assert bedrock.time.waits == waits
    assert states(evidence) == [("refused", 2), ("refused", 2)] * 3
    assert verdict_from(evidence).state == "rejected"


def test_a_clock_that_is_behind_makes_nobody_wait_longer(executor: Executor) -> None:
    later = found(credential(created_at=NOW + timedelta(days=365)))
    evidence, bedrock = evidence_for(executor, ["refused"], ["refused"], later)
    assert bedrock.time.waits == [120.0]
    assert verdict_from(evidence).state == "unverified"


def test_a_young_credential_that_became_known_is_live(executor: Executor) -> None:
    young = found(credential(created_at=NOW))
    evidence, _ = evidence_for(executor, ["refused", "accepted"], ["refused"], young)
    assert verdict_from(evidence).state == "live"


# ── where a key may be known ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("iam", "regions"),
    [
        (found(), ["us-east-1", "us-west-2", "eu-central-1"]),
        (INACTIVE, ["us-east-1"]),
        (ABSENT, ["us-east-1"]),
        (None, ["us-east-1"]),
    ],
)
def test_further_regions_are_asked_before_a_key_is_called_forged(
    iam: IamAnswer | None, regions: list[str], executor: Executor
) -> None:
    evidence, bedrock = evidence_for(executor, ["refused"], ["refused"], iam)
    assert list(dict.fromkeys(region for _, _, region in bedrock.asked)) == regions
    assert states(evidence) == [("refused", 2), ("refused", 2)] * len(regions)


def test_a_key_that_one_further_region_takes_is_live(executor: Executor) -> None:
    script = ["refused", "refused", "accepted"]
    evidence, _ = evidence_for(executor, script, ["refused"], found())
    verdict = verdict_from(evidence)
    assert (verdict.state, "bedrock in us-west-2" in verdict.reason) == ("live", True)
    assert proven_in(evidence) == "us-west-2"


def test_what_iam_does_not_list_waits_for_as_long_as_its_event_is_young(
    executor: Executor, time: FakeTime
) -> None:
    bedrock = ScriptedBedrock(time, ["refused"], ["refused"])
    directory = ScriptedDirectory(ABSENT)
    asked = witnesses(bedrock, directory, executor, arrived_at=NOW - timedelta(seconds=30))
    evidence = done(with_answers(offline_evidence(KEY, asked), asked), time)
    assert (time.waits, verdict_from(evidence).state) == ([90.0], "dead")


@pytest.mark.parametrize("partition", ["aws-iso", "aws-cn", "aws-moon"])
def test_a_partition_without_bedrock_is_asked_nowhere(
    partition: str, executor: Executor, time: FakeTime
) -> None:
    bedrock = ScriptedBedrock(time, ["accepted"], ["accepted"])
    directory = ScriptedDirectory(found(), Account(ACCOUNT, partition))
    asked = witnesses(bedrock, directory, executor)
    evidence = done(with_answers(offline_evidence(KEY, asked), asked), time)
    assert (bedrock.asked, verdict_from(evidence).state) == ([], "unverified")


# ── whose clock is right ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ahead", "probed"),
    [(timedelta(hours=2), True), (timedelta(minutes=4), False), (timedelta(hours=-2), False)],
)
def test_a_clock_that_is_ahead_of_the_servers_expires_no_key(
    ahead: timedelta, probed: bool, executor: Executor
) -> None:
    """The machine says: ten minutes past its expiry."""
    key = short_term()
    time = FakeTime(key.expires_at + timedelta(minutes=10))
    asked = replace(nobody(executor, time), dates=heard(time.now, ahead))
    evidence = offline_evidence(key, asked)
    assert may_be_probed(evidence) is probed
    assert evidence.clock.is_wrong is (abs(ahead) > timedelta(minutes=5))


def test_a_clock_that_nobody_confirmed_expires_no_key_within_a_day(executor: Executor) -> None:
    key = short_term()
    time = FakeTime(key.expires_at + timedelta(hours=23))
    asked = replace(nobody(executor, time), dates=ServerDates(time.now))
    assert may_be_probed(offline_evidence(key, asked))


# ── when Bedrock and IAM disagree ───────────────────────────────────────────────────────────────

DISAGREEING = [
    found(credential("Inactive")),
    found(credential("Expired")),
    ABSENT,
    IamAnswer("inactive", NOW, Account(ACCOUNT)),
]


@pytest.mark.parametrize("iam", DISAGREEING)
def test_a_disagreement_that_stays_is_escalated(iam: IamAnswer, executor: Executor) -> None:
    evidence, bedrock = evidence_for(executor, ["accepted"], ["accepted"], iam)
    assert bedrock.time.waits == [120.0]
    note = "two minutes later it was still accepted: tell AWS Support"
    assert evidence.notes == (note,)
    assert verdict_from(evidence).reason.endswith(f"although {disagreement(evidence)}; {note}")
    assert verdict_from(evidence).state == "live"


@pytest.mark.parametrize("iam", DISAGREEING[:3])
def test_a_disagreement_that_passes_leaves_a_dead_key(iam: IamAnswer, executor: Executor) -> None:
    evidence, bedrock = evidence_for(
        executor, ["accepted", "refused"], ["accepted", "refused"], iam
    )
    assert (evidence.notes, bedrock.time.waits) == ((), [120.0])
    assert states(evidence) == [("refused", 2), ("refused", 2)]
    assert verdict_from(evidence).state == "dead"


@pytest.mark.parametrize(
    ("later", "state"), [(["accepted"], "live"), (["refused", "refused"], "dead")]
)
def test_a_key_that_is_refused_and_then_accepted_is_a_disagreement_too(
    later: list[str], state: str, executor: Executor
) -> None:
    answers = ["refused", "accepted", *later]
    inactive = found(credential("Inactive"))
    evidence, bedrock = evidence_for(executor, answers, answers, inactive)
    assert bedrock.time.waits == [120.0]
    assert verdict_from(evidence).state == state
    assert bool(evidence.notes) is (state == "live")


def test_a_key_that_is_accepted_at_the_very_last_is_escalated(executor: Executor) -> None:
    answers = ["accepted", "refused", "accepted"]
    evidence, _ = evidence_for(executor, answers, answers, found(credential("Inactive")))
    assert verdict_from(evidence).state == "live"
    assert evidence.notes


def test_silence_takes_no_acceptance_back(executor: Executor) -> None:
    inactive = found(credential("Inactive"))
    evidence, _ = evidence_for(executor, ["accepted", "unknown"], ["accepted", "unknown"], inactive)
    assert states(evidence) == [("accepted", 0), ("accepted", 0)]
    assert verdict_from(evidence).state == "live"
    assert evidence.notes


@pytest.mark.parametrize("iam", [found(), IamAnswer("unknown", NOW, Account(ACCOUNT))])
def test_who_does_not_disagree_is_not_waited_for(iam: IamAnswer, executor: Executor) -> None:
    evidence, bedrock = evidence_for(executor, ["accepted"], ["accepted"], iam)
    assert (evidence.notes, bedrock.time.slept) == ((), [])


@pytest.mark.parametrize("iam", DISAGREEING[:3])
def test_a_refused_key_of_a_dead_credential_is_no_disagreement(
    iam: IamAnswer, executor: Executor
) -> None:
    evidence, bedrock = evidence_for(executor, ["refused"], ["refused"], iam)
    assert (evidence.notes, bedrock.time.waits) == ((), [])
    assert verdict_from(evidence).state == "dead"


def test_the_evidence_is_about_the_key_that_was_asked(executor: Executor) -> None:
    evidence, _ = evidence_for(executor, ["accepted"], ["accepted"], found())
    assert evidence.key is KEY
    assert replace(evidence, bedrock=(), iam=None) == offline_evidence(
        KEY, nobody(executor, FakeTime())
    )


UNKNOWN = IamAnswer("unknown", NOW, Account(ACCOUNT), detail="IAM does not tell")
SAM = IamAnswer("found", NOW, Account(ACCOUNT), user_name="sam")

# ── who signed ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("first", "iam", "asked"),
    [
        # CloudTrail is asked of a proven key whose signer nobody else has named.
        (["accepted"], UNKNOWN, True),
        (["accepted"], SAM, False),
        (["denied"], UNKNOWN, False),
        (["refused"], UNKNOWN, False),
        (["unknown"], UNKNOWN, False),
    ],
)
def test_when_cloudtrail_is_asked_who_signed(
    first: list[str], iam: IamAnswer, asked: bool, executor: Executor
) -> None:
    bedrock = ScriptedBedrock(FakeTime(), first, first)
    directory = ScriptedDirectory(iam)
    present = witnesses(bedrock, directory, executor)
    evidence = done(with_answers(offline_evidence(short_term(), present), present), FakeTime())
    assert ("trail" in directory.asked) is asked
    assert (evidence.trail is not None) is asked


def test_cloudtrail_is_not_asked_about_a_long_term_key(executor: Executor) -> None:
    directory = ScriptedDirectory(UNKNOWN)
    asked = witnesses(ScriptedBedrock(FakeTime(), ["accepted"], ["accepted"]), directory, executor)
    done(with_answers(offline_evidence(KEY, asked), asked), FakeTime())
    assert directory.asked == ["credential"]


def test_without_credentials_nobody_is_asked_who_signed(executor: Executor) -> None:
    evidence, _ = evidence_for(executor, ["accepted"], ["accepted"], key=short_term())
    assert evidence.trail is None


def test_a_second_plane_that_conceals_a_denial_is_asked_again(executor: Executor) -> None:
    evidence, bedrock = evidence_for(executor, ["denied bearer"], ["refused"], found())
    assert states(evidence) == [("denied", 0), ("refused", 2)]
    assert len(bedrock.asked) == 4
    assert verdict_from(evidence).state == "contained"


def test_what_no_plane_refused_is_not_asked_again(executor: Executor) -> None:
    _, bedrock = evidence_for(executor, ["denied bearer"], ["denied bearer"], found())
    assert len(bedrock.asked) == len(PLANES)
