"""Say what a run is asked to do: what it reads, whom it may ask, and what it may change."""

from __future__ import annotations

import os
import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.scan.inputs import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime
    from pathlib import Path

    from bedrock_key_guard.aws.roles import RoleToAssume
    from bedrock_key_guard.keys.secret import Secret
    from bedrock_key_guard.respond.plan import Policy


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
class Investigating:
    """Say from when CloudTrail is asked (None: from the leak), and how many events are read."""

    since: datetime | None = None
    max_events: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Hold what a run takes from the process; `mask` hears of every key before it is used.

    `clock` counts seconds; `watch` lends, while it scans, what hears how far that has come.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    mask: Callable[[Secret], None] = lambda _secret: None
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    watch: Callable[[], AbstractContextManager[Progress]] = lambda: nullcontext(silent)
