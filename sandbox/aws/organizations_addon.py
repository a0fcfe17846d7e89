"""Let moto's Organizations tell of the sandbox's own accounts, for moto makes up others.

Who may ask what, and the errors, are those of the Organizations API reference (`DescribeAccount`,
`ListAccounts`, `DescribeOrganization`).
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.organizations import urls
from moto.organizations.responses import OrganizationsResponse

from sandbox.base.accounts import partition_of
from sandbox.base.faults import ServiceError
from sandbox.base.organization import ORGANIZATION_ID, Organization, organization_of

if TYPE_CHECKING:
    from sandbox.iam.request import Request

JOINED = datetime(2025, 1, 1, tzinfo=timezone.utc)
PAGE = 20
NOT_IN_USE = ServiceError(
    400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization."
)
DENIED = ServiceError(
    400, "AccessDeniedException", "You don't have permissions to access this resource."
)
UNKNOWN = ServiceError(
    400, "AccountNotFoundException", "You specified an account that doesn't exist."
)


def install() -> None:
    """Put it into moto; call it before the server builds its application."""
    urls.url_paths = {"{0}/$": OrganizationsOfTheSandbox.dispatch}


def asking_about_accounts(request: Request) -> ServiceError | None:
    """Refuse those who may not ask, and questions about strangers."""
    if request.service != "organizations" or request.signer is None:
        return None
    caller = request.signer.principal.account_id
    organization = organization_of(caller)
    if organization is None:
        return NOT_IN_USE
    if request.operation == "DescribeOrganization":
        return None
    if caller not in {organization.management, *organization.delegated}:
        return DENIED
    asked = request.text("AccountId")
    return UNKNOWN if asked and asked not in organization.accounts else None


class OrganizationsOfTheSandbox(OrganizationsResponse):
    """Answer for those who may ask: the rule above comes first."""

    def describe_organization(self) -> ActionResult:  # type: ignore[override]
        organization, partition = self._organization, partition_of(self.current_account)
        start = f"arn:{partition}:organizations::{organization.management}"
        about = {
            "Id": ORGANIZATION_ID,
            "Arn": f"{start}:organization/{ORGANIZATION_ID}",
            "FeatureSet": "ALL",
            "MasterAccountId": organization.management,
            "MasterAccountArn": _arn(organization, organization.management),
        }
        return ActionResult({"Organization": about})

    def describe_account(self) -> ActionResult:  # type: ignore[override]
        account = _described(self._organization, self._get_param("AccountId"))
        return ActionResult({"Account": account})

    def list_accounts(self) -> ActionResult:  # type: ignore[override]
        accounts = sorted(self._organization.accounts)
        start = int(self._get_param("NextToken") or 0)
        end = start + int(self._get_param("MaxResults") or PAGE)
        page = [_described(self._organization, account) for account in accounts[start:end]]
        more = str(end) if end < len(accounts) else None
        return ActionResult({"Accounts": page, "NextToken": more})

    @property
    def _organization(self) -> Organization:
        organization = organization_of(self.current_account)
        assert organization is not None  # noqa: S101 - the rule has seen to it
        return organization


def _described(organization: Organization, account_id: str) -> dict[str, Any]:
    status = organization.accounts[account_id]
    return {
        "Id": account_id,
        "Arn": _arn(organization, account_id),
        "Email": f"aws+{account_id}@example.com",
        "Name": f"account {account_id}",
        "Status": status,
        "State": status,
        "JoinedMethod": "INVITED",
        "JoinedTimestamp": JOINED,
    }


def _arn(organization: Organization, account_id: str) -> str:
    start = f"arn:{partition_of(account_id)}:organizations::{organization.management}"
    return f"{start}:account/{ORGANIZATION_ID}/{account_id}"
