"""Gather the evidence about one key: from the clock, the allow-list, Bedrock and IAM.

The order is the order of the rules: what the clock or the allow-list settles costs no request, and
no key of an account that is not allowed is ever used.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.regions import HOME_REGION, PARTITION_OF_REGION, further_regions
from bedrock_key_guard.aws.session import NoSession
from bedrock_key_guard.keys.families import probed
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey, WholeKey
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    Evidence,
    IamAnswer,
    PolicyAnswer,
)
from bedrock_key_guard.verify.answers import (
    PROPAGATION,
    counts,
    denies_key,
    is_closed,
    planes_of,
    settled_at,
)
from bedrock_key_guard.verify.bedrock import PLANES, Prober
from bedrock_key_guard.verify.signer import needs_trail, signer_of
from bedrock_key_guard.verify.verdict import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor
    from datetime import datetime

    from bedrock_key_guard.aws.server_dates import ServerDates
    from bedrock_key_guard.verify.accounts import Accounts
    from bedrock_key_guard.verify.iam_directory import CredentialDirectory
    from bedrock_key_guard.verify.schedule import Steps

_STILL_ACCEPTED = "two minutes later it was still accepted: tell AWS Support"


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Hold everyone who can be asked about a key.

    `directory_of` returns who knows the credentials of an account, or why nobody can be asked.
    `dates` tells the time, `clock` counts seconds. `arrived_at` is when the event came that the run
    is about, None where it is about none.
    """

    prober: Prober
    directory_of: Callable[[str | None], CredentialDirectory | NoSession]
    partition: str
    accounts: Accounts
    dates: ServerDates
    clock: Callable[[], float]
    executor: Executor
    arrived_at: datetime | None = None

    def now(self) -> datetime:
        """Return the time by our clock, or the servers' where ours is wrong."""
        return self.dates.now()


def offline_evidence(key: WholeKey, witnesses: Witnesses) -> Evidence:
    """Return what the clock and the allow-list say: no request goes to Bedrock or IAM."""
    expires_at = key.expires_at if isinstance(key, ShortTermKey) else None
    if isinstance(key, ShortTermKey) and key.is_ambiguous:
        expires_at = None
    clock = witnesses.dates.clock(expires_at)
    if clock.expired:
        return Evidence(key, clock, AllowedAccounts(None, None, detail="not asked"))
    allowed = witnesses.accounts.allowed_for(key)
    return Evidence(key, clock, allowed, arrived_at=witnesses.arrived_at)


def may_be_probed(evidence: Evidence) -> bool:
    """Return whether the key may be used at all, and there is somebody to ask."""
    allowed = evidence.allowed
    known = probed(evidence.key.family) and allowed.permits(allowed.account_id)
    return known and not evidence.clock.expired


def with_answers(evidence: Evidence, witnesses: Witnesses) -> Steps[Evidence]:
    """Add what Bedrock and IAM say, asked side by side; a refusal is asked for twice."""
    key, region = evidence.key, region_of(evidence.key, witnesses)
    iam = witnesses.executor.submit(ask_iam, evidence, witnesses)
    bedrock = ask_planes(key, region, witnesses)
    evidence = _with_clock(replace(evidence, bedrock=bedrock, iam=iam.result()), witnesses)
    evidence = yield from _with_second_refusals(evidence, region, witnesses)
    if disagreement(evidence):
        evidence = yield from _asked_again_later(evidence, region, witnesses)
    evidence = yield from _with_further_regions(evidence, region, witnesses)
    evidence = yield from _with_signer(evidence, witnesses)
    return _with_policies(evidence, witnesses)


def ask_planes(key: WholeKey, region: str, witnesses: Witnesses) -> tuple[BedrockAnswer, ...]:
    """Ask both planes once, side by side."""
    return begin_asking(key, region, witnesses)()


def begin_asking(
    key: WholeKey, region: str, witnesses: Witnesses
) -> Callable[[], tuple[BedrockAnswer, ...]]:
    """Ask both planes once, and return what waits for their answers: others may be asked beside."""
    if region not in PARTITION_OF_REGION:
        detail = "it names a region or a partition where no Bedrock is known"
        now = witnesses.now()
        nowhere = tuple(BedrockAnswer(plane, region, "unknown", now, detail) for plane in PLANES)
        return lambda: nowhere
    asked = [
        witnesses.executor.submit(witnesses.prober.ask, plane, key, region) for plane in PLANES
    ]
    return lambda: tuple(future.result() for future in asked)


def region_of(key: WholeKey, witnesses: Witnesses) -> str:
    """Return where to ask: a short-term key works in one region, a long-term key in any."""
    if isinstance(key, ShortTermKey):
        return key.region
    return HOME_REGION.get(witnesses.partition, "")


def _with_clock(evidence: Evidence, witnesses: Witnesses) -> Evidence:
    """Add what the servers' dates say of our clock, where nobody had confirmed it."""
    clock = evidence.clock
    if clock.ahead is not None:
        return evidence
    return replace(evidence, clock=witnesses.dates.clock(clock.expires_at))


def ask_iam(evidence: Evidence, witnesses: Witnesses) -> IamAnswer:
    """Return what IAM says of what the key names; it is asked once."""
    if evidence.iam is not None:
        return evidence.iam
    key = evidence.key
    directory = witnesses.directory_of(evidence.allowed.account_id)
    if isinstance(directory, NoSession):
        return IamAnswer("unknown", witnesses.now(), detail=directory.reason)
    if isinstance(key, LongTermKey):
        return directory.find_credential(key)
    return directory.find_signer(key)


def _with_signer(evidence: Evidence, witnesses: Witnesses) -> Steps[Evidence]:
    """Add whom CloudTrail knows, where a proven key has a signer whom nobody else named.

    CloudTrail answers few requests a second, so it is asked when every other key was probed.
    """
    key = evidence.key
    if not isinstance(key, ShortTermKey) or not needs_trail(evidence):
        return evidence
    directory = witnesses.directory_of(evidence.allowed.account_id)
    if isinstance(directory, NoSession):
        return evidence
    yield 0.0
    return replace(evidence, trail=directory.trace_signer(key))


def _with_policies(evidence: Evidence, witnesses: Witnesses) -> Evidence:
    """Add what IAM shows of the policies, where Bedrock says that one of them denies the key."""
    signer = signer_of(evidence)
    if signer is None or not is_closed(evidence):
        return evidence
    directory = witnesses.directory_of(evidence.allowed.account_id)
    if isinstance(directory, NoSession):
        holder = signer.principal.arn
        silence = PolicyAnswer("unknown", witnesses.now(), holder, detail=directory.reason)
        return replace(evidence, policies=silence)
    return replace(evidence, policies=directory.find_denial(evidence.key, signer))


def _with_second_refusals(evidence: Evidence, region: str, witnesses: Witnesses) -> Steps[Evidence]:
    """Ask again a key that was refused; a young credential gets the time to become known."""
    if not _is_refused(evidence.bedrock):
        return evidence
    settled, young_for = settled_at(evidence), timedelta()
    if settled is not None:
        # The dates may be wrong: that is no reason to wait any longer.
        young_for = min(settled - witnesses.now(), PROPAGATION)
    yield max(young_for.total_seconds(), 0.0)  # others are waiting to be asked at all
    return _asked_again(evidence, region, witnesses)


def _is_refused(answers: tuple[BedrockAnswer, ...]) -> bool:
    """Return whether a plane refused the key and none knew it, silent though the second may be."""
    first, second = answers[0], answers[1]
    refused = any(answer.state in _REFUSALS for answer in answers)
    return refused and _is_no(first) and (_is_no(second) or second.state == "unknown")


_REFUSALS = ("refused", "expired")


def _is_no(answer: BedrockAnswer) -> bool:
    return answer.state in (*_REFUSALS, "not-offered") or denies_key(answer)


def _with_further_regions(evidence: Evidence, region: str, witnesses: Witnesses) -> Steps[Evidence]:
    """Ask elsewhere too, twice, about a key that would be called forged: it may only be new here.

    A long-term key that its owner called working was refused in one region
    (ai4s-research/open-science 53).
    """
    credential = evidence.iam.credential if evidence.iam else None
    first = planes_of(evidence)[0]
    if credential is None or credential.status != "Active" or first is None:
        return evidence
    if first.state != "refused" or not counts(first, evidence):
        return evidence
    yield 0.0
    for further in further_regions(region):
        answers = ask_planes(evidence.key, further, witnesses)
        if _is_refused(answers):
            again = ask_planes(evidence.key, further, witnesses)
            answers = tuple(map(_joined, answers, again))
        evidence = replace(evidence, bedrock=(*evidence.bedrock, *answers))
    return evidence


def _asked_again(evidence: Evidence, region: str, witnesses: Witnesses) -> Evidence:
    again = ask_planes(evidence.key, region, witnesses)
    return replace(evidence, bedrock=tuple(map(_joined, evidence.bedrock, again)))


def _joined(first: BedrockAnswer, again: BedrockAnswer) -> BedrockAnswer:
    """Join two answers of one plane: the later counts, but silence takes no proof back."""
    if first.state == again.state and first.state in _REFUSALS:
        return replace(again, refusals=first.refusals + again.refusals)
    if again.state == "unknown" and first.state in ("accepted", "denied"):
        return first
    return again


def _asked_again_later(evidence: Evidence, region: str, witnesses: Witnesses) -> Steps[Evidence]:
    """Give a change in IAM the time to reach Bedrock, and say so where it has not."""
    yield PROPAGATION.total_seconds()
    again = _asked_again(evidence, region, witnesses)
    later = yield from _with_second_refusals(again, region, witnesses)
    if not disagreement(later):
        return later
    return replace(later, notes=(*later.notes, _STILL_ACCEPTED))
