"""Know the sandbox's organisation, if it has one: its accounts and what their policies limit.

A service control policy limits everybody in a member account, root too, and nobody in the
management account (AWS Organizations user guide, "Service control policies"). A resource control
policy limits what is done to a member account's resources ("Resource control policies"); that it
would reach Bedrock is made up, for its guide does not list that service.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ORGANIZATION_ID = "o-exampleorgid"
SERVICE_CONTROL = "service control policy"
RESOURCE_CONTROL = "resource control policy"
Attached = Mapping[str, tuple[Mapping[str, Any], ...]]
FULL_ACCESS = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True, slots=True)
class Organization:
    """Hold the members with their status, and by account the policies that limit it.

    `delegated` are the members that may ask about all accounts, as the management account may.
    """

    management: str
    members: Mapping[str, str]
    policies: Attached = field(default_factory=dict)
    delegated: frozenset[str] = frozenset()
    resource_policies: Attached = field(default_factory=dict)

    @property
    def accounts(self) -> dict[str, str]:
        return {self.management: "ACTIVE", **self.members}


_founded: list[Organization] = []


def found(organization: Organization | None) -> None:
    """Let this be the organisation; None is none."""
    _founded[:] = [] if organization is None else [organization]


def organization_of(account_id: str) -> Organization | None:
    return next((one for one in _founded if account_id in one.accounts), None)


def limits_of(account_id: str) -> dict[str, tuple[str, ...]]:
    """Give what the organisation's policies leave of the permissions in an account."""
    organization = organization_of(account_id)
    if organization is None or account_id == organization.management:
        return {}
    kinds = {
        SERVICE_CONTROL: organization.policies,
        RESOURCE_CONTROL: organization.resource_policies,
    }
    return {
        kind: (FULL_ACCESS, *map(json.dumps, policies.get(account_id, ())))
        for kind, policies in kinds.items()
    }
