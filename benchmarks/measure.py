"""Run all contenders in turn, again and again, so that a busy minute hurts each of them alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from benchmarks.planting import missing_from
from benchmarks.running import run
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.contenders import Contender
    from benchmarks.running import Run

# Who needs longer than this for its first run is timed less often.
_SLOW_SECONDS = 60.0
_SLOW_REPEATS = 2
COMPLETE = "complete"


def measure(
    contenders: Sequence[Contender], repeats: int, limit: float, tell: Callable[[str], None]
) -> list[Row]:
    """Prove what each contender reads, then time them all `repeats` times, each in every round."""
    rows = {each.name: _proved(each, limit, tell) for each in contenders}
    left = {name: _repeats(row, repeats) for name, row in rows.items()}
    for row in rows.values():
        rows[row.name] = replace(row, seconds=())
    for number in range(repeats):
        for each in contenders:
            if number < left[each.name]:
                done = _once(each, limit, timed=True)
                tell(f"{each.name}: {done.seconds:.3f} s")
                rows[each.name] = _with(rows[each.name], done, limit)
    return list(rows.values())


def _proved(contender: Contender, limit: float, tell: Callable[[str], None]) -> Row:
    """Run a contender once while its memory is watched; its caches are warm from then on."""
    row = Row(
        contender.name,
        "not installed",
        is_floor=contender.is_floor,
        is_ours=contender.is_ours,
        is_peer=contender.is_peer,
    )
    if contender.job is None:
        return row
    first = _once(contender, limit, timed=False)
    state = state_of(first, contender.plants, limit)
    tell(f"{contender.name}: {state} ({first.seconds:.1f} s)")
    return replace(row, state=state, seconds=(first.seconds,), memory=first.memory)


def state_of(done: Run, plants: Sequence[str], limit: float) -> str:
    """Say how much of the work was done; a scanner's exit code says many things, its report one."""
    if done.exit_code is None:
        return f"stopped after {limit:.0f} s"
    missing = missing_from(done.output + done.said, plants)
    if not missing and (plants or done.exit_code == 0):
        return COMPLETE
    if len(missing) < len(plants) or done.exit_code == 0:
        return f"incomplete: {len(plants) - len(missing)} of {len(plants)} keys"
    last = (done.said.strip().splitlines() or ["no message"])[-1]
    return f"failed with {done.exit_code}: {last[:60]}"


def _repeats(row: Row, repeats: int) -> int:
    if not row.state.startswith((COMPLETE, "incomplete")):
        return 0
    return min(repeats, _SLOW_REPEATS) if row.seconds[0] > _SLOW_SECONDS else repeats


def _once(contender: Contender, limit: float, *, timed: bool) -> Run:
    job = (contender.timed if timed else None) or contender.job
    if job is None:
        raise AssertionError(contender.name)
    if contender.prepare is not None:
        contender.prepare()
    return run(job, limit, watch=not timed)


def _with(row: Row, done: Run, limit: float) -> Row:
    if done.exit_code is None:
        return replace(row, state=f"stopped after {limit:.0f} s")
    return replace(
        row,
        seconds=(*row.seconds, done.seconds),
        processor=(*row.processor, done.processor),
    )
