"""Say what a run is asked to do: what it reads, whom it may ask, and what it may change."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan.source import Progress, silent
from bedrock_key_guard.system import own_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.keys.key import Secret
    from bedrock_key_guard.model.actions import Proposal
    from bedrock_key_guard.respond.policy import Policy


@dataclass(frozen=True, slots=True)
class Verifying:
    """Say whose keys may be probed (empty: those of the account in use), and how many.

    `role` stands for the guard in the accounts that the credentials in use are not of. `of_event`
    tells that an event has just brought what is read: a key in it may be seconds old.
    """

    allowed_account_ids: frozenset[str] = frozenset()
    max_probes: int = 200
    role: RoleToAssume | None = None
    of_event: bool = False


def account_ids(text: str) -> frozenset[str]:
    """Read account ids of 12 digits, separated by commas or white space, or `organization`.

    Raises UsageError for anything else.
    """
    from bedrock_key_guard.aws.roles import ORGANIZATION

    ids = frozenset(text.replace(",", " ").split())
    for each in ids - {ORGANIZATION}:
        if len(each) != 12 or not each.isascii() or not each.isdigit():
            raise UsageError(
                f"`allowed-account-ids` holds {each!r}, which is not an account id of 12 digits.",
                remedy="Give account ids of 12 digits, separated by commas.",
            )
    return ids


@dataclass(frozen=True, slots=True)
class Responding:
    """Say what a run may change, where it is remembered, and where a new key goes.

    Raises UsageError for a reset that has no store, before anything is touched.
    """

    policy: Policy
    ledger: Path
    reset_store: str | None = None

    def __post_init__(self) -> None:
        from bedrock_key_guard.respond.secret_stores import parse_store

        if self.reset_store:
            parse_store(self.reset_store)
        elif self.policy.response == "reset":
            raise UsageError(
                "A reset makes a new key, and there is no store to keep it in.",
                remedy="Name one: `secretsmanager:NAME` or `ssm:NAME`.",
            )


def default_ledger() -> Path:
    """Return where the ledger is kept unless somebody says otherwise: never in the scanned tree.

    Raises UsageError for a user who has no home, as in some containers.
    """
    folder = own_folder("state", os.environ, ", or name a file with --ledger FILE")
    return folder / "bedrock-key-guard" / "ledger.jsonl"


@dataclass(frozen=True, slots=True)
class Investigating:
    """Say from when CloudTrail is asked (None: from the leak), and how many events are read."""

    since: datetime | None = None
    max_events: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold what a run takes from the process; `mask` gets every key before it is used.

    `provide` makes importable what talks to AWS, and raises GuardError where it cannot; it is asked
    once a key is found. `unpack_by` does so for modules that something unopened wants, and returns
    False where nobody is to install any. `clock` counts seconds; `watch` opens what shows the
    scan's progress. `session` is the one to act by, None for that of the credentials in use. `ask`
    shows a person what would be changed and returns whether that may be; None asks nobody.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    mask: Callable[[Secret], None] = lambda _secret: None
    provide: Callable[[], None] = lambda: None
    unpack_by: Callable[[Sequence[str]], bool] = lambda _modules: False
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    watch: Callable[[], AbstractContextManager[Progress]] = lambda: nullcontext(silent)
    session: Session | None = None
    ask: Callable[[Sequence[Proposal]], bool] | None = None
