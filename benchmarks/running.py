"""Run one contender: how long it took, what it wrote, how much memory its processes held."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SAMPLE_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Job:
    """Say what to start, where, with which environment and which file as standard input.

    The output of a silent one goes to the null device.
    """

    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    stdin: Path = Path(os.devnull)
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold a peak of anonymous memory in bytes: of all processes, and of all but Git's."""

    all: int = 0
    own: int = 0

    def peak(self, other: Memory) -> Memory:
        """Return the greater of each."""
        return Memory(max(self.all, other.all), max(self.own, other.own))


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what one run gave; `exit_code` is None where it was stopped at the limit.

    `processor` is what all its processes used of the processors, in seconds.
    """

    seconds: float
    exit_code: int | None
    output: str
    said: str
    memory: Memory | None = None
    processor: float = 0.0


def run(job: Job, limit: float, *, watch: bool = False) -> Run:
    """Run a job to its end, or for `limit` seconds; with `watch` sample its memory meanwhile.

    A run that is watched is slowed a little by it, so its time does not count.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
        used, begin = _used_by_children(), time.perf_counter()
        process = _start(job, output, said)
        memory = _watched(process, begin + limit) if watch else None
        exit_code = _ended(process, begin + limit - time.perf_counter())
        seconds, used = time.perf_counter() - begin, _used_by_children() - used
        return Run(seconds, exit_code, _text(output), _text(said), memory, used)


def _used_by_children() -> float:
    """Add up the processor time of all children that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _start(job: Job, output: IO[bytes], said: IO[bytes]) -> subprocess.Popen[bytes]:
    with job.stdin.open("rb") as stdin:
        return subprocess.Popen(
            job.command,
            cwd=job.folder,
            env=dict(job.environment),
            stdin=stdin,
            stdout=subprocess.DEVNULL if job.is_silent else output,
            stderr=said,
            start_new_session=True,
        )


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _ended(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    """Wait with a timer beside it: waiting with a timeout sleeps between looks, up to 50 ms."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(seconds, stop)
    timer.start()
    try:
        exit_code = process.wait()
    finally:
        timer.cancel()
    return None if late.is_set() else exit_code


def _watched(process: subprocess.Popen[bytes], deadline: float) -> Memory | None:
    """Sample until the job ends; None where the system has no `smaps_rollup`."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    peak = Memory()
    while process.poll() is None and time.perf_counter() < deadline:
        peak = peak.peak(_held_by(process.pid))
        time.sleep(_SAMPLE_SECONDS)
    return peak


def _held_by(first: int) -> Memory:
    """Add up what a process and its descendants hold now (proc(5), "smaps_rollup")."""
    everything = own = 0
    for process in _family_of(first):
        try:
            held = anonymous((process / "smaps_rollup").read_text())
            is_git = (process / "comm").read_text().startswith("git\n")
        except OSError:
            continue  # it has just ended
        everything += held
        own += 0 if is_git else held
    return Memory(everything, own)


def _family_of(first: int) -> list[Path]:
    """Return a process and its descendants, whatever session they are in."""
    children: dict[int, list[Path]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            stat = (process / "stat").read_text()
        except OSError:
            continue
        # The name, in parentheses, may hold blanks; the parent is the second word after it.
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(process)
    family = [Path(f"/proc/{first}")]
    for process in family:
        family += children.get(int(process.name), ())
    return family


def anonymous(rollup: str) -> int:
    """Return the anonymous bytes that a `smaps_rollup` tells of."""
    for line in rollup.splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1]) << 10
    return 0
