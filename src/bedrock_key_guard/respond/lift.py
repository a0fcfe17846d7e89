"""Take away what denied somebody the use of keys, once the last of those keys has expired.

A quarantine is taken away only where CloudTrail shows that the guard was the last to attach it. An
inline policy is the guard's own by its name, and has to do nothing but revoke sessions.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model import Outcome
from bedrock_key_guard.respond.documents import is_session_denial
from bedrock_key_guard.respond.identities import IamIdentities
from bedrock_key_guard.respond.ledger import Entry, Ledger, settle
from bedrock_key_guard.respond.purpose import Purpose, stated
from bedrock_key_guard.respond.restraints import named_by, restraints
from bedrock_key_guard.respond.trail import KINDS, policy_changes
from bedrock_key_guard.respond.way_back import not_shown
from bedrock_key_guard.verify.verdict import CLOCK_TOLERANCE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.respond.identities import Identities
    from bedrock_key_guard.respond.restraints import Restraint
    from bedrock_key_guard.respond.trail import PolicyEvent

_KEPT_BY_CLOUDTRAIL = timedelta(days=90)
_VERBS = ("Attach", "Detach", "Put", "Delete")


def lift(
    entries: Sequence[Entry],
    session: Session,
    ledger: Ledger,
    now: datetime,
    *,
    search: bool,
    dry_run: bool,
) -> Iterator[tuple[Restraint, Outcome]]:
    """Yield what became of every restraint that the ledger, CloudTrail or IAM knows.

    To `search` is to look at the policies of every user and role. Raises whatever AWS's refusal to
    list them raises.
    """
    identities = IamIdentities(session)
    ours = [entry for entry in entries if entry.account == session.account]
    events, silence = _events(session, now)
    found = list(_searched(identities)) if search else []
    for restraint in restraints(ours, events, found):
        outcome = _lifted(restraint, identities, events, now, dry_run=dry_run)
        if silence and outcome.state == "refused":
            outcome = Outcome("lift", "refused", f"{outcome.reason}; {silence}")
        if outcome.state == "done":
            for entry in restraint.entries:
                outcome = settle(outcome, ledger, entry, "lifted")
        yield restraint, outcome


def _lifted(
    restraint: Restraint,
    identities: Identities,
    events: Sequence[PolicyEvent],
    now: datetime,
    *,
    dry_run: bool,
) -> Outcome:
    if now <= restraint.until + CLOCK_TOLERANCE:
        until = f"{restraint.until:%Y-%m-%d %H:%M} UTC"
        return Outcome("lift", "not-needed", f"not yet: a key that it is for lives until {until}")
    try:
        obstacle = _obstacle(restraint, identities, events)
    except Exception as error:  # noqa: BLE001  # whatever failed, nothing is known
        return Outcome("lift", "refused", f"AWS could not be asked ({refusal(error)})")
    if obstacle is not None:
        return obstacle
    if dry_run:
        return Outcome("lift", "dry-run", f"would take {restraint.policy} away")
    take = identities.delete if restraint.is_inline else identities.detach
    with stated(Purpose("lift", "0" * 32)):
        try:
            take(restraint.kind, restraint.holder, restraint.policy)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return Outcome("lift", "failed", f"it was not taken away ({refusal(error)})")
    return Outcome("lift", "done", f"{restraint.policy} is gone: the last key under it has expired")


def _obstacle(
    restraint: Restraint, identities: Identities, events: Sequence[PolicyEvent]
) -> Outcome | None:
    """Return why a restraint may not be taken away, or need not be; None where it may."""
    kind, holder, policy = restraint.kind, restraint.holder, restraint.policy
    if identities.find(kind, holder) is None:
        return Outcome("lift", "not-needed", f"IAM has no {kind} {holder} any more")
    if restraint.is_inline:
        document = identities.inline_document(kind, holder, policy)
        if document is None:
            return Outcome("lift", "not-needed", f"{policy} is there no more")
        if not is_session_denial(document):
            return Outcome("lift", "refused", f"{policy} does more than revoke sessions")
        return None
    if policy not in identities.attached(kind, holder):
        return Outcome("lift", "not-needed", f"{policy} is not attached any more")
    its_own = [event for event in events if event.concerns(kind, holder, policy)]
    reason = not_shown("Attach", None, its_own)
    return Outcome("lift", "refused", reason) if reason else None


def _events(session: Session, now: datetime) -> tuple[list[PolicyEvent], str | None]:
    """Return what CloudTrail knows of 90 days, or why it would not say."""
    try:
        return policy_changes(_VERBS, now - _KEPT_BY_CLOUDTRAIL, session), None
    except Exception as error:  # noqa: BLE001  # inline policies can be lifted without it
        return [], f"CloudTrail would not say ({refusal(error)})"


def _searched(identities: Identities) -> Iterator[Restraint]:
    for kind in KINDS:
        for name in identities.names(kind):
            yield from named_by(kind, name, identities.inline(kind, name))
