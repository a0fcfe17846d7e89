"""Judge what Bedrock's "no" says of a key, and read in IAM which policies deny its use.

Facts are those of the IAM API reference. Only a user's or role's own policies, inline and
attached, are read: they do not show a denial elsewhere (a group's, an organisation's).
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import pages
from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam.policy_documents import denied_actions
from bedrock_key_guard.model.evidence import PolicyAnswer
from bedrock_key_guard.model.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.evidence import BedrockAnswer, Evidence, Principal, SecondPlane
    from bedrock_key_guard.verify.signer import Signer

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
    said = f"{answer.plane} knew it as {answer.principal} and denied {answer.denied_action}"
    if answer.denied_by is None:
        return said
    if answer.explicit:
        return f"{said} by an explicit deny in its {answer.denied_by}"
    return f"{said}, for no {answer.denied_by} allows it"


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


def find_denial(key: WholeKey, signer: Signer, iam: Any) -> PolicyAnswer:
    """Return the policies that deny `signer` the use of `key` anywhere, on every plane."""
    holder = signer.holder
    if holder is None or holder.kind not in ("user", "role"):
        detail = "IAM shows no policies of whoever signed it"
        return PolicyAnswer("unknown", utc_now(), signer.principal.arn, detail=detail)
    title, unread = f"{holder.kind} {holder.name}", list[str]()
    denying: dict[str, str] = {}
    for name, document in _documents(holder, iam, unread):
        for action in denied_actions(document, key, signer.principal.session):
            denying.setdefault(action, name)
        if len(denying) == len(key.family.deny_actions):
            names = tuple(dict.fromkeys(denying.values()))
            return PolicyAnswer("found", utc_now(), title, names)
    if unread:
        return PolicyAnswer("unknown", utc_now(), title, detail="; ".join(dict.fromkeys(unread)))
    return PolicyAnswer("absent", utc_now(), title)


def _documents(holder: Principal, iam: Any, unread: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield each policy with its name, and add to `unread` why one could not be read."""
    for names, read in ((_attached, _managed), (_inline, _own)):
        for name in _tried(partial(names, holder, iam), "list its policies", unread) or ():
            document = _tried(partial(read, name, holder, iam), f"show policy {name}", unread)
            if document is not None:
                yield name, document


def _tried(ask: Callable[[], Any], what: str, unread: list[str]) -> Any:
    """Return an answer, or None and why there is none: another policy may deny it still."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # whatever failed, it was not read
        unread.append(f"IAM would not {what} ({refusal(error)})")
        return None


def _attached(holder: Principal, iam: Any) -> list[str]:
    listed = pages(getattr(iam, f"list_attached_{holder.kind}_policies"), **_name(holder))
    return [policy["PolicyArn"] for page in listed for policy in page["AttachedPolicies"]]


def _managed(arn: str, _holder: Principal, iam: Any) -> Any:
    """Return the default version of a managed policy."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _inline(holder: Principal, iam: Any) -> list[str]:
    listed = pages(getattr(iam, f"list_{holder.kind}_policies"), **_name(holder))
    return [name for page in listed for name in page["PolicyNames"]]


def _own(policy: str, holder: Principal, iam: Any) -> Any:
    """Return an inline policy."""
    read = getattr(iam, f"get_{holder.kind}_policy")
    return read(PolicyName=policy, **_name(holder))["PolicyDocument"]


def _name(holder: Principal) -> dict[str, str]:
    return {f"{holder.kind.title()}Name": holder.name}
