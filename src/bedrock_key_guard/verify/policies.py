"""Read in IAM which policies deny a user or role the use of keys.

Facts are those of the IAM API reference. Read are a user's or role's own policies, inline and
attached: a denial that stands elsewhere (a group's, an organisation's) is not shown by them.
"""

from __future__ import annotations

from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import pages
from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam.policy_documents import denied_actions
from bedrock_key_guard.model.evidence import PolicyAnswer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.evidence import Principal
    from bedrock_key_guard.verify.signer import Signer

    Named = tuple[str, Callable[[], Any]]


def find_denial(key: WholeKey, signer: Signer, iam: Any) -> PolicyAnswer:
    """Return the policies that deny `signer` the use of `key` anywhere, on every plane."""
    holder = signer.holder
    if holder is None or holder.kind not in ("user", "role"):
        detail = "IAM shows no policies of whoever signed it"
        return PolicyAnswer("unknown", _now(), signer.principal.arn, detail=detail)
    title, unread = f"{holder.kind} {holder.name}", list[str]()
    denying: dict[str, str] = {}
    for name, document in _documents(holder, iam, unread):
        for action in denied_actions(document, key, signer.principal.session):
            denying.setdefault(action, name)
        if len(denying) == len(key.family.deny_actions):
            names = tuple(dict.fromkeys(denying.values()))
            return PolicyAnswer("found", _now(), title, names)
    if unread:
        return PolicyAnswer("unknown", _now(), title, detail="; ".join(dict.fromkeys(unread)))
    return PolicyAnswer("absent", _now(), title)


def _documents(holder: Principal, iam: Any, unread: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield each policy with its name, and add to `unread` why one could not be read."""
    for listing in (_attached, _inline):
        listed = _tried(partial(listing, holder, iam), "list its policies", unread)
        for name, read in listed or ():
            document = _tried(read, f"show policy {name}", unread)
            if document is not None:
                yield name, document


def _tried(ask: Callable[[], Any], what: str, unread: list[str]) -> Any:
    """Return an answer, or None and why there is none: another policy may deny it still."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # whatever failed, it was not read
        unread.append(f"IAM would not {what} ({refusal(error)})")
        return None


def _attached(holder: Principal, iam: Any) -> list[Named]:
    listing = getattr(iam, f"list_attached_{holder.kind}_policies")
    return [
        (policy["PolicyArn"], partial(_managed, policy["PolicyArn"], iam))
        for page in pages(listing, **_name(holder))
        for policy in page["AttachedPolicies"]
    ]


def _managed(arn: str, iam: Any) -> Any:
    """Return the default version of a managed policy."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]


def _inline(holder: Principal, iam: Any) -> list[Named]:
    listing = getattr(iam, f"list_{holder.kind}_policies")
    return [
        (name, partial(_own, name, holder, iam))
        for page in pages(listing, **_name(holder))
        for name in page["PolicyNames"]
    ]


def _own(policy: str, holder: Principal, iam: Any) -> Any:
    """Return an inline policy."""
    read = getattr(iam, f"get_{holder.kind}_policy")
    return read(PolicyName=policy, **_name(holder))["PolicyDocument"]


def _name(holder: Principal) -> dict[str, str]:
    return {f"{holder.kind.title()}Name": holder.name}


def _now() -> datetime:
    return datetime.now(timezone.utc)
