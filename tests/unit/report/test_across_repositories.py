"""The keys of many repositories are counted by state, account, repository and age."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bedrock_key_guard.model.findings import Case, Incident, Scan
from bedrock_key_guard.model.origins import Blob, Location, Span
from bedrock_key_guard.report.across_repositories import MOST_ROWS, across_repositories
from bedrock_key_guard.report.report import Report
from tests.unit.report.samples import ACCOUNT, fingerprint, long_term

NOW = datetime(2026, 11, 29, tzinfo=timezone.utc)


def case(number: int, *repositories: str, days: int | None = None) -> Case:
    leaked = None if days is None else NOW - timedelta(days=days)
    places = tuple(
        Location(Blob("b" * 40, "a.env", author_time=leaked, repository=name), Span(1, 1))
        for name in repositories
    )
    key = long_term(fingerprint=fingerprint(number))
    return Case(Incident(key.fingerprint, key, "exact", places))


def test_each_table_counts_keys_and_the_repositories_that_hold_them() -> None:
    cases = (case(1, "a/x", "a/y", days=2), case(2, "a/x", days=400), case(3, "a/z"))
    tables = across_repositories(Report(Scan(), cases), NOW)
    assert {table.title: table.rows for table in tables} == {
        "state": (("not checked", "3", "3", "not checked"),),
        "account": ((ACCOUNT, "3", "3", "not checked"),),
        "repository": (
            ("a/x", "2", "2", "not checked"),
            ("a/y", "1", "2", "not checked"),
            ("a/z", "1", "1", "not checked"),
        ),
        "age": (
            ("within a week", "1", "2", "not checked"),
            ("more than a year ago", "1", "1", "not checked"),
            ("not known", "1", "1", "not checked"),
        ),
    }


def test_a_run_of_one_repository_has_none_of_them() -> None:
    assert not Report(Scan(), (case(1, ""),)).is_of_many
    assert Report(Scan(), (case(1, ""), case(2, "a/x"))).is_of_many


def test_what_does_not_fit_is_counted() -> None:
    cases = tuple(case(number, f"a/{number}") for number in range(MOST_ROWS + 3))
    _, _, by_repository, _ = across_repositories(Report(Scan(), cases), NOW)
    assert len(by_repository.rows) == MOST_ROWS
    assert by_repository.more == "and 3 more rows; the JSON report has all"
