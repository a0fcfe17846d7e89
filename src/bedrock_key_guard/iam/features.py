"""Declare what each thing that the guard does needs in AWS: the permissions, as data.

Those of a response are declared by its action. Doctor asks for what stands here, and a test holds
it against the policies of deploy/guard.yaml, so that no permission is in one of them alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from bedrock_key_guard.model.actions import CHANGES, Permissions

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
