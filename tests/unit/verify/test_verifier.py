from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timezone
from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.aws.sessions import Sessions
from bedrock_key_guard.keys.key import Key, LongTermKey, WholeKey
from bedrock_key_guard.model.evidence import AllowedAccounts, Evidence, IamAnswer, Verdict
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.verify.accounts import Accounts
from bedrock_key_guard.verify.bedrock import HttpsProber
from bedrock_key_guard.verify.iam_directory import Directories
from bedrock_key_guard.verify.schedule import Steps
from bedrock_key_guard.verify.verifier import Verifier, for_each_key, worst_first
from bedrock_key_guard.verify.witnesses import Witnesses
from sandbox.front.sandbox import Sandbox
from tests.unit.verify.doubles import (
    ACCOUNT,
    NOW,
    STRANGER,
    FakeTime,
    ScriptedBedrock,
    ScriptedDirectory,
    credential,
    found,
    heard,
    incident,
    key_of,
    long_term,
    offline,
    old_generation,
    short_term,
    witnesses,
)

PART_OF_A_KEY = key_of("ABSKQmVkcm9ja0FQSUtleS1leDRtLWF0LTExMTEyMjIyMzMzMzp4eHh4")


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(24) as pool:
        yield pool


@pytest.fixture
def real(session: Session, environment: dict[str, str], executor: Executor) -> Witnesses:
    """Ask the sandbox, now, without any waiting."""
    time = FakeTime(datetime.now(timezone.utc))
    return Witnesses(
        prober=HttpsProber(environment, time.sleep),
        directory_of=Directories(Sessions(session)).of,
        partition="aws",
        accounts=Accounts((), session),
        dates=heard(time.now),
        clock=time.clock,
        executor=executor,
    )


def judged(keys: Sequence[Key], asked: Witnesses, max_probes: int = 200) -> dict[str, Verdict]:
    verifier, time = Verifier(asked, max_probes=max_probes, keys=len(keys)), FakeTime()

    def judge(case: Case, key: WholeKey) -> Steps[Case]:
        return replace(case, verdict=(yield from verifier.judge(key)))

    unjudged = [Case(incident(key)) for key in keys]
    cases = for_each_key(unjudged, judge, time.clock, time.sleep)
    assert [case.incident for case in cases] == [case.incident for case in unjudged]
    return {case.incident.fingerprint: case.verdict for case in cases if case.verdict}


def scripted(
    executor: Executor, first: str = "accepted", second: str = "accepted"
) -> tuple[Witnesses, ScriptedBedrock]:
    bedrock = ScriptedBedrock(FakeTime(), [first], [second])
    return witnesses(bedrock, ScriptedDirectory(found()), executor), bedrock


def test_every_whole_key_gets_a_verdict(executor: Executor) -> None:
    asked, _ = scripted(executor)
    keys = [long_term(f"user-{number}") for number in range(20)]
    verdicts = judged([*keys, PART_OF_A_KEY], asked)
    assert verdicts.keys() == {key.fingerprint for key in keys}
    assert {verdict.state for verdict in verdicts.values()} == {"live"}


def test_no_more_keys_are_used_than_allowed(executor: Executor) -> None:
    asked, bedrock = scripted(executor)
    keys = [long_term(f"user-{number}") for number in range(9)]
    verdicts = judged(keys, asked, max_probes=4)
    states = [verdict.state for verdict in verdicts.values()]
    assert (states.count("live"), states.count("unverified")) == (4, 5)
    assert len({fingerprint for _, fingerprint, _ in bedrock.asked}) == 4
    reasons = {v.reason for v in verdicts.values() if v.state == "unverified"}
    assert reasons == {"IAM: found; not probed: the run may probe 4 keys (max-probes)"}
    bounds = [verdict.evidence.left_out_by for verdict in verdicts.values()]
    assert bounds == [None if state == "live" else "max-probes" for state in states]


def test_keys_that_need_no_probe_use_none_up(executor: Executor) -> None:
    asked, _ = scripted(executor)
    others = [long_term(f"user-{number}", STRANGER) for number in range(20)]
    verdicts = judged([*others, long_term()], asked, max_probes=1)
    assert verdicts[long_term().fingerprint].state == "live"
    assert {verdicts[key.fingerprint].state for key in others} == {"foreign"}


def test_a_foreign_key_is_never_used(real: Witnesses, sandbox: Sandbox) -> None:
    leaked = key_of(sandbox.make_long_term_key(STRANGER, "alice").key)
    token = key_of(sandbox.make_short_term_key(STRANGER, user="alice").key)
    before = sandbox.calls()
    verdicts = judged([leaked, token], real)
    assert {verdict.state for verdict in verdicts.values()} == {"foreign"}
    assert sandbox.bedrock.log.calls() == ()
    assert sandbox.calls() == before


def test_an_expired_key_needs_no_network(executor: Executor) -> None:
    asked, bedrock = scripted(executor)
    key = short_term(issued_at=NOW.replace(year=2025))
    unused = replace(asked, accounts=None)  # type: ignore[arg-type]  # nobody may be asked
    verdicts = judged([key, old_generation(key)], unused)
    assert {verdict.state for verdict in verdicts.values()} == {"dead"}
    assert bedrock.asked == []


def until(event: threading.Event) -> None:
    assert event.wait(10), "one key held up another"


def test_a_slow_verdict_holds_up_no_other(executor: Executor) -> None:
    asked, _ = scripted(executor)
    slow, quick = long_term("slow"), long_term("quick")
    go_on = threading.Event()

    class Directory(ScriptedDirectory):
        def find_credential(self, key: LongTermKey) -> IamAnswer:
            until(go_on) if key.fingerprint == slow.fingerprint else go_on.set()
            return found()

    directory = Directory(found())
    verdicts = judged([slow, quick], replace(asked, directory_of=lambda _: directory))
    assert verdicts.keys() == {slow.fingerprint, quick.fingerprint}


def test_a_slow_look_up_of_an_account_holds_up_no_other_key(executor: Executor) -> None:
    """Anyone can write a thousand access key ids of the old generation."""
    asked, _ = scripted(executor)
    go_on = threading.Event()

    class SlowAccounts(Accounts):
        def allowed_for(self, key: WholeKey) -> AllowedAccounts:
            until(go_on) if key.account_id is None else go_on.set()
            return asked.accounts.allowed_for(key)

    slow = replace(asked, accounts=SlowAccounts((), asked.accounts._session))
    keys: list[Key] = [old_generation(short_term()), long_term()]
    assert len(judged(keys, slow)) == 2


def test_a_verdict_for_each_kind_of_key(real: Witnesses, sandbox: Sandbox) -> None:
    live = sandbox.make_long_term_key(ACCOUNT, "live")
    inactive = sandbox.make_long_term_key(ACCOUNT, "inactive")
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName="inactive",
        ServiceSpecificCredentialId=inactive.credential_id,
        Status="Inactive",
    )
    expected = {
        live.key: "live",
        inactive.key: "dead",
        long_term("live", seed="forged").secret.unseal(): "rejected",
        long_term("ghost").secret.unseal(): "dead",
        sandbox.make_short_term_key(ACCOUNT, role="ml").key: "live",
        sandbox.make_short_term_key(ACCOUNT, user="signer").key: "live",
    }
    keys = [key_of(text) for text in expected]
    verdicts = judged(keys, real)
    assert [verdicts[key.fingerprint].state for key in keys] == list(expected.values())
    assert sandbox.writes() == ()


def test_any_number_of_forged_keys_costs_one_listing_of_the_account(
    real: Witnesses, sandbox: Sandbox
) -> None:
    healthy = sandbox.make_long_term_key(ACCOUNT, "healthy")
    forged = [long_term("healthy", seed=str(n)) for n in range(30)]
    forged += [long_term(f"made-up-{n}") for n in range(30)]
    verdicts = judged(forged, real)
    states = [verdicts[key.fingerprint].state for key in forged]
    assert (states[:30], states[30:]) == (["rejected"] * 30, ["dead"] * 30)
    everybody = [call for call in sandbox.calls() if call.parameter("AllUsers")]
    assert len(everybody) == 1
    assert sandbox.writes() == ()
    assert sandbox.credential_status(ACCOUNT, healthy.credential_id) == "Active"


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
