"""Open what can be asked and changed in an account, once for each account."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.respond.account_access import AccountAccess
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.earlier_responses import earlier_response
from bedrock_key_guard.respond.identities import CredentialWriter, Identities
from bedrock_key_guard.verify.iam_directory import IamDirectory

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.keys.key import Secret
    from bedrock_key_guard.respond.secret_stores import Store


class OpenAccounts:
    """Open each account when it is first asked for, and keep what was opened."""

    def __init__(
        self,
        sessions: Sessions,
        now: Callable[[], datetime],
        store_of: Callable[[str], Store] | None = None,
        mask: Callable[[Secret], object] = lambda _secret: None,
        guards: tuple[str, ...] = (),
    ) -> None:
        """Act in each account by its session; `guards` were the guard there too."""
        self._sessions = sessions
        self._now = now
        self._store_of = store_of
        self._mask = mask
        self._guards = guards
        self._held: dict[Session, AccountAccess] = {}
        self._lock = threading.Lock()

    def of(self, account_id: str) -> AccountAccess | NoSession:
        """Return the access to an account, or why there is none."""
        session = self._sessions.of(account_id)
        if isinstance(session, NoSession):
            return session
        with self._lock:
            if session not in self._held:
                self._held[session] = self._open(session)
            return self._held[session]

    def _open(self, session: Session) -> AccountAccess:
        events, role = ChangeEvents(session, self._now()), self._sessions.role_for(session)
        return AccountAccess(
            account=session.account,
            actor=session.arn,
            credentials=CredentialWriter(session),
            identities=Identities(session),
            find_credential=IamDirectory(session).by_id,
            events=events,
            earlier_response=partial(earlier_response, events, role=role),
            store_of=self._store_of,
            mask=self._mask,
            role=role,
            guards=(*self._sessions.guards_in(session), *self._guards),
        )
