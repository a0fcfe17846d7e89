"""Hold what can be asked and changed in one account, for each account that is in reach."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.respond.belongings import Belongings
from bedrock_key_guard.respond.documents import shortfall
from bedrock_key_guard.respond.identities import IamIdentities
from bedrock_key_guard.respond.recall import Recall
from bedrock_key_guard.respond.writes import IamWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.model import Account, Outcome, Verdict
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.stores import Store
    from bedrock_key_guard.respond.writes import Writer


@dataclass(frozen=True, slots=True)
class Hands:
    """Reach one account: `actor` is the ARN that acts there.

    `others` names what else a user can sign in with, `recall` knows what earlier runs did.
    `store_of` is where a credential's new key goes, and `mask` is told it before anything else is.
    """

    account: Account
    actor: str
    credentials: Writer
    identities: Identities
    others: Callable[[str, str], tuple[str, ...]]
    recall: Callable[[str, Verdict], Outcome | None]
    store_of: Callable[[str], Store] | None
    mask: Callable[[Secret], None]
    _judged: dict[str, str | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def quarantine_shortfall(self, policy: str, actions: Sequence[str]) -> str | None:
        """Return why a managed policy is no quarantine, None where it is; it is read once."""
        with self._lock:
            if policy not in self._judged:
                document = self.identities.managed_document(policy)
                missing = "there is no such policy"
                self._judged[policy] = shortfall(document, actions) if document else missing
            return self._judged[policy]


class Reach:
    """Take hold of an account when it is first asked for, with the session for it."""

    def __init__(
        self,
        session_of: Callable[[str], Session | NoSession],
        now: Callable[[], datetime],
        store_of: Callable[[str], Store] | None,
        mask: Callable[[Secret], None],
    ) -> None:
        """Act in an account with the session that `session_of` gives for it."""
        self._session_of = session_of
        self._now = now
        self._store_of = store_of
        self._mask = mask
        self._held: dict[Session, Hands] = {}
        self._lock = threading.Lock()

    def of(self, account_id: str) -> Hands | NoSession:
        """Return the hands in an account, or why there are none."""
        session = self._session_of(account_id)
        if isinstance(session, NoSession):
            return session
        with self._lock:
            if session not in self._held:
                self._held[session] = self._take_hold(session)
            return self._held[session]

    def _take_hold(self, session: Session) -> Hands:
        return Hands(
            account=session.account,
            actor=session.arn,
            credentials=IamWriter(session),
            identities=IamIdentities(session),
            others=Belongings(session).active_beside,
            recall=Recall(session, self._now()).earlier_response,
            store_of=self._store_of,
            mask=self._mask,
        )
