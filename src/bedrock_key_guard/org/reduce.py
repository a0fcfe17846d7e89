"""Join what the shards of a sweep tell into one scan, with every key read once more.

What a shard tells is a claim. A key counts by the bytes that this step reads itself, and a place
only in a repository of the plan.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bedrock_key_guard.model.findings import Finding, NotScanned, Scan, Scanned
from bedrock_key_guard.model.times import moment
from bedrock_key_guard.org.rows import Row, location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from bedrock_key_guard.keys.key import Key
    from bedrock_key_guard.org.rows import Found
    from bedrock_key_guard.org.sweep_plan import Plan, Planned

    ByObject = Callable[[Planned, str], Sequence[Finding]]
    ByRepository = Callable[[Planned], Sequence[Finding]]
    FoundAgain = Callable[[Planned], Planned | Row]


@dataclass(frozen=True, slots=True)
class Recovering:
    """Say how keys are read again: out of one object, or out of a whole repository."""

    of_object: ByObject
    of_repository: ByRepository


@dataclass(frozen=True, slots=True)
class Joined:
    """Hold the rows of a plan, one for each repository, and those that it does not know.

    `repositories` are those of the plan as they are now, and `rows` what was told of them, both by
    the name in the plan.
    """

    plan: Plan
    repositories: Mapping[str, Planned]
    rows: Mapping[str, Row]
    strange: tuple[str, ...] = ()
    counts: Counter[str] = field(default_factory=Counter)


def joined(plan: Plan, rows: Iterable[Row], found_again: FoundAgain) -> Joined:
    """Return the rows by repository: of two that tell of one, the one that read it counts.

    Where a row tells of another name its server is asked: a shard chooses no repository.
    """
    known = {each.name: each for each in plan.repositories}
    by_name: dict[str, Row] = {}
    strange = []
    for row in rows:
        if row.name not in known:
            strange.append(row.name)
        elif by_name.get(row.name) is None or row.state == "read":
            by_name[row.name] = row
    counts = Counter[str](row.state for row in by_name.values())
    counts["missing"] = len(known) - len(by_name)
    now = {name: found_again(known[name]) for name, row in by_name.items() if row.now}
    renamed = {name: each for name, each in now.items() if not isinstance(each, Row)}
    counts["renamed"] = len(renamed)
    return Joined(plan, known | renamed, by_name, tuple(dict.fromkeys(strange)), counts)


def scan_of(told: Joined, recovering: Recovering) -> Scan:
    """Return the sweep as one scan, with its keys and all that was not read."""
    keys, lost = _keys(told, recovering)
    places = (
        Finding(keys[found.fingerprint], found.confidence, location(found, _name(told, row)))
        for row, found in _found(told)
        if found.fingerprint in keys
    )
    rows = told.rows.values()
    # What an earlier sweep has read all of is no run that read nothing.
    is_known = rows and all(row.reading == "nothing new" for row in rows)
    return Scan(
        findings=tuple(places),
        scanned=Scanned(
            () if is_known else ("organisation",),
            sum(row.objects for row in rows),
            sum(row.bytes for row in rows),
            deep=all(row.deep for row in rows),
        ),
        not_scanned=tuple(sorted({*_gaps(told), *lost})),
        notes=tuple(_notes(told)),
    )


def _found(told: Joined) -> Iterator[tuple[Row, Found]]:
    return ((row, found) for row in told.rows.values() for found in row.found)


def _keys(told: Joined, recovering: Recovering) -> tuple[dict[str, Key], list[NotScanned]]:
    """Return the keys by fingerprint, each read once, and those that could not be read again."""
    places: dict[str, list[tuple[Row, Found]]] = {}
    for row, found in _found(told):
        if found.confidence == "exact":
            places.setdefault(found.fingerprint, []).append((row, found))
    keys: dict[str, Key] = {}
    for read in (_by_object, _by_repository):
        for fingerprint, those in places.items():
            for row, found in those:
                if fingerprint in keys:
                    break
                fresh = read(told.repositories[row.name], found, recovering)
                keys |= {each.key.fingerprint: each.key for each in fresh}
    lost = [
        NotScanned(
            _name(told, row), "missing", "a key that a shard found there was not found again"
        )
        for fingerprint, ((row, _), *_) in places.items()
        if fingerprint not in keys
    ]
    return {each: key for each, key in keys.items() if each in places}, lost


def _by_object(planned: Planned, found: Found, recovering: Recovering) -> Sequence[Finding]:
    return recovering.of_object(planned, found.object) if found.object else ()


def _by_repository(planned: Planned, _: Found, recovering: Recovering) -> Sequence[Finding]:
    return recovering.of_repository(planned)


def _name(told: Joined, row: Row) -> str:
    return told.repositories[row.name].name


def _gaps(told: Joined) -> Iterator[NotScanned]:
    for name, now in told.repositories.items():
        row = told.rows.get(name)
        if row is None:
            yield NotScanned(now.name, "missing", "no shard told what became of it")
        elif row.state != "read":
            yield NotScanned(now.name, "missing", row.reason)
        else:
            for gap in row.not_scanned:
                yield replace(gap, what=f"{now.name}: {gap.what}")
    for sentence in told.plan.unseen:
        yield NotScanned("the plan", "missing", sentence)
    for name in told.strange:
        yield NotScanned(name, "missing", "a shard told of it, and the plan does not know it")


def _notes(told: Joined) -> Iterator[str]:
    counts, rows = told.counts, told.rows.values()
    yield f"The plan of this sweep was made at {moment(told.plan.made_at)}."
    yield from told.plan.notes
    words = ", ".join(
        f"{counts[name]:,} {text}"
        for name, text in (
            ("read", "read"),
            ("failed", "failed"),
            ("forbidden", "forbidden"),
            ("gone", "deleted meanwhile"),
            ("missing", "without an answer"),
        )
        if counts[name] or name == "read"
    )
    skipped = len(told.plan.skipped)
    yield (
        f"Of {len(told.repositories):,} repositories {words}; "
        f"{counts['renamed']:,} renamed meanwhile, {skipped:,} left out by the plan."
    )
    readings = Counter(row.reading for row in rows if row.state == "read")
    if readings["new"] or readings["nothing new"]:
        yield (
            f"By the state of an earlier sweep {readings['new']:,} were read from where it ended, "
            f"and {readings['nothing new']:,} had nothing new."
        )
    parts = {found.fingerprint for _, found in _found(told) if found.confidence == "malformed"}
    if parts:
        yield f"{len(parts):,} parts of keys were found; `scan --include-malformed` shows them."
