"""Decide who signed a short-term key: pure, from what Bedrock, IAM and CloudTrail said.

A key names an access key id and no more. Who that is gets asked in this order: Bedrock's own
denial names the principal; IAM knows the user of an `AKIA` id; CloudTrail knows who has used the
id in the key's region. Whoever is named has to be of the key's account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.iam.principal import read_principal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model.evidence import Evidence, Principal

Witness = Literal["Bedrock", "IAM", "CloudTrail"]


@dataclass(frozen=True, slots=True)
class Signer:
    """Name who signed a key, and the `holder`: the user or role that its permissions hang on.

    A federated user holds nothing of its own: who federated it does, None where nobody named that.
    """

    principal: Principal
    holder: Principal | None
    named_by: Witness


def signer_of(evidence: Evidence) -> Signer | None:
    """Return who signed the key, or None where nobody has named one of the key's account."""
    signers = [signer for signer in _named(evidence) if _is_of_account(signer, evidence)]
    known = (signer for signer in signers if signer.holder is not None)
    return next(known, signers[0] if signers else None)


def needs_trail(evidence: Evidence) -> bool:
    """Tell whether CloudTrail is worth asking: of a proven key whose signer nobody else knows."""
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


def _named(evidence: Evidence) -> Iterator[Signer]:
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
