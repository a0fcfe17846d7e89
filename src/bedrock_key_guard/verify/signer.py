"""Decide who signed a short-term key from what Bedrock, IAM and CloudTrail say.

A key names an access key id and no more. Who that is gets asked in this order: Bedrock's own
denial names the principal; IAM knows the user of an `AKIA` id; CloudTrail knows who has used the
id in the key's region. Whoever is named has to be of the key's account.

Facts are those of the CloudTrail user guide, "CloudTrail userIdentity element". CloudTrail is best
effort: events of Bedrock may lack the access key id, and those of the last quarter of an hour may
be missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.aws.cloudtrail import PAGE, Query
from bedrock_key_guard.iam.principal import read_principal
from bedrock_key_guard.model.evidence import TrailAnswer
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.model.usage import TrailGap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bedrock_key_guard.aws.cloudtrail import Trail
    from bedrock_key_guard.keys.key import ShortTermKey
    from bedrock_key_guard.model.evidence import Evidence
    from bedrock_key_guard.model.principals import Principal

Named = tuple[str, str]

ENOUGH = PAGE
"""Events that name somebody: an access key is one principal's, so its latest tell whose."""
_MOST = 4 * PAGE

Witness = Literal["Bedrock", "IAM", "CloudTrail"]


@dataclass(frozen=True, slots=True)
class Signer:
    """Name who signed a key, and the `holder`: the user or role that its permissions hang on.

    A federated user has no permissions of its own: `holder` is who federated it, None where nobody
    named that one.
    """

    principal: Principal
    holder: Principal | None
    named_by: Witness


def signer_of(evidence: Evidence) -> Signer | None:
    """Return who signed the key, or None where nobody has named one of the key's account."""
    signers = [signer for signer in _signers(evidence) if _is_of_account(signer, evidence)]
    return next((each for each in signers if each.holder), next(iter(signers), None))


def needs_trail(evidence: Evidence) -> bool:
    """Return whether to ask CloudTrail: a key is proven, and nobody else knows its signer."""
    proven = any(answer.state in ("accepted", "denied") for answer in evidence.bedrock)
    signer = signer_of(evidence)
    unknown = signer is None or signer.holder is None
    return proven and unknown and evidence.trail is None


def search_for_signer(evidence: Evidence) -> str:
    """Say who was asked about the signer, and what came of it."""
    tried = ["Bedrock named nobody"] if not any(a.principal for a in evidence.bedrock) else []
    if evidence.iam is not None:
        tried.append(f"IAM: {evidence.iam.detail or evidence.iam.state}")
    if evidence.trail is not None:
        where = f"CloudTrail in {evidence.trail.region}"
        tried.append(f"{where}: {evidence.trail.detail or evidence.trail.principal}")
    return "; ".join(tried)


def _signers(evidence: Evidence) -> Iterator[Signer]:
    for answer in evidence.bedrock:
        yield from _signer(answer.principal, None, "Bedrock")
    iam = evidence.iam
    if iam is not None and iam.account is not None and iam.user_name:
        account = iam.account
        arn = f"arn:{account.partition}:iam::{account.account_id}:user/{iam.user_name}"
        yield from _signer(arn, None, "IAM")
    trail = evidence.trail
    if trail is not None and trail.state == "found":
        yield from _signer(trail.principal, trail.issuer, "CloudTrail")


def _signer(arn: str | None, issuer: str | None, witness: Witness) -> Iterator[Signer]:
    principal = read_principal(arn)
    if principal is not None:
        federated = principal.kind == "federated-user"
        yield Signer(principal, read_principal(issuer) if federated else principal, witness)


def _is_of_account(signer: Signer, evidence: Evidence) -> bool:
    people = [signer.principal, *([signer.holder] if signer.holder else [])]
    return {person.account_id for person in people} == {evidence.allowed.account_id}


def trace(key: ShortTermKey, trail: Trail) -> TrailAnswer:
    """Return who used the access key that signed `key`, in its own region."""
    now, seen = utc_now(), list[Named]()
    for item in trail.look_up(Query(key.region, "AccessKeyId", key.access_key_id, most=_MOST)):
        if isinstance(item, TrailGap):
            detail = f"it would not say ({item.reason})"
            return TrailAnswer("unknown", key.region, now, detail=detail)
        if item.actor:
            issuer = item.text("userIdentity", "sessionContext", "sessionIssuer", "arn")
            seen.append((item.actor, issuer or item.actor))
        if len(seen) == ENOUGH:
            break
    return read_trace(set(seen), key.region, now)


def read_trace(named: set[Named], region: str, now: datetime) -> TrailAnswer:
    """Decide whom the events name: (principal, issuer) pairs; several mean that nobody is known."""
    if not named:
        detail = "it has no event of the access key (yet: they come up to 15 minutes late)"
        return TrailAnswer("absent", region, now, detail=detail)
    if len(named) > 1:
        return TrailAnswer("unknown", region, now, detail="it names more than one principal")
    ((principal, issuer),) = named
    return TrailAnswer("found", region, now, principal, issuer)
