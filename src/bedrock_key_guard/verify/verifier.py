"""Reach a verdict on every incident, side by side, within the bounds of one run."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import TYPE_CHECKING

from bedrock_key_guard.keys.key import MalformedKey
from bedrock_key_guard.verify.evidence import may_be_probed, offline_evidence, with_answers
from bedrock_key_guard.verify.verdict import verdict_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future

    from bedrock_key_guard.keys.key import WholeKey
    from bedrock_key_guard.model import Incident, Verdict
    from bedrock_key_guard.verify.evidence import Witnesses

    Work = Callable[[Incident, WholeKey], None]

ACCOUNTS_AT_A_TIME = 10
# Of one account: IAM throttles each account by itself.
INCIDENTS_AT_A_TIME = 8
KEYS_AT_A_TIME = ACCOUNTS_AT_A_TIME * INCIDENTS_AT_A_TIME


class Verifier:
    """Judge keys from any thread, and use no more of them than a run may."""

    def __init__(self, witnesses: Witnesses, *, max_probes: int) -> None:
        """Ask `witnesses` about at most `max_probes` keys."""
        self._witnesses = witnesses
        self._probes = threading.Semaphore(max_probes)
        self._note = f"not asked: the run may probe {max_probes} keys (--max-probes)"

    def judge(self, key: WholeKey) -> Verdict:
        """Return the verdict; a key beyond the bound is `unverified`, and says why."""
        evidence = offline_evidence(key, self._witnesses)
        if not may_be_probed(evidence):
            return verdict_from(evidence)
        if not self._probes.acquire(blocking=False):
            return verdict_from(replace(evidence, notes=(self._note,)))
        return verdict_from(with_answers(evidence, self._witnesses))


def for_each_key(incidents: Iterable[Incident], work: Work) -> None:
    """Do `work` for every whole key: ten accounts at a time, and eight keys of each.

    A slow key holds up no other of its account. What `work` raises ends the run; then, and where a
    person stops it, what has not begun never does.
    """
    stopped = threading.Event()

    def do(incident: Incident, key: WholeKey) -> None:
        if stopped.is_set():
            return
        try:
            work(incident, key)
        except BaseException:
            stopped.set()
            raise

    def do_account(keys: list[tuple[Incident, WholeKey]]) -> None:
        with ThreadPoolExecutor(INCIDENTS_AT_A_TIME) as pool:
            _wait(pool.submit(do, incident, key) for incident, key in keys)

    with ThreadPoolExecutor(ACCOUNTS_AT_A_TIME) as pool:
        try:
            _wait(pool.submit(do_account, keys) for keys in _by_account(incidents))
        except BaseException:
            stopped.set()
            raise


def _wait(futures: Iterable[Future[None]]) -> None:
    """Wait for all, and raise at once what one of them raised."""
    for future in as_completed([*futures]):
        future.result()


def _by_account(incidents: Iterable[Incident]) -> list[list[tuple[Incident, WholeKey]]]:
    """Group whole keys by the account that they name, in the order of the incidents."""
    accounts: dict[str | None, list[tuple[Incident, WholeKey]]] = {}
    for incident in incidents:
        if not isinstance(incident.key, MalformedKey):
            accounts.setdefault(incident.key.account_id, []).append((incident, incident.key))
    return [*accounts.values()]
