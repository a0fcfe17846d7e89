"""Say in rows whose key it is, what the verdict was, how long it was exposed, what the run did."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import LongTermKey, MalformedKey, ShortTermKey
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.report.details import AMBIGUOUS, credential_of, response
from bedrock_key_guard.report.exposure import committed, exposed, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

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
