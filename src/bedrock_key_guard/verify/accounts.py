"""Know which accounts the guard may touch, and which account a key is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, error_code
from bedrock_key_guard.keys.key import LongTermKey, WholeKey
from bedrock_key_guard.model import AllowedAccounts

if TYPE_CHECKING:
    from collections.abc import Collection

    from bedrock_key_guard.aws.session import Session


_NO_SUCH_KEY = ("ValidationError", "NoSuchEntity")


class Accounts:
    """Hold the allow-list: the one that was given, or the account of the credentials in use."""

    def __init__(self, listed: Collection[str], session: Session | NoSession) -> None:
        """Allow `listed`, or without a list the account of `session`."""
        self._session = session
        self._reason = session.reason if isinstance(session, NoSession) else ""
        self.allowed: frozenset[str] | None = frozenset(listed) or None
        if self.allowed is None and not isinstance(session, NoSession):
            self.allowed = frozenset((session.account.account_id,))

    def standing_of(self, key: WholeKey) -> AllowedAccounts:
        """Return whose the key is, and who may be touched."""
        if self.allowed is None:
            return AllowedAccounts(key.account_id, None, detail=self._reason)
        if isinstance(key, LongTermKey) or key.account_id is not None:
            return AllowedAccounts(key.account_id, self.allowed)
        return self._named_by_aws(key.access_key_id)

    def _named_by_aws(self, access_key_id: str) -> AllowedAccounts:
        """Ask STS for the account of an access key id that does not hold it."""
        if isinstance(self._session, NoSession):
            return AllowedAccounts(None, self.allowed, "failed", self._reason)
        sts = self._session.client("sts")
        try:
            answer = sts.get_access_key_info(AccessKeyId=access_key_id)
        except Exception as error:  # noqa: BLE001  # whatever failed, the account is unknown
            code = error_code(error)
            if code in _NO_SUCH_KEY:
                return AllowedAccounts(None, self.allowed, "not-found", code)
            return AllowedAccounts(None, self.allowed, "failed", f"STS said {code}")
        return AllowedAccounts(answer["Account"], self.allowed, "named")
