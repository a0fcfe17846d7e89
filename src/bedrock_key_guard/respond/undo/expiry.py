"""Take away what denied somebody the use of keys, once the last of those keys has expired.

A quarantine is taken away only where CloudTrail shows that the guard was the last to attach it, as
a quarantine. An inline policy is the guard's own by its name, and has to do nothing but revoke
sessions; where CloudTrail still shows who wrote it, that has to be the guard. What the ledger says
of either proves nothing.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.iam.policy_documents import read_policy_name
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import CLOCK_TOLERANCE
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.model.usage import TrailGap
from bedrock_key_guard.respond.change_events import KINDS, unread
from bedrock_key_guard.respond.purpose import Purpose, purpose_behind
from bedrock_key_guard.respond.undo.containments import Claim, Containment, containments, named_by
from bedrock_key_guard.respond.undo.restoration import deleted, detached
from bedrock_key_guard.respond.undo.reversal import (
    Reversal,
    Shown,
    not_needed,
    refused,
    reverse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.ledger.entries import Ledger, LedgerEntry

_PURPOSE = Purpose("lift", "0" * 32)  # of no key: the last one has expired


def lift(
    entries: Sequence[LedgerEntry],
    access: AccountAccess,
    ledger: Ledger,
    now: datetime,
    *,
    search: bool,
    dry_run: bool,
) -> Iterator[tuple[str, Outcome]]:
    """Yield whom it is about and what became of every containment that the ledger or AWS knows.

    To `search` is to look at the policies of every user and role. Without CloudTrail others may be
    there, which is an outcome of the account. Raises whatever AWS's refusal to list them raises.
    """
    ours = [entry for entry in entries if entry.account == access.account]
    events = access.events.of_policies("Attach", "Detach", "Put", "Delete")
    if isinstance(events, TrailGap):
        yield f"account {access.account.account_id}", Outcome("lift", "refused", unread(events))
    known = () if isinstance(events, TrailGap) else events
    found = list(_searched(access.identities)) if search else []
    for containment in containments(ours, known, found, now):
        shown = Shown(events, access.guards)
        find = partial(_reversal, containment, access, shown, now)
        its = containment.entries
        yield containment.title, reverse("lift", find, _PURPOSE, its, ledger, dry_run=dry_run)


def _reversal(
    containment: Containment, access: AccountAccess, shown: Shown, now: datetime
) -> Reversal | Outcome:
    """Return how a containment is taken away, or why it may not or need not be."""
    kind, name, identities = containment.kind, containment.name, access.identities
    if now <= containment.until + CLOCK_TOLERANCE:
        return not_needed(f"not yet: a key that it is for lives until {moment(containment.until)}")
    if identities.find(kind, name) is None:
        return not_needed(f"IAM has no {kind} {name} any more")
    if containment.is_inline:
        return _of_inline(containment, identities, shown)
    way = detached(containment, identities, shown)
    if isinstance(way, Reversal) and not _is_quarantine(containment, shown):
        return refused("the guard did not attach it as a quarantine")
    return way


def _of_inline(
    containment: Containment, identities: Identities, shown: Shown
) -> Reversal | Outcome:
    kind, name, policy = containment.kind, containment.name, containment.policy
    if read_policy_name(policy) is None:
        return refused(f"{policy} is not named as the guard names its own")
    recorded = shown if shown.changes(policy, (kind, name)) else None
    return deleted(containment, identities, recorded)


def _is_quarantine(containment: Containment, shown: Shown) -> bool:
    """Return whether the guard's last change is one that ends: `restore` attaches policies too."""
    last = shown.changes(containment.policy, (containment.kind, containment.name))[-1]
    purpose = purpose_behind(last)
    return purpose is not None and purpose.until is not None


def _searched(identities: Identities) -> Iterator[Claim]:
    for kind in KINDS:
        for name in identities.names(kind):
            yield from named_by(kind, name, identities.inline(kind, name))
