"""Make arbitrary reports, hostile names among them, for hypothesis."""

from __future__ import annotations

import os
from datetime import timezone
from typing import Any, get_args

from hypothesis import strategies as st

from bedrock_key_guard.keys.families import FAMILIES
from bedrock_key_guard.keys.key import Key, LongTermKey, MalformedKey, Secret, ShortTermKey
from bedrock_key_guard.model.actions import ActionName, Outcome, OutcomeState
from bedrock_key_guard.model.evidence import (
    AllowedAccounts,
    BedrockAnswer,
    BedrockState,
    Clock,
    CredentialRecord,
    Evidence,
    IamAnswer,
    IamState,
    Plane,
    SecondPlane,
    TrailAnswer,
    Verdict,
    VerdictState,
)
from bedrock_key_guard.model.findings import Case, Incident, NotScanned, Scan, Scanned
from bedrock_key_guard.model.origins import (
    Blob,
    Index,
    Location,
    Member,
    Message,
    Name,
    Source,
    Span,
    Stdin,
    WorkTree,
)
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.report.report import Report
from tests.unit.report.arbitrary_usage import usages
from tests.unit.report.samples import HOSTILE

SECRET = "ABSK" + "c2VjcmV0" * 16
PIECE = SECRET[4:16]
"""As much of it as nothing may show."""
ALIAS_LETTERS = "ABCXYZabcxyz0189_+=,.@-"

pieces = ("::", "##[", "|", "`", "@", "<", ">", "\n", "\r", "\x1b", "\u202e", "%", ",", "\\", "#")
texts = st.one_of(
    st.text(max_size=12),
    st.lists(st.sampled_from(pieces + HOSTILE), max_size=4).map("".join),
)
paths = st.one_of(
    texts,
    st.binary(max_size=12).map(os.fsdecode),
    st.sampled_from((SECRET, f"keys/{SECRET}.txt", f"x{SECRET}==", f"bedrock-api-key-{SECRET}")),
)
accounts = st.from_regex(r"[0-9]{12}", fullmatch=True).filter(str.isascii)
aliases = st.builds("{}-at-{}".format, st.text(ALIAS_LETTERS, min_size=1, max_size=12), accounts)
fingerprints = st.text("0123456789abcdef", min_size=64, max_size=64)
access_key_ids = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=19, max_size=19).map(
    "A{}".format
)
times = st.datetimes(timezones=st.just(timezone.utc))
families = st.sampled_from(FAMILIES)
numbers = st.integers(0, 10**15)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def tuples(strategy: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[Any]:
    return st.lists(strategy, max_size=most).map(tuple)


def one(literal: object) -> st.SearchStrategy[Any]:
    return st.sampled_from(get_args(literal))


secrets = st.just(Secret(SECRET))
long_term_keys = st.builds(
    LongTermKey,
    family=families,
    secret=secrets,
    fingerprint=fingerprints,
    alias=aliases,
    user_name_candidates=st.lists(aliases, min_size=1, max_size=2).map(tuple),
    account_id=accounts,
)
short_term_keys = st.builds(
    ShortTermKey,
    family=families,
    secret=secrets,
    fingerprint=fingerprints,
    access_key_id=access_key_ids,
    account_id=maybe(accounts),
    region=st.sampled_from(("us-east-1", "us-gov-west-1")),
    issued_at=times,
    expires_at=times,
    has_session_token=st.booleans(),
)
malformed_keys = st.builds(
    MalformedKey,
    family=families,
    secret=secrets,
    fingerprint=fingerprints,
    clue=aliases | access_key_ids | access_key_ids.map(lambda text: text[:16]) | texts,
)
roots = st.one_of(
    st.builds(WorkTree, paths),
    st.builds(Index, paths, fingerprints),
    st.builds(
        Blob,
        fingerprints,
        paths,
        maybe(fingerprints),
        maybe(times),
        maybe(st.booleans()),
        st.sampled_from(("blob", "note", "unreachable")),
    ),
    st.builds(
        Message,
        fingerprints,
        st.sampled_from(("commit-message", "tag-message", "unreachable")),
        paths,
        maybe(fingerprints),
        maybe(times),
    ),
    st.builds(Name, paths),
    st.just(Stdin()),
)
origins = st.recursive(roots, lambda outer: st.builds(Member, outer, texts), max_leaves=3)
spans = st.builds(Span, st.integers(1, 10**9), st.integers(1, 10**9), tuples(texts))
locations = st.builds(Location, origins, spans)
bedrock_answers = st.builds(
    BedrockAnswer,
    plane=one(Plane),
    region=st.just("us-east-1"),
    state=one(BedrockState),
    asked_at=times,
    detail=texts,
    status=maybe(st.integers(100, 599)),
    principal=maybe(texts),
    denied_action=maybe(texts),
    refusals=st.integers(0, 9),
)
credentials = st.builds(
    CredentialRecord,
    credential_id=texts,
    user_name=texts,
    alias=aliases,
    service_name=texts,
    status=st.sampled_from(("Active", "Inactive", "Expired")),
    created_at=times,
    expires_at=maybe(times),
)
iam_answers = st.builds(
    IamAnswer,
    state=one(IamState),
    asked_at=times,
    account=maybe(st.builds(Account, account_id=accounts)),
    credential=maybe(credentials),
    user_name=maybe(texts),
    detail=texts,
)
allowed_accounts = st.builds(
    AllowedAccounts,
    account_id=maybe(accounts),
    accounts=maybe(st.frozensets(accounts, max_size=2)),
    lookup=st.sampled_from(("decoded", "named", "not-found", "failed")),
    detail=texts,
)
trail_answers = st.builds(
    TrailAnswer,
    state=st.sampled_from(("found", "absent", "unknown")),
    region=texts,
    asked_at=times,
    principal=maybe(texts),
    issuer=maybe(texts),
    detail=texts,
)
outcomes = st.builds(
    Outcome,
    action=one(ActionName),
    state=one(OutcomeState),
    reason=texts,
    refused_since=maybe(times),
    confirmed_at=maybe(times),
    seconds_to_dead=maybe(st.floats(0, 1e6)),
    undo=maybe(texts),
    commands=tuples(texts),
    urgent=st.booleans(),
)


@st.composite
def verdicts(draw: st.DrawFn, key: Key) -> Verdict:
    evidence = Evidence(
        key=key,  # type: ignore[arg-type]  # a malformed key gets no verdict
        clock=draw(st.builds(Clock, now=times, expires_at=maybe(times))),
        allowed=draw(allowed_accounts),
        bedrock=draw(tuples(bedrock_answers)),
        iam=draw(maybe(iam_answers)),
        trail=draw(maybe(trail_answers)),
        notes=draw(tuples(texts)),
    )
    state, plane = draw(one(VerdictState)), draw(one(SecondPlane))
    return Verdict(state, draw(texts), evidence, draw(maybe(texts)), plane)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    key = draw(long_term_keys | short_term_keys | malformed_keys)
    places = tuple(draw(st.lists(locations, min_size=1, max_size=3)))
    allowed = draw(maybe(texts))
    url = draw(maybe(st.just("https://github.com/octo/app/issues/7")))
    if isinstance(key, MalformedKey):
        return Case(Incident(key.fingerprint, key, "malformed", places, allowed), issue_url=url)
    incident = Incident(key.fingerprint, key, "exact", places, allowed)
    usage = draw(maybe(usages(paths)))
    return Case(incident, draw(maybe(verdicts(key))), draw(maybe(outcomes)), url, usage)


kinds = st.sampled_from(("missing", "elsewhere", "unopened", "encrypted", "skipped"))
scans = st.builds(
    Scan,
    findings=st.just(()),
    scanned=st.builds(
        Scanned, sources=tuples(one(Source)), objects=numbers, bytes=numbers, range=maybe(texts)
    ),
    not_scanned=tuples(
        st.builds(
            NotScanned,
            what=paths,
            kind=st.sampled_from(("missing", "elsewhere", "unopened", "encrypted", "skipped")),
            reason=texts,
        )
    ),
)
reports = st.builds(
    Report,
    scan=scans,
    cases=tuples(cases(), 3),
    notes=tuples(texts),
    incomplete=tuples(texts),
    warnings=tuples(texts),
)
