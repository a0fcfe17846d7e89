"""Take away what denied somebody the use of keys, once the last of those keys has expired.

A quarantine is taken away only where CloudTrail shows that the guard was the last to attach it, as
a quarantine. An inline policy is the guard's own by its name, and has to do nothing but revoke
sessions. What the ledger says of either proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.aws.cloudtrail import KEPT
from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.iam.policy_documents import is_session_denial, read_policy_name
from bedrock_key_guard.model.response import Outcome
from bedrock_key_guard.model.usage import Gap
from bedrock_key_guard.respond.change_events import KINDS, policy_changes, unread
from bedrock_key_guard.respond.identities import IamIdentities
from bedrock_key_guard.respond.ledger.entries import Entry, Ledger, settle
from bedrock_key_guard.respond.purpose import Purpose, stated
from bedrock_key_guard.respond.undo.containments import containments, named_by
from bedrock_key_guard.respond.undo.reversal import not_shown
from bedrock_key_guard.verify.verdict import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.respond.change_events import PolicyEvent
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.undo.containments import Claim, Containment

    Events = Sequence[PolicyEvent] | Gap

_VERBS = ("Attach", "Detach", "Put", "Delete")


def lift(
    entries: Sequence[Entry],
    session: Session,
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
    identities = IamIdentities(session)
    ours = [entry for entry in entries if entry.account == session.account]
    events = policy_changes(_VERBS, now - KEPT, session)
    if isinstance(events, Gap):
        yield f"account {session.account.account_id}", Outcome("lift", "refused", unread(events))
    shown = () if isinstance(events, Gap) else events
    found = list(_searched(identities)) if search else []
    for containment in containments(ours, shown, found, now):
        outcome = _lifted(containment, identities, events, now, dry_run=dry_run)
        if outcome.state == "done":
            for entry in containment.entries:
                outcome = settle(outcome, ledger, entry, "lifted")
        yield containment.title, outcome


def _lifted(
    containment: Containment,
    identities: Identities,
    events: Events,
    now: datetime,
    *,
    dry_run: bool,
) -> Outcome:
    if now <= containment.until + CLOCK_TOLERANCE:
        until = f"{containment.until:%Y-%m-%d %H:%M} UTC"
        return Outcome("lift", "not-needed", f"not yet: a key that it is for lives until {until}")
    try:
        obstacle = _obstacle(containment, identities, events)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is known
        return Outcome("lift", "refused", f"AWS could not be asked ({refusal(error)})")
    if obstacle is not None:
        return obstacle
    if dry_run:
        return Outcome("lift", "dry-run", f"would take {containment.policy} away")
    take = identities.delete if containment.is_inline else identities.detach
    with stated(Purpose("lift", "0" * 32)):
        try:
            take(containment.kind, containment.holder, containment.policy)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return Outcome("lift", "failed", f"it was not taken away ({refusal(error)})")
    return Outcome(
        "lift", "done", f"{containment.policy} is gone: the last key under it has expired"
    )


def _obstacle(containment: Containment, identities: Identities, events: Events) -> Outcome | None:
    """Return why a containment may not be taken away, or need not be; None where it may."""
    kind, holder, policy = containment.kind, containment.holder, containment.policy
    if identities.find(kind, holder) is None:
        return Outcome("lift", "not-needed", f"IAM has no {kind} {holder} any more")
    if containment.is_inline:
        if read_policy_name(policy) is None:
            return Outcome("lift", "refused", f"{policy} is not named as the guard names its own")
        document = identities.inline_document(kind, holder, policy)
        if document is None:
            return Outcome("lift", "not-needed", f"{policy} is there no more")
        if not is_session_denial(document):
            return Outcome("lift", "refused", f"{policy} does more than revoke sessions")
        return None
    if policy not in identities.attached(kind, holder):
        return Outcome("lift", "not-needed", f"{policy} is not attached any more")
    if isinstance(events, Gap):
        return Outcome("lift", "refused", unread(events))
    its_own = [event for event in events if event.concerns(kind, holder, policy)]
    reason = not_shown("Attach", None, its_own) or _no_quarantine(its_own)
    return Outcome("lift", "refused", reason) if reason else None


def _no_quarantine(shown: Sequence[PolicyEvent]) -> str | None:
    """Return why the guard's last change is none that ends: `restore` attaches policies as well."""
    purpose = [event for event in shown if not event.failed][-1].purpose
    if purpose is None or purpose.until is None:
        return "the guard did not attach it as a quarantine"
    return None


def _searched(identities: Identities) -> Iterator[Claim]:
    for kind in KINDS:
        for name in identities.names(kind):
            yield from named_by(kind, name, identities.inline(kind, name))
