"""Know which accounts the guard may touch, and which account a key is of."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.roles import ORGANIZATION
from bedrock_key_guard.aws.session import NoSession, error_code, refusal
from bedrock_key_guard.keys.key import LongTermKey, WholeKey
from bedrock_key_guard.model.evidence import AllowedAccounts

if TYPE_CHECKING:
    from collections.abc import Collection

    from bedrock_key_guard.aws.session import Session

_NO_SUCH_KEY = ("ValidationError", "NoSuchEntity")
# Reported of an id that AWS does not know, and what it says when ours are no longer good.
_THEIRS_OR_OURS = "InvalidClientTokenId"
_NOT_OURS = ("AccountNotFoundException",)


class Accounts:
    """Hold the allow-list: the one that was given, or the account of the credentials in use."""

    def __init__(self, listed: Collection[str], session: Session | NoSession) -> None:
        """Allow `listed`, or without a list the account of `session`."""
        self._session = session
        self._reason = session.reason if isinstance(session, NoSession) else ""
        self._asks_organization = ORGANIZATION in listed
        self._members: dict[str, bool | str] = {}
        self._lock = threading.Lock()
        named = frozenset(listed) - {ORGANIZATION}
        self.allowed: frozenset[str] | None = named if listed else None
        if self.allowed is None and not isinstance(session, NoSession):
            self.allowed = frozenset((session.account.account_id,))

    def allowed_for(self, key: WholeKey) -> AllowedAccounts:
        """Return the key's account, and whether the guard may touch it."""
        if self.allowed is None:
            return AllowedAccounts(key.account_id, None, detail=self._reason)
        if isinstance(key, LongTermKey) or key.account_id is not None:
            return self._with_organization(AllowedAccounts(key.account_id, self.allowed))
        return self._with_organization(self._named_by_aws(key.access_key_id))

    def permits(self, account_id: str) -> bool:
        """Return whether the guard may touch an account."""
        named = AllowedAccounts(account_id, self.allowed)
        return self.allowed is not None and self._with_organization(named).permits(account_id)

    def _with_organization(self, allowed: AllowedAccounts) -> AllowedAccounts:
        """Allow the key's account as well if it is of our organisation."""
        account_id, listed = allowed.account_id, allowed.accounts or frozenset()
        if not self._asks_organization or account_id is None or allowed.permits(account_id):
            return allowed
        ours = self._is_member(account_id)
        if isinstance(ours, str):
            return replace(allowed, accounts=None, detail=ours)
        return replace(allowed, accounts=listed | {account_id}) if ours else allowed

    def _is_member(self, account_id: str) -> bool | str:
        """Return whether an account is of our organisation, or why nobody knows; asked for once."""
        with self._lock:
            if account_id not in self._members:
                self._members[account_id] = self._ask_organization(account_id)
            return self._members[account_id]

    def _ask_organization(self, account_id: str) -> bool | str:
        if isinstance(self._session, NoSession):
            return self._reason
        organizations = self._session.global_client("organizations")
        try:
            organizations.describe_account(AccountId=account_id)
        except Exception as error:  # noqa: BLE001  # whatever failed, it is not known to be ours
            code = error_code(error)
            # Of all services Organizations alone does not say what it did not permit.
            return False if code in _NOT_OURS else f"organizations:DescribeAccount failed ({code})"
        return True

    def _named_by_aws(self, access_key_id: str) -> AllowedAccounts:
        """Ask STS for the account of an access key id that does not hold it."""
        if isinstance(self._session, NoSession):
            return AllowedAccounts(None, self.allowed, "failed", self._reason)
        sts = self._session.client("sts")
        try:
            account_id = sts.get_access_key_info(AccessKeyId=access_key_id)["Account"]
        except Exception as error:  # noqa: BLE001  # whatever failed, the account is unknown
            code = error_code(error)
            if code in _NO_SUCH_KEY or (code == _THEIRS_OR_OURS and _knows_us(sts)):
                return AllowedAccounts(None, self.allowed, "not-found", code)
            return AllowedAccounts(None, self.allowed, "failed", f"STS said {refusal(error)}")
        return AllowedAccounts(account_id, self.allowed, "named")


def _knows_us(sts: Any) -> bool:
    """Return whether AWS still takes our own credentials."""
    try:
        sts.get_caller_identity()
    except Exception:  # noqa: BLE001  # whatever failed, it may be ours that were refused
        return False
    return True
