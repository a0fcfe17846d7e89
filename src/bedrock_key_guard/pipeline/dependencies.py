"""Wire the rooms that talk to AWS: open the sessions, and give each room those it needs.

Each is imported only here, and only where a run asks for it: the SDK takes longer than many a scan.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError, install_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.aws.server_dates import ServerDates
    from bedrock_key_guard.aws.session import NoSession, Session
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.investigate.investigator import Investigator
    from bedrock_key_guard.model.actions import Outcome
    from bedrock_key_guard.model.evidence import Verdict
    from bedrock_key_guard.model.findings import Incident
    from bedrock_key_guard.model.remembered import Standing
    from bedrock_key_guard.pipeline.options import (
        Investigating,
        Responding,
        Surroundings,
        Verifying,
    )
    from bedrock_key_guard.respond.consent import Consent
    from bedrock_key_guard.verify.bedrock import Prober
    from bedrock_key_guard.verify.schedule import Steps
    from bedrock_key_guard.verify.witnesses import Witnesses

    Respond = Callable[[Incident, Verdict], Steps[Outcome]]

# Both planes and IAM, side by side.
_REQUESTS_OF_A_KEY = 3


@contextmanager
def open_witnesses(
    verifying: Verifying, around: Surroundings
) -> Iterator[tuple[Sessions, Witnesses]]:
    """Open the sessions with AWS, and everything that can be asked about a key."""
    session, prober, dates = _open_aws(around)
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.verify.accounts import Accounts
    from bedrock_key_guard.verify.iam_directory import Directories
    from bedrock_key_guard.verify.verifier import KEYS_AT_A_TIME
    from bedrock_key_guard.verify.witnesses import Witnesses

    sessions = Sessions(session, verifying.role)
    with ThreadPoolExecutor(_REQUESTS_OF_A_KEY * KEYS_AT_A_TIME) as executor:
        witnesses = Witnesses(
            prober=prober,
            directory_of=Directories(sessions).of,
            partition=sessions.partition,
            accounts=Accounts(verifying.allowed_account_ids, session),
            dates=dates,
            clock=around.clock,
            executor=executor,
            arrived_at=dates.now() if verifying.of_event else None,
        )
        yield sessions, witnesses


def _open_aws(around: Surroundings) -> tuple[Session | NoSession, Prober, ServerDates]:
    try:
        from bedrock_key_guard.aws.rate_limit import RateLimiter
        from bedrock_key_guard.aws.server_dates import ServerDates
        from bedrock_key_guard.aws.session import open_session
        from bedrock_key_guard.verify.bedrock import HttpsProber

        limiter = RateLimiter(around.clock, around.sleep)
        given = around.session
        dates = given.dates if given else ServerDates()
        prober = HttpsProber(around.environment, around.sleep, dates=dates)
        return given or open_session(around.environment, limiter, dates), prober, dates
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed, so no key can be verified.",
            remedy=f"Install it with `{install_with('cli')}`.",
        ) from None


def standings(verifying: Verifying, around: Surroundings) -> Callable[[str, str], Standing | None]:
    """Return what asks IAM for the status of a credential, by its account and id.

    None is no answer: the account may not be asked, or IAM did not say. AWS is spoken to only when
    something is asked.
    """
    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.verify.accounts import Accounts
    from bedrock_key_guard.verify.iam_directory import Directories

    @cache
    def opened() -> tuple[Accounts, Directories]:
        session, _, _ = _open_aws(around)
        accounts = Accounts(verifying.allowed_account_ids, session)
        return accounts, Directories(Sessions(session, verifying.role))

    def ask(account_id: str, credential_id: str) -> Standing | None:
        accounts, directories = opened()
        directory = directories.of(account_id) if accounts.permits(account_id) else None
        if directory is None or isinstance(directory, NoSession):
            return None
        try:
            record = directory.by_id(credential_id)
        except Exception:  # noqa: BLE001  # whatever failed, IAM did not say
            return None
        return record.status if record else "gone"

    return ask


def response(
    responding: Responding,
    sessions: Sessions,
    witnesses: Witnesses,
    around: Surroundings,
    consent: Consent,
) -> Respond:
    """Return what plans the action for a verdict, and takes it in the account of the key."""
    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.respond.ledger.entries import Ledger
    from bedrock_key_guard.respond.open_accounts import OpenAccounts
    from bedrock_key_guard.respond.plan import plan
    from bedrock_key_guard.respond.responder import Dependencies, Responder
    from bedrock_key_guard.respond.secret_stores import Stores

    store, own, policy = responding.reset_store, sessions.own, responding.policy
    stores = Stores(store, own).of if store and not isinstance(own, NoSession) else None
    accesses = OpenAccounts(sessions, witnesses.now, stores, around.mask)
    dependencies = Dependencies(accesses.of, witnesses, Ledger(responding.ledger))
    responder = Responder(dependencies, policy, consent)

    def respond(incident: Incident, verdict: Verdict) -> Steps[Outcome]:
        return responder.respond(verdict, plan(incident, verdict, policy))

    return respond


def investigator(
    investigating: Investigating, sessions: Sessions, witnesses: Witnesses
) -> Investigator:
    """Return who looks up in CloudTrail who used a key."""
    from bedrock_key_guard.investigate.investigator import Investigator

    may_ask, now = witnesses.accounts.allowed_for, witnesses.now
    since, most_events = investigating.since, investigating.max_events
    return Investigator(sessions.of, may_ask, now, since, most_events)
