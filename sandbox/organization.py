"""Know the sandbox's organisation, if it has one: its accounts and what their policies limit.

A service control policy limits everybody in a member account, root too, and nobody in the
management account (AWS Organizations user guide, "Service control policies").
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ORGANIZATION_ID = "o-exampleorgid"
SERVICE_CONTROL = "service control policy"
FULL_ACCESS = json.dumps({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


@dataclass(frozen=True, slots=True)
class Organization:
    """Hold the members with their status, and by account the service control policies.

    `delegated` are the members that may ask about all accounts, as the management account may.
    """

    management: str
    members: Mapping[str, str]
    policies: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    delegated: frozenset[str] = frozenset()

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
    """Give what service control policies leave of the permissions in an account."""
    organization = organization_of(account_id)
    if organization is None or account_id == organization.management:
        return {}
    attached = map(json.dumps, organization.policies.get(account_id, ()))
    return {SERVICE_CONTROL: (FULL_ACCESS, *attached)}
