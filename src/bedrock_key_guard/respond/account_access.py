"""Hold what can be asked and changed in one account."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import shortfall

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.keys.key import Secret
    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.evidence import CredentialRecord, Verdict
    from bedrock_key_guard.model.principals import Account
    from bedrock_key_guard.respond.change_events import ChangeEvents
    from bedrock_key_guard.respond.identities import CredentialWriter, Identities
    from bedrock_key_guard.respond.secret_stores import Store


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """Hold what can be asked and changed in one account; `actor` is the ARN that acts there.

    `events` are the changes that CloudTrail shows, `earlier_response` what an earlier run did.
    `store_of` is where a credential's new key goes, and `mask` is called with it first of all.
    `role` is the one that was assumed to get there, None in our own account. `guards` are the ARNs
    of whom the guard is there: the one that acts, and those that options name.
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
