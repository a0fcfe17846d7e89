"""Lead a run through the house: scan, group, verify, plan, respond.

    bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict ─plan→ Action ─respond→ Outcome

Rooms that talk to AWS are entered, and imported, only where a run asks for them.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Incident, Scan, incidents_of, joined
from bedrock_key_guard.report.assemble import assemble
from bedrock_key_guard.request import (
    Investigating,
    Responding,
    Scanning,
    Source,
    Surroundings,
    Verifying,
)
from bedrock_key_guard.scan.interruption import terminable
from bedrock_key_guard.scan.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bedrock_key_guard.aws.session import NoSession, Session
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.investigate.investigator import Investigator
    from bedrock_key_guard.investigate.usage import Usage
    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import Outcome, Verdict
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.verify.bedrock import Prober
    from bedrock_key_guard.verify.evidence import Witnesses

    Respond = Callable[[Incident, Verdict], Outcome]

__all__ = [
    "Investigating",
    "Responding",
    "Scanning",
    "Source",
    "Surroundings",
    "Verifying",
    "read",
    "run",
]

# Three for each of the keys that are judged at a time, so that none waits.
REQUESTS_AT_A_TIME = 240


def run(
    scanning: Scanning,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
    investigating: Investigating | None = None,
) -> Report:
    """Run as many stages as are asked for and return the report. Raises GuardError."""
    around = around or Surroundings()
    with terminable(), around.watch() as progress:
        scan = read(scanning, around.environment, progress)
    incidents = incidents_of(scan.findings)
    for incident in incidents:
        around.mask(incident.key.secret)
    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}
    usages: dict[str, Usage] = {}
    if verifying is not None and incidents and not scan.interrupted:
        with _witnesses(verifying, around) as (sessions, witnesses):
            respond = _responses(sessions, witnesses, responding, around)
            verdicts, outcomes = _judge(incidents, witnesses, verifying.max_probes, respond)
            if investigating is not None:
                investigator = _investigator(sessions, witnesses, investigating, around)
                usages = investigator.usages(incidents, verdicts, outcomes)
    malformed = scanning.include_malformed
    return assemble(scan, incidents, verdicts, outcomes, usages, include_malformed=malformed)


def read(scanning: Scanning, environment: Mapping[str, str], progress: Progress = silent) -> Scan:
    """Scan what was asked for. Raises UsageError for what is not there."""
    scan = _read_source(scanning, environment, progress)
    if not scanning.with_tree or scan.interrupted:
        return scan
    return joined(scan, _read_source(replace(scanning, source="tree"), environment, progress))


def _read_source(scanning: Scanning, environment: Mapping[str, str], progress: Progress) -> Scan:
    if scanning.source == "stdin":
        from bedrock_key_guard.scan.stream import scan_stream

        return scan_stream(sys.stdin.buffer, scanning.allow)
    if scanning.source == "index":
        from bedrock_key_guard.scan.index import scan_index
        from bedrock_key_guard.scan.repository import index_file

        return scan_index(scanning.paths[0], scanning.allow, index_file(environment))
    if scanning.source == "history":
        from bedrock_key_guard.scan.history import scan_history

        return scan_history(
            scanning.paths[0],
            scanning.allow,
            deep=scanning.deep,
            since_last=scanning.since_last,
            progress=progress,
        )
    if scanning.source == "range":
        from bedrock_key_guard.scan.range import scan_range

        return scan_range(scanning.paths[0], scanning.revisions or "", scanning.allow, progress)
    from bedrock_key_guard.scan.tree import scan_paths

    return scan_paths(scanning.paths, scanning.allow, progress)


@contextmanager
def _witnesses(verifying: Verifying, around: Surroundings) -> Iterator[tuple[Sessions, Witnesses]]:
    """Open the session with AWS and everything that can be asked about a key."""
    session, prober = _open_aws(around)
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.verify.accounts import Accounts
    from bedrock_key_guard.verify.evidence import Witnesses
    from bedrock_key_guard.verify.iam import Directories

    sessions = Sessions(session, verifying.role)
    with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as executor:
        yield (
            sessions,
            Witnesses(
                prober=prober,
                directory_of=Directories(sessions).of,
                partition=sessions.partition,
                accounts=Accounts(verifying.allowed_account_ids, session),
                now=lambda: datetime.now(timezone.utc),
                sleep=around.sleep,
                executor=executor,
            ),
        )


def _open_aws(around: Surroundings) -> tuple[Session | NoSession, Prober]:
    try:
        from bedrock_key_guard.aws.session import open_session
        from bedrock_key_guard.verify.bedrock import HttpsProber

        return open_session(around.environment), HttpsProber(around.environment, around.sleep)
    except ImportError as error:
        raise UsageError(
            f"{error.name} is not installed, so no key can be verified.",
            remedy="Install it with `pip install 'bedrock-key-guard[cli]'`.",
        ) from None


def _responses(
    sessions: Sessions,
    witnesses: Witnesses,
    responding: Responding | None,
    around: Surroundings,
) -> Respond | None:
    """Return what answers one verdict, or None where the run only verifies."""
    if responding is None:
        return None
    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.respond.hands import Reach
    from bedrock_key_guard.respond.ledger import Ledger
    from bedrock_key_guard.respond.plan import plan
    from bedrock_key_guard.respond.responder import Means, Responder
    from bedrock_key_guard.respond.stores import Stores

    policy, store, own = responding.policy, responding.reset_store, sessions.own
    stores = Stores(store, own).of if store and not isinstance(own, NoSession) else None
    reach = Reach(sessions.of, witnesses.now, stores, around.mask)
    means = Means(reach.of, witnesses, Ledger(responding.ledger), around.clock)
    responder = Responder(means, policy)

    def respond(incident: Incident, verdict: Verdict) -> Outcome:
        return responder.respond(incident, verdict, plan(incident, verdict, policy))

    return respond


def _investigator(
    sessions: Sessions, witnesses: Witnesses, investigating: Investigating, around: Surroundings
) -> Investigator:
    from bedrock_key_guard.investigate.investigator import Investigator, Means

    standing_of = witnesses.accounts.standing_of
    means = Means(sessions, standing_of, around.clock, around.sleep, witnesses.now)
    return Investigator(means, investigating.since, investigating.max_events)


def _judge(
    incidents: tuple[Incident, ...],
    witnesses: Witnesses,
    max_probes: int,
    respond: Respond | None,
) -> tuple[dict[str, Verdict], dict[str, Outcome]]:
    """Verify every incident, and answer each verdict the moment it is reached."""
    from bedrock_key_guard.verify.verifier import Verifier, for_each_key

    verifier = Verifier(witnesses, max_probes=max_probes)
    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}

    def settle(incident: Incident, key: WholeKey) -> None:
        verdict = verdicts[incident.fingerprint] = verifier.judge(key)
        if respond is not None:
            outcomes[incident.fingerprint] = respond(incident, verdict)

    for_each_key(incidents, settle)
    return verdicts, outcomes
