"""Read in IAM which policies deny a key's principal the use of keys.

Facts are those of the IAM API reference. Only a user's or role's own policies, inline and
attached, are read: they do not show a denial elsewhere (a group's, an organisation's).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.listings import pages
from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam.policy_documents import denied_actions
from bedrock_key_guard.model.evidence import PolicyAnswer
from bedrock_key_guard.model.times import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model.principals import Principal
    from bedrock_key_guard.verify.signer import Signer


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
