from __future__ import annotations

import io
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.model.findings import NotScanned, Scan, Scanned
from bedrock_key_guard.model.origins import Blob, Index, Message, Origin, Root, WorkTree
from bedrock_key_guard.scan.allow_entries import AllowedKey
from bedrock_key_guard.scan.allowlist import AllowList
from bedrock_key_guard.scan.limits import Unreadable
from bedrock_key_guard.scan.scan import CHANGED, INTERRUPTED, UNTRACED, read, scan
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.source import Changed, Input, Passed, Places, Source
from tests.keysmith import fingerprint_of, long_term

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from bedrock_key_guard.scan.matching.windows import Readable

KEY = long_term("bob")
OBJECT = "a" * 40
NOTHING = AllowList()


def holding(text: str, origin: Origin, *, counted: bool = True) -> Input:
    return Input(origin, lambda: nullcontext(io.BytesIO(text.encode())), counted)


def failing(error: BaseException, origin: Origin) -> Input:
    def fail() -> Any:
        raise error

    return Input(origin, fail)


def source(*inputs: Input | Passed | NotScanned, **more: Any) -> Source:
    return Source(Scanned(("working-tree",)), (each for each in inputs), **more)


def reading(*sources: Source, allow: AllowList = NOTHING, progress: Any = lambda **_: None) -> Scan:
    return read((each for each in sources), allow, progress)


def test_what_any_input_holds_is_found_in_an_order_that_repeats() -> None:
    inputs = (holding(KEY, WorkTree("b")), holding(f"\n {KEY}", WorkTree("a")))
    done = reading(source(*inputs))
    assert [(each.location.path, each.location.line) for each in done.findings] == [
        ("a", 2),
        ("b", 1),
    ]
    assert done == reading(source(*reversed(inputs)))


def test_what_was_passed_counts_beside_what_was_read() -> None:
    told: list[dict[str, int]] = []
    done = reading(
        source(
            Passed(expected=100),
            Passed(3, 100),
            holding("12345", WorkTree("a")),
            holding(KEY, WorkTree("b"), counted=False),
        ),
        progress=lambda **said: told.append(said),
    )
    assert (done.scanned.objects, done.scanned.bytes) == (4, 105)
    sums = {name: sum(said[name] for said in told) for name in told[0]}
    assert sums == {"expected": 100, "objects": 4, "size": 105, "findings": 1}


@pytest.mark.parametrize(
    ("error", "gap"),
    [
        (Unreadable("it is a pipe"), NotScanned("a", "unopened", "it is a pipe")),
        (Unreadable("it is not here", "missing"), NotScanned("a", "missing", "it is not here")),
        (OSError(13, "Permission denied"), NotScanned("a", "missing", "permission denied")),
        (OSError(), NotScanned("a", "missing", "it cannot be read")),
    ],
)
def test_what_cannot_be_read_is_a_gap_and_the_rest_is_read(
    error: Exception, gap: NotScanned
) -> None:
    done = reading(source(failing(error, WorkTree("a")), holding(KEY, WorkTree("b"))))
    assert done.not_scanned == (gap,)
    assert len(done.findings) == done.scanned.objects == 1


def test_a_gap_that_no_input_names_is_kept() -> None:
    gap = NotScanned("sub", "unopened", "it is not here")
    assert reading(source(gap)).not_scanned == (gap,)


@pytest.mark.parametrize(
    "origin", [Index("a", OBJECT), Blob(OBJECT), Message(OBJECT, "tag-message")]
)
def test_an_object_that_people_know_to_be_missing_leaves_a_scan_complete(origin: Origin) -> None:
    missing = failing(Unreadable("gone", "missing"), origin)
    assert not reading(source(missing)).complete
    done = reading(source(missing), allow=AllowList(missing=frozenset({OBJECT})))
    assert done.complete
    assert [each.accepted for each in done.not_scanned] == [True]


@pytest.mark.parametrize(("changes", "complete"), [(0, True), (1, True), (2, False)])
def test_what_changes_while_it_is_read_is_read_again_once(changes: int, complete: bool) -> None:
    texts = iter([*["old"] * changes, KEY])

    @contextmanager
    def opened() -> Iterator[Readable]:
        text = next(texts)
        yield io.BytesIO(text.encode())
        if text == "old":
            raise Changed

    done = reading(source(Input(WorkTree("a"), opened)))
    assert done.complete is complete
    assert done.not_scanned == (() if complete else (NotScanned("a", "missing", CHANGED),))
    assert len(done.findings) == complete
    assert done.scanned.objects == 1


@pytest.mark.parametrize(
    ("allow", "reason"),
    [
        (AllowList(exclude=("here/*",)), "excluded path"),
        (AllowList(keys=(AllowedKey(fingerprint_of(KEY)),)), "allow-list"),
        (AllowList(exclude=("",)), None),
    ],
)
def test_the_allow_list_is_asked_about_the_place_that_git_tells(
    allow: AllowList, reason: str | None
) -> None:
    def located(roots: list[Root]) -> Places:
        return {root: [Blob(OBJECT, "here/a")] for root in roots}

    (finding,) = reading(source(holding(KEY, Blob(OBJECT)), places=located), allow=allow).findings
    assert (finding.location.path, finding.allowed) == ("here/a", reason)


def test_places_that_git_cannot_tell_are_a_gap_and_the_findings_stay() -> None:
    def located(_: list[Root]) -> Places:
        raise UsageError("broken", remedy="mend it")

    done = reading(source(holding(KEY, Blob(OBJECT)), places=located))
    assert (len(done.findings), done.not_scanned) == (1, (UNTRACED,))


def test_what_is_in_a_submodule_is_named_with_its_path() -> None:
    done = reading(
        source(
            holding(KEY, Blob(OBJECT, "a")),
            holding(KEY, Message("b" * 40, "commit-message")),
            NotScanned("inner", "unopened", "it is not here"),
            under="sub/",
        )
    )
    assert {each.location.path for each in done.findings} == {"sub/a", "sub/"}
    assert [each.what for each in done.not_scanned] == ["sub/inner"]


def interrupted_sources() -> list[Callable[[], Generator[Source, None, None]]]:
    first = holding(KEY, WorkTree("a"))

    def in_an_input() -> Generator[Source, None, None]:
        yield source(first, failing(KeyboardInterrupt(), WorkTree("b")))

    def in_the_listing() -> Generator[Source, None, None]:
        def listed() -> Generator[Input, None, None]:
            yield first
            raise KeyboardInterrupt

        yield Source(Scanned(("working-tree",)), listed())

    def in_the_places() -> Generator[Source, None, None]:
        def located(_: list[Root]) -> Places:
            raise KeyboardInterrupt

        yield source(first, places=located)

    def between_sources() -> Generator[Source, None, None]:
        yield source(first)
        raise KeyboardInterrupt

    return [in_an_input, in_the_listing, in_the_places, between_sources]


@pytest.mark.parametrize("sources", interrupted_sources())
def test_an_interruption_anywhere_keeps_what_was_found(
    sources: Callable[[], Generator[Source, None, None]],
) -> None:
    done = read(sources(), NOTHING)
    assert [each.location.path for each in done.findings] == ["a"]
    assert (done.interrupted, done.not_scanned) == (True, (INTERRUPTED,))


def test_a_source_is_closed_where_nobody_reads_it_to_its_end() -> None:
    closed: list[str] = []

    def listed() -> Generator[Input, None, None]:
        try:
            yield failing(KeyboardInterrupt(), WorkTree("a"))
        finally:
            closed.append("inputs")

    def sources() -> Generator[Source, None, None]:
        try:
            yield Source(Scanned(("working-tree",)), listed())
        finally:
            closed.append("sources")

    read(sources(), NOTHING)
    assert closed == ["inputs", "sources"]


def test_a_run_that_is_asked_to_read_nothing_says_why() -> None:
    assert scan(Scanning(source="nothing", note="A branch was deleted."), {}) == Scan(
        notes=("A branch was deleted.",)
    )
