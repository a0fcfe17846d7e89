"""Declare what each thing that the guard does needs in AWS, and how a permission is tried.

Those of a response are declared by its action. Doctor asks for what stands here, and a test holds
it against the policies of deploy/guard.yaml, so that no permission is in one of them alone.

Trying changes nothing. Resources and condition keys are those of the service authorization
reference for IAM, and those to which deploy/guard.yaml limits its policies. The users, roles and
policies are made up, so that a call which only reads finds nothing: IAM asks for the permission
before it looks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.families import BEDROCK_LONG_TERM
from bedrock_key_guard.model.actions import CHANGES, Permissions

if TYPE_CHECKING:
    from bedrock_key_guard.model.principals import Account

_DENYING = tuple(
    f"iam:{verb.format(kind)}"
    for verb in ("ListAttached{}Policies", "List{}Policies", "Get{}Policy")
    for kind in ("Role", "User")
)
VERIFY: Permissions = (
    *("iam:ListServiceSpecificCredentials", "iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"),
    *(*_DENYING, "iam:GetPolicy", "iam:GetPolicyVersion"),
    *("cloudtrail:LookupEvents", "sts:GetAccessKeyInfo"),
)
TIMELINE: Permissions = (
    *("cloudtrail:LookupEvents", "ec2:DescribeRegions", "iam:ListAccessKeys"),
    *("iam:GetLoginProfile", "iam:ListMFADevices", "iam:ListGroupsForUser"),
    *("iam:ListAttachedUserPolicies", "iam:ListUserPolicies"),
    *("iam:ListAttachedRolePolicies", "iam:ListRolePolicies"),
)
OTHER_ACCOUNTS: Permissions = (
    *("sts:AssumeRole", "sts:TagSession", "organizations:DescribeAccount"),
)
"""What acting in other accounts takes: it shows where they are entered, which changes nothing."""


@dataclass(frozen=True, slots=True)
class Feature:
    """Name something that the guard does, and each permission that it takes, undoing included.

    `parameter` is the one of deploy/guard.yaml that grants them, "" for what it always grants.
    """

    name: str
    permissions: Permissions
    parameter: str = ""


FEATURES: dict[str, Feature] = {
    feature.name: feature
    for feature in (
        Feature("verify", VERIFY),
        *(
            Feature(name, tuple(dict.fromkeys((*each.permissions, *each.to_undo))), each.__name__)
            for name, each in CHANGES.items()
        ),
        Feature("timeline", TIMELINE, "Investigate"),
    )
}
USUAL = ("verify", "disable", "quarantine", "timeline")
"""What deploy/guard.yaml lets the guard do unless it is told otherwise."""


NOBODY = "bedrock-key-guard-doctor"
_KEY_ID = "AKIAIOSFODNN7EXAMPLE"  # AWS's own example
_CONSOLE_POLICY = "AmazonBedrockLimitedAccess"
_READS = ("Get", "List", "Lookup", "Describe")
# For a key id that nobody has, IAM is not known to say whether the caller may ask.
_TELLS_NOTHING = frozenset(("iam:GetAccessKeyLastUsed",))
_WITHOUT_RESOURCE: dict[str, dict[str, object]] = {
    "cloudtrail:LookupEvents": {"MaxResults": 1},
    "ec2:DescribeRegions": {},
    "sts:GetAccessKeyInfo": {"AccessKeyId": _KEY_ID},
}
_LISTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "iam:ListServiceSpecificCredentials": ("user/*", {"AllUsers": True, "MaxItems": 1}),
    "iam:ListUsers": ("user/", {"MaxItems": 1}),
    "iam:ListRoles": ("role/", {"MaxItems": 1}),
}


@dataclass(frozen=True, slots=True)
class Where:
    """Say in which account and region permissions are tried.

    `quarantine` is the ARN of the policy that denies, `store` the kind and the name of the place of
    new keys, None for one under the usual names of either kind.
    """

    account: Account
    region: str
    quarantine: str
    store: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """Hold an action, the resource that it is tried on, and the condition keys of the request.

    `call` holds the parameters of a call that needs the action and changes nothing, None where
    there is none.
    """

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()
    call: tuple[tuple[str, object], ...] | None = None


def trials(feature: Feature, where: Where) -> tuple[Trial, ...]:
    """Return a trial of each permission of a feature."""
    wanted = (each for each in feature.permissions if not _of_another_store(each, where))
    return tuple(_trial(action, feature.name, where) for action in wanted)


def _of_another_store(action: str, where: Where) -> bool:
    service = action.partition(":")[0]
    is_of_store = service in ("secretsmanager", "ssm")
    return is_of_store and where.store is not None and service != where.store[0]


def _trial(action: str, feature: str, where: Where) -> Trial:
    start = f"arn:{where.account.partition}:iam::{where.account.account_id}:"
    if action in _WITHOUT_RESOURCE:
        return Trial(action, "*", call=_frozen(_WITHOUT_RESOURCE[action]))
    if action in _LISTINGS:
        resource, parameters = _LISTINGS[action]
        return Trial(action, start + resource, call=_frozen(parameters))
    service, _, operation = action.partition(":")
    if service != "iam":
        return Trial(action, _place(service, where))
    if operation in ("GetPolicy", "GetPolicyVersion"):
        version = {"VersionId": "v1"} if operation == "GetPolicyVersion" else {}
        return Trial(
            action, where.quarantine, call=_frozen({"PolicyArn": where.quarantine, **version})
        )
    kind = "Role" if "Role" in operation else "User"
    name = f"BedrockAPIKey-{NOBODY}" if feature == "strip-policies" else NOBODY
    resource = f"{start}{kind.lower()}/{name}"
    return Trial(
        action, resource, _context(operation, feature, where), _call(action, operation, kind, name)
    )


def _context(operation: str, feature: str, where: Where) -> tuple[tuple[str, str], ...]:
    if re.fullmatch("(Update|Reset|Delete)ServiceSpecificCredential", operation):
        return (("iam:ServiceSpecificCredentialServiceName", BEDROCK_LONG_TERM.service_name),)
    if operation.startswith(("Attach", "Detach")):
        console = f"arn:{where.account.partition}:iam::aws:policy/{_CONSOLE_POLICY}"
        return (("iam:PolicyARN", console if feature == "strip-policies" else where.quarantine),)
    return ()


def _call(
    action: str, operation: str, kind: str, name: str
) -> tuple[tuple[str, object], ...] | None:
    if not operation.startswith(_READS) or action in _TELLS_NOTHING:
        return None
    policy = {"PolicyName": NOBODY} if operation == f"Get{kind}Policy" else {}
    return _frozen({f"{kind}Name": name, **policy})


def _place(service: str, where: Where) -> str:
    account, region = where.account, where.region
    name = where.store[1].removeprefix("/") if where.store else f"bedrock/{NOBODY}"
    kind = "secret:" if service == "secretsmanager" else "parameter/"
    return f"arn:{account.partition}:{service}:{region}:{account.account_id}:{kind}{name}"


def _frozen(parameters: dict[str, object]) -> tuple[tuple[str, object], ...]:
    return tuple(parameters.items())
