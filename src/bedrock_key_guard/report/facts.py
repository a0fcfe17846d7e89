"""Say in rows whose key it is, what the verdict was, how it was exposed, and what the run did."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment, span
from bedrock_key_guard.report.details import AMBIGUOUS, credential_of, response, user_of
from bedrock_key_guard.report.status import Status, status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.model.evidence import CredentialRecord, Evidence
    from bedrock_key_guard.model.findings import Case
    from bedrock_key_guard.report.document import Row


def facts(case: Case, *, named: bool = True, lasting: bool = False) -> tuple[Row, ...]:
    """Return the rows about a key, in the order in which people ask.

    Without `named` nothing leads to its place: a commit's time and author do. A `lasting` text
    is the same for the same state, however late it is.
    """
    leak = chain(committed(case), exposed(case, lasting=lasting)) if named else ()
    return tuple(chain(_identity(case), _verdict(case), leak, opened(case), response(case)))


def _identity(case: Case) -> Iterator[Row]:
    match case.incident.key:
        case LongTermKey() as key:
            return _long_term(key, credential_of(case))
        case ShortTermKey() as key:
            return _short_term(key, case.verdict.evidence if case.verdict else None)
        case MalformedKey() as key:
            return iter((("names", key.clue),))


def _long_term(key: LongTermKey, credential: CredentialRecord | None) -> Iterator[Row]:
    if credential is None:
        yield "user", f"{' or '.join(key.user_name_candidates)}, as the key says"
    else:
        yield "user", credential.user_name
    yield "account", key.account_id
    yield "alias", key.alias
    if credential is None:
        yield "expires", "unknown: the key does not say"
        return
    yield "credential", f"{credential.credential_id}, {credential.status} when asked"
    yield "expires", moment(credential.expires_at) if credential.expires_at else "never by itself"


def _short_term(key: ShortTermKey, evidence: Evidence | None) -> Iterator[Row]:
    yield from _signer(evidence) if evidence else ()
    account = evidence.allowed.account_id if evidence else key.account_id
    yield "account", account or "unknown: the key does not say"
    yield "access key", key.access_key_id
    yield "region", key.region
    yield "issued", AMBIGUOUS if key.is_ambiguous else moment(key.issued_at)
    yield "expires", AMBIGUOUS if key.is_ambiguous else moment(key.expires_at)


def _signer(evidence: Evidence) -> Iterator[Row]:
    """Yield who signed a key by what IAM and CloudTrail say; whom Bedrock names stands apart."""
    if evidence.iam and evidence.iam.user_name:
        yield "user", evidence.iam.user_name
    elif evidence.trail and evidence.trail.principal:
        yield "signer", evidence.trail.principal


def _verdict(case: Case) -> Iterator[Row]:
    if case.verdict is not None:
        yield "verdict", f"{case.verdict.state}: {case.verdict.reason}"
        if case.verdict.principal:
            yield "principal", case.verdict.principal
    if case.incident.allowed:
        yield "allowed by", f"{case.incident.allowed}, but shown because it is proven genuine"


_SHORT_ID = 12
_OPEN: frozenset[Status] = frozenset(("live", "unconfirmed", "unverified", "unchecked"))
_OPENS: dict[Status, str] = {"stopped": "opened", "contained": "would open"}
_MATTERS: frozenset[Status] = _OPEN | {"contained", "stopped", "dead"}


def committed(case: Case) -> Iterator[Row]:
    """Yield who put the key into the first commit that is known to hold it, and when.

    Git lets everybody write any name and time.
    """
    first = next((at for at in case.incident.locations if at.commit and at.author_time), None)
    if first is None or first.author_time is None or not first.commit:
        return
    when = f"{moment(first.author_time)} in commit {first.commit[:_SHORT_ID]}"
    if not first.author or first.committer in (None, first.author):
        yield "committed", f"{when}, by {first.author}" if first.author else when
    else:
        yield "committed", f"{when}, by {first.committer}, written by {first.author}"


def exposed(case: Case, *, lasting: bool) -> Iterator[Row]:
    """Yield since when others could use the key, and until when; a `lasting` text counts no days.

    It begins with the first commit, and ends when Bedrock refused the key, when somebody switched
    it off, or when it expired.
    """
    now = status(case)
    begin = leaked_at(case)
    if now not in _MATTERS or begin is None:
        return
    end = _ended_at(case, now)
    if end is not None and end < begin:
        yield "exposed", f"never while it worked: it ended at {moment(end)}"
        return
    if end is not None:
        yield "exposed", f"for {span(end - begin)}, {moment(begin)} to {moment(end)}"
        return
    since = f"since {moment(begin)}"
    if now not in _OPEN:
        yield "exposed", f"{since}; when that ended is not known"
    elif lasting or case.verdict is None:
        yield "exposed", f"{since}, and still"
    else:
        yield "exposed", f"{since}, {span(case.verdict.evidence.clock.now - begin)} and counting"


def opened(case: Case) -> Iterator[Row]:
    """Yield what a key lets whoever has it do.

    No other service of AWS takes one, IAM and STS among them (Amazon Bedrock user guide, "API keys
    reference").
    """
    key, now = case.incident.key, status(case)
    if isinstance(key, MalformedKey) or now not in _MATTERS - {"dead"}:
        return
    if not key.family.service:
        return
    service = key.family.title.partition(f" {key.family.kind}")[0]
    if isinstance(key, ShortTermKey):
        allowed = f"who signed it, in {key.region}"
    else:
        allowed = f"user {user_of(case)}, in every region"
    yield _OPENS.get(now, "opens"), f"all that {service} allows {allowed}, and no other service"


def leaked_at(case: Case) -> datetime | None:
    """Return when the key leaked, as far as anybody says; a commit of the future says nothing."""
    if case.usage is not None:
        return case.usage.leaked_at
    times = (at.author_time for at in case.incident.locations if at.author_time)
    now = case.verdict.evidence.clock.now if case.verdict else None
    return next((time for time in times if now is None or time <= now), None)


def _ended_at(case: Case, now: Status) -> datetime | None:
    key, outcome = case.incident.key, case.outcome
    if now in _OPEN:
        return None
    if now == "stopped" and outcome is not None and outcome.refused_since is not None:
        return outcome.refused_since
    if now == "dead" and isinstance(key, ShortTermKey) and not key.is_ambiguous:
        return key.expires_at
    return case.usage.responded_at if case.usage else None
