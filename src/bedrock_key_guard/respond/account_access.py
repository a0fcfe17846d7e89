"""Open what can be asked and changed in an account, once for each account."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import NoSession, Session
from bedrock_key_guard.iam.policy_documents import shortfall
from bedrock_key_guard.respond.change_events import ChangeEvents
from bedrock_key_guard.respond.earlier_responses import earlier_response
from bedrock_key_guard.respond.identities import CredentialWriter, Identities
from bedrock_key_guard.verify.iam_directory import IamDirectory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.model.evidence import Account, CredentialRecord, Verdict
    from bedrock_key_guard.model.response import Outcome
    from bedrock_key_guard.respond.stores import Store


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """Hold what can be asked and changed in one account; `actor` is the ARN that acts there.

    `events` are the changes that CloudTrail shows, `earlier_response` what an earlier run did.
    `store_of` is where a credential's new key goes, and `mask` is called with it first of all.
    `role` is the one that was assumed to get there, None in our own account. `guards` are the ARNs
    of whom the guard is there: the one that acts, and the one that an option names.
    """

    account: Account
    actor: str
    credentials: CredentialWriter
    identities: Identities
    find_credential: Callable[[str], CredentialRecord | None]
    events: ChangeEvents
    earlier_response: Callable[[str, Verdict], Outcome | None]
    store_of: Callable[[str], Store] | None
    mask: Callable[[Secret], object]
    role: RoleToAssume | None = None
    guards: tuple[str, ...] = ()
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


class AccessByAccount:
    """Open each account when it is first asked for, and keep what was opened."""

    def __init__(
        self,
        sessions: Sessions,
        now: Callable[[], datetime],
        store_of: Callable[[str], Store] | None = None,
        mask: Callable[[Secret], object] = lambda _secret: None,
    ) -> None:
        """Act in each account by its session."""
        self._sessions = sessions
        self._now = now
        self._store_of = store_of
        self._mask = mask
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
        events = ChangeEvents(session, self._now())
        return AccountAccess(
            account=session.account,
            actor=session.arn,
            credentials=CredentialWriter(session),
            identities=Identities(session),
            find_credential=IamDirectory(session).by_id,
            events=events,
            earlier_response=partial(earlier_response, events),
            store_of=self._store_of,
            mask=self._mask,
            role=self._sessions.role_for(session),
            guards=self._sessions.guards_in(session),
        )
