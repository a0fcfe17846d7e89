"""Keep what a drill has on this disk: what is written down of it, and a private folder for its key.

The folder is no repository and lies in none, so nothing of it is ever pushed. Only files that a
drill makes are removed, by their names.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bedrock_key_guard.doctor.drill.traces import as_record, read_record
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.git.repository import find_repository

if TYPE_CHECKING:
    from pathlib import Path

    from bedrock_key_guard.doctor.drill.traces import Traces
    from bedrock_key_guard.keys.key import Secret

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


@dataclass(frozen=True, slots=True)
class Disk:
    """Write and remove what a drill has here; `state` is the folder of what is written down."""

    state: Path

    def write_down(self, traces: Traces) -> None:
        """Write what a drill makes, to the disk itself, before it is made."""
        self.state.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        new = self.state / f"{traces.id}.new"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.dumps(as_record(traces)).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.record_of(traces))

    def drills(self) -> tuple[list[Traces], list[Path]]:
        """Return the drills that have left something, and the files that say nothing of any."""
        found = {file: _read(file) for file in sorted(self.state.glob("*.json"))}
        known = [traces for traces in found.values() if traces is not None]
        return known, [file for file, traces in found.items() if traces is None]

    def make_folder(self, traces: Traces) -> None:
        """Make the private folder. Raises UsageError where it would lie in a repository."""
        around = find_repository(traces.folder.parent.resolve())
        if around is not None:
            raise UsageError(
                f"{str(traces.folder.parent)!r} lies in the repository {str(around.work_tree)!r}, "
                "and a key of a drill is kept in none.",
                remedy="Set TMPDIR to a folder outside of every repository.",
            )
        traces.folder.mkdir(mode=_PRIVATE_FOLDER)
        leak_of(traces).parent.mkdir(mode=_PRIVATE_FOLDER)

    def write_key(self, traces: Traces, secret: Secret) -> None:
        """Write the key into the folder, for nobody else to read."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(leak_of(traces), flags, _PRIVATE_FILE), "wb") as file:
            file.write(f"AWS_BEARER_TOKEN_BEDROCK={secret.unseal()}\n".encode())

    def remove_key(self, traces: Traces) -> None:
        """Remove the key, if it is there."""
        leak_of(traces).unlink(missing_ok=True)

    def remove_folder(self, traces: Traces) -> None:
        """Remove the folder, if it is there. Raises OSError where somebody put a file into it."""
        ledger_of(traces).unlink(missing_ok=True)
        for folder in (leak_of(traces).parent, traces.folder):
            if os.path.lexists(folder):
                folder.rmdir()

    def forget(self, traces: Traces) -> None:
        """Remove what was written down, once nothing else is left."""
        (self.state / f"{traces.id}.new").unlink(missing_ok=True)
        self.record_of(traces).unlink(missing_ok=True)

    def record_of(self, traces: Traces) -> Path:
        """Return the file that a drill is written down in."""
        return self.state / f"{traces.id}.json"


def _read(file: Path) -> Traces | None:
    try:
        return read_record(json.loads(file.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def leak_of(traces: Traces) -> Path:
    """Return the file that the key is put into."""
    return traces.folder / "leaked" / "drill.env"


def ledger_of(traces: Traces) -> Path:
    """Return the file in which the loop remembers its change."""
    return traces.folder / "ledger.jsonl"
