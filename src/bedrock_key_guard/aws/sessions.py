"""Keep one session for each account: our own, and those of the roles that we may assume."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session, open_session, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bedrock_key_guard.aws.roles import RoleToAssume

    Opened = Session | NoSession

SESSION_NAME = "bedrock-key-guard"
# A session that ends sooner is opened anew, so that no response breaks off in the middle.
_ENOUGH = timedelta(minutes=5)


def open_sessions(environment: Mapping[str, str], role: RoleToAssume | None = None) -> Sessions:
    """Open a session with the credentials that the SDK finds, and others by `role` from it."""
    return Sessions(open_session(environment), role)


class Sessions:
    """Open a session for an account when it is first asked for, and keep it while it lasts."""

    def __init__(
        self,
        own: Session | NoSession,
        role: RoleToAssume | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """Reach our own account by `own`, others by assuming `role` with it."""
        self.own = own
        self._role = role
        self._now = now
        self._lock = threading.Lock()
        self._opened: dict[str, Future[Opened]] = {}

    @property
    def acting(self) -> str:
        """Return the ARN that we act as, "" without credentials."""
        return self.own.arn if isinstance(self.own, Session) else ""

    @property
    def partition(self) -> str:
        """Name the partition that we act in."""
        return self.own.account.partition if isinstance(self.own, Session) else "aws"

    def of(self, account_id: str | None) -> Session | NoSession:
        """Return the session for an account, or say why there is none."""
        if isinstance(self.own, NoSession) or account_id == self.own.account.account_id:
            return self.own
        if self._role is None or account_id is None:
            return NoSession(f"there are no credentials for account {account_id}")
        opening, is_ours = self._claim(account_id)
        if is_ours:
            opening.set_result(self._assumed(self.own, self._role, account_id))
        return opening.result()

    def role_for(self, session: Session) -> RoleToAssume | None:
        """Return the role by which a session was opened, None for our own."""
        return None if session is self.own else self._role

    def guards_in(self, session: Session) -> tuple[str, ...]:
        """Return the ARNs of the guard in the account of a session: who acts, and our role."""
        role = (self._role.arn(session.account.account_id),) if self._role else ()
        return session.arn, *role

    def _claim(self, account_id: str) -> tuple[Future[Opened], bool]:
        """Return the session's place, and whether it is for the caller to fill it.

        However many keys of an account there are, its role is assumed once, failures included.
        """
        with self._lock:
            opened = self._opened.get(account_id)
            if opened is not None and not self._is_over(opened):
                return opened, False
            opened = self._opened[account_id] = Future()
            return opened, True

    def _is_over(self, opened: Future[Opened]) -> bool:
        session = opened.result() if opened.done() else None
        ends = session.ends_at if isinstance(session, Session) else None
        return ends is not None and ends - self._now() < _ENOUGH

    def _assumed(self, own: Session, role: RoleToAssume, account_id: str) -> Opened:
        if role.partition != own.account.partition:
            return NoSession(f"{role.arn(account_id)} is not of our partition")
        try:
            session = own.assume(role.request(account_id, SESSION_NAME))
        except Exception as error:  # noqa: BLE001  # whatever failed, only this account is closed
            reason = f"{role.arn(account_id)} cannot be assumed ({refusal(error)})"
            return NoSession(reason, lacking=hasattr(error, "response"))  # AWS itself refused
        reached = session.account.account_id
        if reached != account_id:
            return NoSession(f"{role.arn(account_id)} led to account {reached}")
        return session
