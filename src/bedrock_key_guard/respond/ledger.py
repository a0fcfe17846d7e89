"""Remember every change, before and after it is made: one JSON object a line, never a secret.

The ledger is what `restore` starts from. It proves nothing by itself: whoever can write a file can
write a ledger, so `restore` asks IAM and CloudTrail as well.
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal, get_args

from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

    from bedrock_key_guard.model import Outcome

SCHEMA_VERSION = 1
Phase = Literal["intent", "done", "failed", "restored"]
_BEGINNING = '{"account_id": "'  # of every line: the names are sorted


@dataclass(frozen=True, slots=True)
class Entry:
    """Record one phase of one change to one credential; `change` joins the phases."""

    change: str
    phase: Phase
    time: str
    action: str
    actor: str
    account_id: str
    partition: str
    user_name: str
    credential_id: str
    alias: str
    fingerprint: str
    status_before: str
    status_after: str
    schema_version: int = SCHEMA_VERSION

    def at(self, phase: Phase, now: datetime) -> Entry:
        """Return the entry of a later phase of the same change."""
        return replace(self, phase=phase, time=_timestamp(now))


class Ledger:
    """Append entries to a file that only its owner may read, each one on disk before we go on."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        """Use the file at `path`, made when first written."""
        self.path = path
        self._now = now

    def open_change(self, **what: str) -> Entry:
        """Write that a change is about to be made. Raises OSError where the disk refuses."""
        change, time = uuid.uuid4().hex[:12], _timestamp(self._now())
        entry = Entry(change, "intent", time, **what)  # type: ignore[arg-type]  # all are text
        self._append(entry)
        return entry

    def close_change(self, entry: Entry, phase: Phase) -> None:
        """Write what became of a change. Raises OSError where the disk refuses."""
        self._append(entry.at(phase, self._now()))

    def _append(self, entry: Entry) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = json.dumps(asdict(entry), sort_keys=True).encode() + b"\n"
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            file.write(line if _ends_a_line(file) else b"\n" + line)
            file.flush()
            os.fsync(descriptor)


def settle(outcome: Outcome, ledger: Ledger, entry: Entry, phase: Phase) -> Outcome:
    """Write what became of a change; a ledger that fails now makes no difference to that."""
    try:
        ledger.close_change(entry, phase)
    except OSError as error:
        return replace(outcome, reason=f"{outcome.reason} (the ledger: {error.strerror})")
    return outcome


def read_ledger(path: Path) -> list[Entry]:
    """Read the latest entry of each change, in the order in which the changes were made.

    A line that a kill cut short is left out. Raises UsageError for a file that cannot be read or is
    no ledger.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        entries = [_entry(line) for line in lines if line and not _is_cut_short(line)]
    except OSError as error:
        raise _broken(path, error.strerror or "it cannot be read") from None
    except (ValueError, TypeError, RecursionError):
        raise _broken(path, "it holds a line that is no entry of a ledger") from None
    return list({entry.change: entry for entry in entries}.values())


def _ends_a_line(file: BinaryIO) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return True
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _is_cut_short(line: str) -> bool:
    return not line.endswith("}") and (line.startswith(_BEGINNING) or _BEGINNING.startswith(line))


def _entry(line: str) -> Entry:
    document = json.loads(line)
    if set(document) != {field.name for field in fields(Entry)}:
        raise ValueError(line)
    if document["schema_version"] != SCHEMA_VERSION:
        raise ValueError(line)
    if any(not isinstance(v, str) for k, v in document.items() if k != "schema_version"):
        raise ValueError(line)
    if document["phase"] not in get_args(Phase):
        raise ValueError(line)
    datetime.fromisoformat(document["time"])
    return Entry(**document)


def _timestamp(now: datetime) -> str:
    return now.astimezone(timezone.utc).isoformat(timespec="seconds")


def _broken(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The ledger {str(path)!r} cannot be used: {why}.",
        remedy="Name the ledger that the run wrote with --ledger FILE.",
    )
