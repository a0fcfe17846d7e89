"""Write what a verdict rests on as plain objects: who was asked, what was answered, and when."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.model import (
        AllowedAccounts,
        BedrockAnswer,
        CredentialRecord,
        Evidence,
        IamAnswer,
        PolicyAnswer,
        TrailAnswer,
    )

Json = dict[str, Any]


def evidence_json(evidence: Evidence) -> list[Json]:
    """Return one object for each witness, in the order in which they were asked.

    What the run settled by itself is dated by its clock. The key is not in it.
    """
    return [
        {"asked": asked, "answered": answered, "at": timestamp(at)}
        for asked, answered, at in _testimonies(evidence)
    ]


def timestamp(when: datetime | None) -> str | None:
    """Write a time in UTC as ISO 8601, to the second."""
    if when is None:
        return None
    return when.astimezone(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _testimonies(evidence: Evidence) -> Iterator[tuple[str, Json, datetime]]:
    clock = evidence.clock
    yield "clock", {"expires_at": timestamp(clock.expires_at)}, clock.now
    yield "allow-list", _allowed(evidence.allowed), clock.now
    for answer in evidence.bedrock:
        yield answer.plane, _bedrock(answer), answer.asked_at
    if evidence.iam is not None:
        yield "iam", _iam(evidence.iam), evidence.iam.asked_at
    if evidence.trail is not None:
        yield "cloudtrail", _trail(evidence.trail), evidence.trail.asked_at
    if evidence.policies is not None:
        yield "iam-policies", _policies(evidence.policies), evidence.policies.asked_at
    for note in evidence.notes:
        yield "note", {"text": note}, clock.now


def _allowed(allowed: AllowedAccounts) -> Json:
    known = allowed.account_id is not None and allowed.accounts is not None
    return {
        "account_id": allowed.account_id,
        "lookup": allowed.lookup,
        "allowed": allowed.account_id in (allowed.accounts or ()) if known else None,
        "detail": allowed.detail,
    }


def _bedrock(answer: BedrockAnswer) -> Json:
    return {
        "region": answer.region,
        "state": answer.state,
        "status": answer.status,
        "principal": answer.principal,
        "denied_action": answer.denied_action,
        "denied_by": answer.denied_by,
        "explicit": answer.explicit,
        "refusals": answer.refusals,
        "detail": answer.detail,
    }


def _iam(answer: IamAnswer) -> Json:
    return {
        "account_id": answer.account.account_id if answer.account else None,
        "partition": answer.account.partition if answer.account else None,
        "state": answer.state,
        "user_name": answer.user_name,
        "credential": _credential(answer.credential) if answer.credential else None,
        "detail": answer.detail,
    }


def _trail(answer: TrailAnswer) -> Json:
    return {
        "region": answer.region,
        "state": answer.state,
        "principal": answer.principal,
        "issuer": answer.issuer,
        "detail": answer.detail,
    }


def _policies(answer: PolicyAnswer) -> Json:
    return {
        "holder": answer.holder,
        "state": answer.state,
        "policies": list(answer.policies),
        "detail": answer.detail,
    }


def _credential(record: CredentialRecord) -> Json:
    return {
        "id": record.credential_id,
        "user_name": record.user_name,
        "alias": record.alias,
        "service_name": record.service_name,
        "status": record.status,
        "created_at": timestamp(record.created_at),
        "expires_at": timestamp(record.expires_at),
    }
