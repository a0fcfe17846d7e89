from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.github.issue_changes import (
    CloseDuplicate,
    Create,
    Edit,
    ExistingIssue,
    IssueChange,
    WantedIssue,
)
from bedrock_key_guard.github.marker import read_marker, write_body
from bedrock_key_guard.github.memory import write_memory
from bedrock_key_guard.github.reconcile import COMMENTS, STATES, Turn, own_issues, reconcile, within
from bedrock_key_guard.model.actions import Told
from bedrock_key_guard.model.remembered import Memory, Sighting
from tests.unit.github.doubles import ONE, THREE, TWO, wanted

AUTHOR = "guard[bot]"
OURS = (AUTHOR,)
STRANGER = "mallory"


def existing(
    number: int = 7,
    fingerprint: str = ONE,
    *,
    open: bool = True,  # noqa: A002 - the name of the field
    reason: str | None = None,
    author: str = AUTHOR,
    **marker: str,
) -> ExistingIssue:
    """Return the issue that `wanted()` would have led to."""
    one = wanted(fingerprint)
    body = write_body({"fingerprint": fingerprint, **marker}, one.body)
    return ExistingIssue(number, one.title, body, open, reason, author, f"https://h/{number}")


def only_edit(want: WantedIssue, issue: ExistingIssue) -> Edit:
    (change,) = reconcile([want], [issue], OURS)
    assert isinstance(change, Edit)
    return change


def test_a_missing_issue_is_created_with_its_marker() -> None:
    (change,) = reconcile([wanted()], [], OURS)
    assert change == Create(ONE, "Leaked key", write_body({"fingerprint": ONE}, wanted().body))


def test_a_missing_issue_that_is_not_worth_one_is_not_created() -> None:
    assert reconcile([wanted(create=False)], [], OURS) == []


@pytest.mark.parametrize(
    "body",
    [
        f"They say:\n{write_body({'fingerprint': ONE}, '')}",
        write_body({"fingerprint": TWO}, write_body({"fingerprint": ONE}, "")),
    ],
    ids=["in a text", "in an issue of another key"],
)
def test_a_marker_that_an_issue_quotes_makes_it_no_issue_of_that_key(body: str) -> None:
    (change,) = reconcile([wanted()], [replace(existing(), body=body)], OURS)
    assert isinstance(change, Create)


def test_an_issue_that_is_as_wanted_is_not_touched() -> None:
    assert reconcile([wanted()], [existing()], OURS) == []


def test_line_ends_and_space_around_are_no_difference() -> None:
    issue = existing()
    body = issue.body.replace("\n", "\r\n") + "\r\n"
    assert reconcile([wanted()], [replace(issue, body=body, title=" Leaked key ")], OURS) == []


def test_a_title_is_peoples() -> None:
    assert reconcile([wanted(title="New")], [existing()], OURS) == []


def test_only_what_differs_is_edited() -> None:
    edit = only_edit(wanted(body="New"), existing())
    assert (edit.state, edit.comment) == (None, None)
    assert edit.body == write_body({"fingerprint": ONE}, "New")


def test_a_ticked_box_is_no_difference() -> None:
    issue = existing(7)
    want = wanted(body="To do:\n- [ ] rotate")
    ticked = replace(issue, body=write_body({"fingerprint": ONE}, "To do:\n- [x] rotate"))
    assert reconcile([want], [ticked], OURS) == []


def test_an_issue_that_tells_of_a_response_is_closed_and_not_rewritten() -> None:
    want = replace(wanted(body="It is dead.", title="New"), open=False, told="aftermath")
    issue = existing(7, told="response")
    edit = only_edit(want, issue)
    assert edit.state == "closed"
    marker = {"fingerprint": ONE, "told": "response", "closed": "1"}
    assert edit.body == write_body(marker, wanted().body)


def test_an_issue_stays_open_until_every_box_is_ticked() -> None:
    """That the key is dead does not say that the work is done."""
    want = replace(wanted(body="Dead.\n- [ ] rotate"), open=False, told="aftermath")
    response = "It was made dead.\n- [ ] rotate\n- [ ] purge"
    issue = replace(existing(), body=write_body({"fingerprint": ONE, "told": "response"}, response))
    assert reconcile([want], [issue], OURS) == []
    ticked = replace(issue, body=issue.body.replace("- [ ]", "- [x]"))
    assert only_edit(want, ticked).state == "closed"
    half = replace(issue, body=issue.body.replace("- [ ] r", "- [x] r"))
    assert reconcile([want], [half], OURS) == []


def listing(seen: Sequence[Sighting], *, remembers: bool = True) -> WantedIssue:
    return replace(wanted(), seen=Memory(tuple(seen)), where=rows, remembers=remembers)


def rows(memory: Memory) -> str:
    return "\n".join(f"{each.repository} {each.place}" for each in memory.places)


HERE, THERE = Sighting("acme/app", "a.env:1:1"), Sighting("acme/other", "b.env:1:1")


@pytest.mark.parametrize("remembers", [True, False])
def test_what_other_runs_saw_stays_where_the_issue_may_remember_it(remembers: bool) -> None:
    (created,) = reconcile([listing([HERE], remembers=remembers)], [], OURS)
    assert isinstance(created, Create)
    issue = replace(existing(), body=created.body)
    edit = only_edit(listing([THERE], remembers=remembers), issue)
    assert ("acme/app a.env" in (edit.body or "")) is remembers
    assert "acme/other b.env" in (edit.body or "")


def test_the_issue_that_is_kept_takes_over_what_its_twin_remembers() -> None:
    bodies = [
        made.body
        for each in (HERE, THERE)
        for made in reconcile([listing([each])], [], OURS)
        if isinstance(made, Create)
    ]
    twins = [
        replace(existing(number), body=body) for number, body in zip((7, 8), bodies, strict=True)
    ]
    edit, closed = reconcile([listing([HERE])], twins, OURS)
    assert isinstance(edit, Edit)
    assert "acme/other b.env" in (edit.body or "")
    assert isinstance(closed, CloseDuplicate)


def test_an_issue_that_calls_a_key_live_is_rewritten_when_it_is_closed() -> None:
    want = replace(wanted(body="It is dead."), open=False, told="aftermath")
    edit = only_edit(want, existing())
    assert edit.body == write_body({"fingerprint": ONE, "closed": "1"}, "It is dead.")


@pytest.mark.parametrize("told", get_args(Told))
def test_what_a_new_issue_tells_is_remembered(told: Told) -> None:
    (change,) = reconcile([replace(wanted(), told=told)], [], OURS)
    assert isinstance(change, Create)
    marker = {"told": told} if told in ("doubt", "response") else {}
    assert change.body == write_body({"fingerprint": ONE, **marker}, wanted().body)


@pytest.mark.parametrize(
    ("before", "after", "rewritten"),
    [
        ("doubt", "doubt", True),
        ("doubt", "state", True),
        ("doubt", "aftermath", True),
        ("doubt", "response", True),
        ("state", "doubt", False),
        ("state", "state", True),
        ("state", "aftermath", True),
        ("state", "response", True),
        ("response", "doubt", False),
        ("response", "state", True),
        ("response", "aftermath", False),
        ("response", "response", True),
    ],
)
def test_a_text_gives_way_to_one_that_tells_more(
    before: Told, after: Told, rewritten: bool
) -> None:
    (created,) = reconcile([replace(wanted(), told=before)], [], OURS)
    assert isinstance(created, Create)
    issue = replace(existing(), body=created.body)
    changes = reconcile([replace(wanted(body="New"), told=after)], [issue], OURS)
    assert bool(changes) is rewritten
    for change in changes:
        assert isinstance(change, Edit)
        remembered = {"told": after} if after in ("doubt", "response") else {}
        assert change.body == write_body({"fingerprint": ONE, **remembered}, "New")


@pytest.mark.parametrize(
    ("before", "after", "rewritten"),
    [(False, False, False), (False, True, True), (True, False, False), (True, True, False)],
)
def test_a_text_that_strangers_may_not_read_any_more_is_not_kept(
    before: bool, after: bool, rewritten: bool
) -> None:
    first = replace(wanted(), told="response", withheld=before)
    (created,) = reconcile([first], [], OURS)
    assert isinstance(created, Create)
    assert ("withheld" in read_marker(created.body)) is before
    second = replace(wanted(body="New", live=False), told="doubt", withheld=after)
    changes = reconcile([second], [replace(existing(), body=created.body)], OURS)
    assert bool(changes) is rewritten


def test_a_marker_in_another_order_is_no_difference() -> None:
    issue = existing(told="doubt", withheld="1", reopened="1")
    assert reconcile([replace(wanted(), told="doubt", withheld=True)], [issue], OURS) == []


def test_doubt_does_not_reopen_what_the_guard_has_closed() -> None:
    closed = existing(open=False, reason="completed", closed="1")
    doubt = replace(wanted(body="Who knows.", live=False), told="doubt")
    assert reconcile([doubt], [closed], OURS) == []


def test_doubt_does_not_forget_that_a_person_reopened_an_issue() -> None:
    reopened = existing(reason="reopened", closed="1")
    doubt = replace(wanted(body="Who knows.", live=False), told="doubt")
    assert reconcile([doubt], [reopened], OURS) == []


def test_fields_that_a_later_version_added_are_kept() -> None:
    edit = only_edit(wanted(body="New"), existing(seen="3"))
    assert read_marker(edit.body or "") == {"fingerprint": ONE, "seen": "3"}


def test_an_issue_of_someone_else_is_ignored_whatever_it_holds() -> None:
    changes = reconcile([wanted()], [existing(author=STRANGER), existing(author="")], OURS)
    assert [type(change) for change in changes] == [Create]


def test_an_own_issue_of_which_nothing_is_wanted_is_left_alone() -> None:
    assert reconcile([wanted()], [existing(), existing(8, TWO)], OURS) == []


def test_of_two_own_issues_the_first_is_kept_and_open_later_ones_are_closed() -> None:
    issues = [existing(9), existing(7), existing(8, open=False, reason="completed")]
    (change,) = reconcile([wanted()], issues, OURS)
    assert isinstance(change, CloseDuplicate)
    assert (change.number, "#7" in change.comment) == (9, True)


def test_every_later_one_is_closed() -> None:
    changes = reconcile([wanted()], [existing(number) for number in (7, 8, 9)], OURS)
    assert [change.number for change in changes if isinstance(change, CloseDuplicate)] == [8, 9]


def test_a_fingerprint_that_is_wanted_twice_has_one_issue() -> None:
    assert len(reconcile([wanted(), wanted()], [], OURS)) == 1


@pytest.mark.parametrize(
    "fingerprint", ["", "1" * 63, "1" * 65, "A" * 64, f"{ONE}\n", "1 closed=1"]
)
def test_a_fingerprint_is_64_hex_digits(fingerprint: str) -> None:
    with pytest.raises(ValueError, match="fingerprint"):
        wanted(fingerprint)


@pytest.mark.parametrize(
    ("open_wanted", "live", "issue", "turn", "marker"),
    [
        # As it should be, or nothing that the guard has to say about the state.
        (True, True, existing(), "stay", {}),
        (False, False, existing(open=False, reason="completed"), "stay", {}),
        (False, False, existing(open=False, reason="completed", closed="1"), "stay", {"closed"}),
        # Dead: closed once, then it is up to people.
        (False, False, existing(), "close", {"closed"}),
        (False, False, existing(reopened="1"), "close", {"closed"}),
        (False, False, existing(reason="reopened", closed="1"), "stay", {"closed"}),
        # Alive again after the guard closed it.
        (True, True, existing(open=False, reason="completed", closed="1"), "reopen", set()),
        (True, False, existing(open=False, reason="completed", closed="1"), "reopen", set()),
        (True, True, existing(reason="reopened", closed="1"), "stay", set()),
        # Live, and a person closed it: overridden once.
        (True, True, existing(open=False, reason="completed"), "override", {"reopened"}),
        (True, True, existing(open=False, reason="not_planned"), "override", {"reopened"}),
        (True, True, existing(open=False, reason="duplicate"), "override", {"reopened"}),
        (True, True, existing(open=False), "override", {"reopened"}),
        (True, True, existing(open=False, reason="completed", reopened="1"), "stay", {"reopened"}),
        # Not proven live, and a person closed it: "needs no work" is respected.
        (True, False, existing(open=False, reason="completed"), "override", {"reopened"}),
        (True, False, existing(open=False, reason="not_planned"), "stay", set()),
        (True, False, existing(open=False, reason="duplicate"), "stay", set()),
        (True, False, existing(open=False, reason="completed", reopened="1"), "stay", {"reopened"}),
    ],
)
def test_the_state_follows_the_key_and_people_have_the_last_word(
    open_wanted: bool, live: bool, issue: ExistingIssue, turn: Turn, marker: set[str]
) -> None:
    changes = reconcile([wanted(open=open_wanted, live=live)], [issue], OURS)
    state = {"stay": None, "close": "closed"}.get(turn, "open")
    after = issue
    for change in changes:
        assert isinstance(change, Edit)
        assert change.state == state
        assert change.comment == COMMENTS.get(turn)
        after = replace(issue, body=change.body or issue.body)
    assert bool(changes) is (turn != "stay" or after.body != issue.body)
    assert read_marker(after.body).keys() - {"fingerprint"} == set(marker)


@dataclass
class Model:
    """Do to a list of issues what GitHub does."""

    issues: list[ExistingIssue]

    def apply(self, change: IssueChange) -> None:
        if isinstance(change, Create):
            number = max((issue.number for issue in self.issues), default=0) + 1
            made = (number, change.title, change.body, True, None, AUTHOR, "")
            self.issues.append(ExistingIssue(*made))
            return
        (place,) = [i for i, issue in enumerate(self.issues) if issue.number == change.number]
        issue = self.issues[place]
        if isinstance(change, CloseDuplicate):
            self.issues[place] = replace(issue, open=False, state_reason="not_planned")
            return
        self.issues[place] = replace(
            issue,
            body=issue.body if change.body is None else change.body,
            open=issue.open if change.state is None else change.state == "open",
            state_reason={"closed": "completed", "open": "reopened"}.get(
                change.state or "", issue.state_reason
            ),
        )


FINGERPRINTS = st.sampled_from([ONE, TWO, THREE])
TEXTS = st.sampled_from(["", "a", "b\r\nc", " d ", write_body({"fingerprint": TWO}, "e")])
MARKERS = st.builds(
    lambda fingerprint, fields: {"fingerprint": fingerprint, **fields},
    FINGERPRINTS,
    st.dictionaries(st.sampled_from(["closed", "reopened", "later", "withheld"]), st.just("1"))
    | st.fixed_dictionaries({"told": st.sampled_from(["doubt", "response", "?"])}),
)
SIGHTINGS = st.builds(
    Sighting, st.sampled_from(["a/b", "c/d"]), st.sampled_from(["x:1:1", "y:2:2"])
)
MEMORIES = st.builds(Memory, places=st.lists(SIGHTINGS, max_size=2).map(tuple))
LINES = st.just("") | MEMORIES.map(write_memory)
BODIES = TEXTS | st.builds(write_body, MARKERS, TEXTS, LINES)
ISSUES = st.lists(
    st.builds(
        ExistingIssue,
        number=st.integers(1, 30),
        title=TEXTS,
        body=BODIES,
        open=st.booleans(),
        state_reason=st.sampled_from([None, "completed", "not_planned", "duplicate", "reopened"]),
        author=st.sampled_from([AUTHOR, STRANGER, ""]),
        url=st.just(""),
    ),
    unique_by=lambda issue: issue.number,
    max_size=8,
)
WANTED = st.lists(
    st.builds(
        WantedIssue,
        fingerprint=FINGERPRINTS,
        title=TEXTS,
        body=TEXTS,
        open=st.booleans(),
        create=st.booleans(),
        live=st.booleans(),
        told=st.sampled_from(get_args(Told)),
        withheld=st.booleans(),
        seen=MEMORIES,
        where=st.sampled_from([None, rows]),
        remembers=st.booleans(),
        banner=st.sampled_from([None, "", "> [!NOTE]\n> It is dead."]),
    ).map(lambda one: replace(one, create=one.create and one.banner is None)),
    unique_by=lambda one: one.fingerprint,
    max_size=3,
)


@pytest.mark.parametrize(
    ("most", "opened"),
    [(None, 5), (9, 5), (7, 5), (6, 4), (5, 3), (2, 0), (1, 0), (0, 0)],
)
def test_the_first_that_are_wanted_have_issues_and_no_next_run_opens_more(
    most: int | None, opened: int
) -> None:
    """Where there are more, one is left for those that get none."""
    new = [wanted(f"{number:064}") for number in range(5)]
    first, last = wanted("e" * 64, body="New"), wanted("f" * 64, body="New")
    dead = wanted("d" * 64, create=False)
    want, model = [first, dead, *new, last], Model([existing(7, "e" * 64), existing(8, "f" * 64)])
    changes, beyond = within(most, want, reconcile(want, model.issues, OURS))
    made = [change.fingerprint for change in changes if isinstance(change, Create)]
    assert made == [one.fingerprint for one in new[:opened]]
    assert beyond == {one.fingerprint for one in new[opened:]}
    assert [change.number for change in changes if isinstance(change, Edit)] == [7, 8]
    for change in changes:
        model.apply(change)
    assert within(most, want, reconcile(want, model.issues, OURS)) == ([], beyond)


@given(WANTED, ISSUES)
def test_reconciling_converges_and_keeps_its_hands_off_the_rest(
    want: list[WantedIssue], issues: list[ExistingIssue]
) -> None:
    model = Model(list(issues))
    before = own_issues(issues, OURS)
    # What is created to be closed at once, because it is wanted so, takes a second round.
    rounds = 2 if any(one.create and not one.open for one in want) else 1
    for _ in range(rounds):
        for change in reconcile(want, model.issues, OURS):
            model.apply(change)
    assert reconcile(want, model.issues, OURS) == []

    after = own_issues(model.issues, OURS)
    for one in want:
        mine = after.get(one.fingerprint, [])
        assert sum(issue.open for issue in mine) <= 1
        new = len(mine) - len(before.get(one.fingerprint, []))
        assert new == (one.create and one.fingerprint not in before)
    ours = {one.fingerprint for one in want}
    kept = {issue.number: issue for issue in model.issues}
    for issue in issues:
        if issue.author != AUTHOR or read_marker(issue.body).get("fingerprint") not in ours:
            assert kept[issue.number] == issue


@given(WANTED, ISSUES, st.permutations(range(8)))
def test_the_order_in_which_issues_are_listed_does_not_matter(
    want: list[WantedIssue], issues: list[ExistingIssue], order: list[int]
) -> None:
    shuffled = [issues[place] for place in order if place < len(issues)]
    assert reconcile(want, shuffled, OURS) == reconcile(want, issues, OURS)


def test_a_person_who_closes_a_live_keys_issue_twice_is_heard() -> None:
    model = Model([existing()])
    turns = []
    for _ in range(3):
        model.issues = [replace(model.issues[0], open=False, state_reason="completed")]
        changes = reconcile([wanted()], model.issues, OURS)
        turns.append([change.state for change in changes if isinstance(change, Edit)])
        for change in changes:
            model.apply(change)
    assert turns == [["open"], [], []]


def test_every_change_of_state_is_explained_in_words_of_its_own() -> None:
    assert COMMENTS.keys() == STATES.keys() == set(get_args(Turn)) - {"stay"}
    assert len(set(COMMENTS.values())) == len(COMMENTS)
