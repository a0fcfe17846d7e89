"""Lead a run through the house: scan, group, verify, plan, respond.

    bytes ─scan→ Finding ─group→ Incident ─verify→ Verdict ─plan→ Action ─respond→ Outcome

Rooms that talk to AWS are entered, and imported, only where a run asks for them.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model import Incident, Scan, incidents_of
from bedrock_key_guard.report.assemble import assemble
from bedrock_key_guard.scan.allowlist import AllowList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.aws.session import NoSession, Session
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.model import Outcome, Verdict
    from bedrock_key_guard.report.report import Report
    from bedrock_key_guard.respond.plan import Policy
    from bedrock_key_guard.respond.responder import Means
    from bedrock_key_guard.verify.bedrock import Prober
    from bedrock_key_guard.verify.evidence import Witnesses

    Respond = Callable[[Incident, Verdict], Outcome]

Source = Literal["tree", "index", "history", "range", "stdin"]
# Three for each of the keys that are judged at a time, so that none waits.
REQUESTS_AT_A_TIME = 240


@dataclass(frozen=True, slots=True)
class Scanning:
    """Say what to read, and what people need not see.

    `revisions` are those of a `range`; a history is searched `deep` on request alone.
    """

    paths: tuple[Path, ...] = (Path(),)
    source: Source = "tree"
    revisions: str | None = None
    deep: bool = False
    allow: AllowList = field(default_factory=AllowList)
    include_malformed: bool = False


@dataclass(frozen=True, slots=True)
class Verifying:
    """Say whose keys may be probed (empty: those of the account in use), and how many.

    `role` stands for the guard in the accounts that the credentials in use are not of.
    """

    allowed_account_ids: frozenset[str] = frozenset()
    max_probes: int = 200
    role: RoleToAssume | None = None


@dataclass(frozen=True, slots=True)
class Responding:
    """Say what a run may change, where it is remembered, and where a new key goes.

    Raises UsageError for a reset that has no store, before anything is touched.
    """

    policy: Policy
    ledger: Path
    reset_store: str | None = None

    def __post_init__(self) -> None:
        from bedrock_key_guard.respond.stores import parse_store

        if self.reset_store:
            parse_store(self.reset_store)
        elif self.policy.response == "reset":
            raise UsageError(
                "A reset makes a new key, and there is no store to keep it in.",
                remedy="Name one: `secretsmanager:NAME` or `ssm:NAME`.",
            )


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold what a run takes from the process; `mask` hears of every key before it is used.

    `clock` counts seconds.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    mask: Callable[[Secret], None] = lambda _secret: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def run(
    scanning: Scanning,
    verifying: Verifying | None = None,
    responding: Responding | None = None,
    around: Surroundings | None = None,
) -> Report:
    """Run as many stages as are asked for and return the report. Raises GuardError."""
    around = around or Surroundings()
    scan = read(scanning, around.environment)
    incidents = incidents_of(scan.findings)
    for incident in incidents:
        around.mask(incident.key.secret)
    verdicts: dict[str, Verdict] = {}
    outcomes: dict[str, Outcome] = {}
    if verifying is not None and incidents:
        with _witnesses(verifying, around) as (sessions, witnesses):
            means = _means(sessions.own, witnesses, responding, around) if responding else None
            respond = _responses(responding, means)
            verdicts, outcomes = _judge(incidents, witnesses, verifying.max_probes, respond)
    malformed = scanning.include_malformed
    return assemble(scan, incidents, verdicts, outcomes, include_malformed=malformed)


def read(scanning: Scanning, environment: Mapping[str, str]) -> Scan:
    """Scan the source that was asked for. Raises UsageError for one that is not there."""
    if scanning.source == "stdin":
        from bedrock_key_guard.scan.stream import scan_stream

        return scan_stream(sys.stdin.buffer, scanning.allow)
    if scanning.source == "index":
        from bedrock_key_guard.scan.index import scan_index
        from bedrock_key_guard.scan.repository import index_file

        return scan_index(scanning.paths[0], scanning.allow, index_file(environment))
    if scanning.source == "history":
        from bedrock_key_guard.scan.history import scan_history

        return scan_history(scanning.paths[0], scanning.allow, deep=scanning.deep)
    if scanning.source == "range":
        from bedrock_key_guard.scan.range import scan_range

        return scan_range(scanning.paths[0], scanning.revisions or "", scanning.allow)
    from bedrock_key_guard.scan.tree import scan_paths

    return scan_paths(scanning.paths, scanning.allow)


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


def _means(
    session: Session | NoSession, witnesses: Witnesses, responding: Responding, around: Surroundings
) -> Means | None:
    """Gather what a response needs, or None where there are no credentials for one."""
    from bedrock_key_guard.aws.session import NoSession
    from bedrock_key_guard.respond.ledger import Ledger
    from bedrock_key_guard.respond.recall import Recall
    from bedrock_key_guard.respond.responder import Means
    from bedrock_key_guard.respond.stores import open_store
    from bedrock_key_guard.respond.writes import IamWriter

    if isinstance(session, NoSession):
        return None
    store = responding.reset_store
    return Means(
        writer=IamWriter(session),
        witnesses=witnesses,
        ledger=Ledger(responding.ledger),
        store=open_store(store, session) if store else None,
        recall=Recall(session, witnesses.now()).earlier_response,
        actor=session.arn,
        clock=around.clock,
        mask=around.mask,
    )


def _responses(responding: Responding | None, means: Means | None) -> Respond | None:
    """Return what answers one verdict, or None where the run only verifies."""
    if responding is None:
        return None
    from bedrock_key_guard.respond.plan import plan
    from bedrock_key_guard.respond.responder import Responder

    policy = responding.policy
    responder = Responder(means, policy)

    def respond(incident: Incident, verdict: Verdict) -> Outcome:
        return responder.respond(incident, verdict, plan(incident, verdict, policy))

    return respond


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
