"""Judge what the answers of Bedrock and IAM say of a key, each and together."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.regions import PARTITION_OF_REGION, further_regions

if TYPE_CHECKING:
    from datetime import datetime

    from bedrock_key_guard.model.evidence import (
        BedrockAnswer,
        BedrockState,
        Evidence,
        IamAnswer,
        SecondPlane,
    )

# A credential may take this long to work everywhere, so an early refusal says nothing.
PROPAGATION = timedelta(minutes=2)
REFUSALS_NEEDED = 2
# IAM user guide, "Troubleshoot access denied error messages".
OWN_POLICY = "identity-based policy"


def denies_key(answer: BedrockAnswer) -> bool:
    """Return whether a policy of the principal's own may have denied it the use of any key.

    Others (of the organisation, the session, a boundary, a VPC endpoint) say something of where or
    how it was asked. AWS may call a denial of everything one of the operation, then explicitly.
    """
    is_own = answer.state == "denied" and answer.denied_by in (None, OWN_POLICY)
    return is_own and (denies_bearer(answer) or answer.explicit)


def denies_bearer(answer: BedrockAnswer) -> bool:
    """Return whether a plane knew the key, and denied its principal the use of any key."""
    return answer.denied_action == f"{answer.plane}:CallWithBearerToken"


def in_words(answer: BedrockAnswer) -> str:
    """Say whom a plane knew, what it denied, and by which kind of policy."""
    denied = f"{answer.plane} knew it as {answer.principal} and denied {answer.denied_action}"
    if answer.denied_by is None:
        return denied
    if answer.explicit:
        return f"{denied} by an explicit deny in its {answer.denied_by}"
    return f"{denied}, for no {answer.denied_by} allows it"


def is_closed(evidence: Evidence) -> bool:
    """Return whether both planes keep the key out, as far as Bedrock alone can tell."""
    first, second = planes_of(evidence)
    if first is None or second is None or not denies_key(first):
        return False
    # The second plane is known to answer a denied key as it answers a forged one.
    return second.state == "not-offered" or denies_key(second) or counts(second, evidence)


def counts(answer: BedrockAnswer, evidence: Evidence) -> bool:
    """Return whether a plane refused the key often enough, and not too soon."""
    known_by = settled_at(evidence)
    too_soon = known_by is not None and answer.asked_at < known_by
    return answer.refusals >= REFUSALS_NEEDED and not too_soon


def settled_at(evidence: Evidence) -> datetime | None:
    """Return from when on a refusal says something: not before every host knows the credential.

    What IAM does not list may be so new that IAM has not heard of it either: then it cannot be
    older than the event that brought it.
    """
    iam = evidence.iam
    if iam is None:
        return None
    if iam.credential is not None:
        return iam.credential.created_at + PROPAGATION
    arrived = evidence.arrived_at if iam.state == "absent" else None
    return arrived and arrived + PROPAGATION


def planes_of(evidence: Evidence) -> tuple[BedrockAnswer | None, BedrockAnswer | None]:
    """Return what the first and the second plane answered where the key was asked about first."""
    home = evidence.bedrock[0].region if evidence.bedrock else None
    by_plane = {answer.plane: answer for answer in evidence.bedrock if answer.region == home}
    return by_plane.get("bedrock"), by_plane.get("bedrock-mantle")


def second_plane(evidence: Evidence) -> SecondPlane:
    """Return whether the second plane has answered; a refusal has to be given twice there too."""
    second = planes_of(evidence)[1]
    if second is None:
        return "unasked"
    if second.state == "not-offered":
        return "not-offered"
    spoke = second.state in ("accepted", "denied") or second.refusals >= REFUSALS_NEEDED
    return "asked" if spoke else "unasked"


def accepting(evidence: Evidence) -> list[str]:
    """Return the planes that accepted a key, with the region where that is another one."""
    accepted = [answer for answer in evidence.bedrock if answer.state == "accepted"]
    home = evidence.bedrock[0].region if evidence.bedrock else None
    return [a.plane if a.region == home else f"{a.plane} in {a.region}" for a in accepted]


def further_answers(evidence: Evidence) -> dict[str, BedrockAnswer | None]:
    """Return what the first plane said in each further region, None where it was not asked."""
    first = planes_of(evidence)[0]
    regions = further_regions(first.region) if first else ()
    said = {each.region: each for each in evidence.bedrock if each.plane == "bedrock"}
    return {region: said.get(region) for region in regions}


def is_refused_everywhere(evidence: Evidence) -> bool:
    """Return whether both planes refused the key, and so did every further region in reach."""
    if second_plane(evidence) == "unasked":
        return False
    return all(
        answer is not None
        and (answer.state == "unknown" or (answer.state == "refused" and counts(answer, evidence)))
        for answer in further_answers(evidence).values()
    )


def not_reached(evidence: Evidence) -> list[str]:
    """Return what there is to say of each further region that gave no answer."""
    answers = further_answers(evidence).values()
    return [said(answer) for answer in answers if answer and answer.state == "unknown"]


def says(state: BedrockState, evidence: Evidence) -> bool:
    """Return whether the first plane said so twice, and the second nothing that contradicts it."""
    first, second = planes_of(evidence)
    if first is None or second is None or first.state != state or not counts(first, evidence):
        return False
    return second.state in ("refused", "expired", "not-offered", "unknown")


def is_of_place(iam: IamAnswer, evidence: Evidence) -> bool:
    """Return whether IAM spoke for the key's account, in the partition where Bedrock was asked."""
    account = iam.account
    asked = {PARTITION_OF_REGION.get(answer.region) for answer in evidence.bedrock}
    return (
        account is not None
        and account.account_id == evidence.allowed.account_id
        and asked == {account.partition}
    )


def said(answer: BedrockAnswer) -> str:
    """Say in words what one plane answered."""
    return f"{answer.plane} in {answer.region}: {answer.detail or answer.state}"


def proven_in(evidence: Evidence) -> str | None:
    """Return where Bedrock knew the key, None where it did nowhere."""
    known = (a.region for a in evidence.bedrock if a.state in ("accepted", "denied"))
    return next(known, None)
