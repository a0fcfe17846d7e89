"""What is said of a key's use: in words, at a terminal, in Markdown, and as data."""

from __future__ import annotations

import json
import shlex
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, get_args

import jmespath
import pytest
from jsonschema import Draft202012Validator

from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.usage import (
    Breakdown,
    Dimension,
    Hour,
    Indicator,
    IndicatorName,
    Reach,
    ReachName,
    TrailGap,
    Usage,
)
from bedrock_key_guard.pipeline.assembling import assemble
from bedrock_key_guard.report import usage_sections as words
from bedrock_key_guard.report.advice import WATCH, advice
from bedrock_key_guard.report.github.case_markdown import LONGEST_USE, used
from bedrock_key_guard.report.github.issue import LONGEST_TEXT, IssueContext
from bedrock_key_guard.report.github.summary import as_markdown
from bedrock_key_guard.report.json.encode import encode
from bedrock_key_guard.report.json.json_report import SHAPES
from bedrock_key_guard.report.report import Visibility
from bedrock_key_guard.report.terminal.text import as_text
from bedrock_key_guard.text.harmless import Canvas
from tests.unit.report import samples, usages
from tests.unit.report.json.test_json_report import definition, schema
from tests.unit.report.rendered import issue_body
from tests.unit.report.samples import NOW

GAP = TrailGap("eu-west-1", "cloudtrail:LookupEvents failed (AccessDeniedException)")


def case(usage: Usage) -> Case:
    verdict = samples.verdict("live", iam=samples.iam_found())
    return replace(samples.case(verdict=verdict), usage=usage)


# ── words ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (usages.nothing(), words.NO_USE),
        (
            replace(usages.nothing(), gaps=(GAP,)),
            f"{words.NO_USE}, but could not be read whole",
        ),
        (usages.little(), "12 calls, 3 of them since the leak"),
        (replace(usages.little(), calls=1, since_leak=None), "1 call"),
        (
            replace(usages.little(), calls=1200, errors=3),
            "1,200 calls, 3 of them since the leak, 3 failed",
        ),
    ],
)
def test_how_much_a_key_was_used(usage: Usage, said: str) -> None:
    assert dict(words.overview(usage))["used"] == said


def test_every_sign_and_every_dimension_has_a_name() -> None:
    assert set(words.SIGNS) == set(get_args(IndicatorName))
    assert set(words.HEADINGS) == set(get_args(Dimension))


@pytest.mark.parametrize(
    ("breakdown", "said"),
    [
        (Breakdown(), ""),
        (Breakdown((), 3, 41), "and 3 more, 41 calls"),
        (Breakdown((), 1, 1), "and 1 more, 1 call"),
        (Breakdown((), 4000, 90_000, at_least=True), "and at least 4,000 more, 90,000 calls"),
    ],
)
def test_what_is_left_out_is_counted(breakdown: Breakdown, said: str) -> None:
    assert words.more_values(breakdown) == said


def test_values_that_are_listed_elsewhere_count_as_left_out() -> None:
    three = tuple(usages.tally(name, 5) for name in "abc")
    assert words.more_values(Breakdown(three, 2, 7), 1) == "and 4 more, 17 calls"
    assert words.more_values(Breakdown(three), 3) == ""


@pytest.mark.parametrize(
    ("events", "more", "shown", "said"),
    [
        (2, 0, 3, ""),
        (3, 0, 3, ""),
        (4, 0, 3, "and 1 more event; the JSON report has more"),
        (3, 5, 3, "and 5 more events; the JSON report has more"),
        (20, 291, 3, "and 308 more events; the JSON report has more"),
    ],
)
def test_events_that_are_left_out_are_counted(
    events: int, more: int, shown: int, said: str
) -> None:
    indicator = Indicator("burst", "", (usages.seen(),) * events, more)
    assert words.more_events(indicator, shown) == said


def test_only_the_keys_own_principal_goes_without_saying() -> None:
    theft = usages.theft()
    assert "principal" not in dict(words.shown_breakdowns(theft))
    two = Breakdown((usages.tally("a", 2), usages.tally("b", 1)))
    more = replace(theft, by=(*theft.by[:-1], ("principal", two)))
    assert "principal" in dict(words.shown_breakdowns(more))


# ── at a terminal, and in the log of a run ──────────────────────────────────────────────────────


def test_the_use_of_a_key_stands_under_its_case() -> None:
    text = as_text(samples.report(case(usages.little())), canvas=Canvas(60))
    begin = text.index("  Who used it")
    assert text[begin : text.index("  What it may have cost")].rstrip() == (
        """\
  Who used it
  looked at   user BedrockAPIKey-ex4m, 2026-11-14 03:00 UTC
              to 2026-11-23 06:00 UTC
  used        12 calls, 3 of them since the leak
  first use   2026-11-14 03:00:00 UTC
  last use    2026-11-23 05:00:00 UTC

  calls in each hour
    3 │                     █
      │                     █
      │                     █
      │                     █
      │                     █
      │                     █
      │                     █
      │                     █
    0 └┬──────────────────────────────────────────────────
       leak
       2026-11-21 03:00 UTC           2026-11-23 06:00 UTC

  Signs of abuse
  - The guard found none of the signs that it looks for.
    That proves nothing.

  operations  calls  failed                 first
  Converse       12       0  2026-11-14 03:00 UTC

  regions    calls  failed                 first
  us-east-1     12       0  2026-11-14 03:00 UTC"""
    )


def test_what_a_key_may_have_cost_is_never_made_up() -> None:
    text = as_text(samples.report(case(usages.theft())))
    told = text[text.index("  What it may have cost") : text.index("  What could not be read")]
    assert "Not known: CloudTrail shows 9,201 calls that did not fail" in told
    (command,) = [line for line in told.split("\n") if line.strip().startswith("aws ce ")]
    words = shlex.split(command)
    assert "Start=2026-11-21,End=2026-12-01" in words
    assert json.loads(words[words.index("--filter") + 1])["Dimensions"]["Values"] == [
        samples.ACCOUNT
    ]
    paid = {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": "2026-11-21"},
                "Groups": [
                    {"Keys": [name, "tokens"], "Metrics": {"UnblendedCost": {"Amount": "7.5"}}}
                    for name in ("Amazon Bedrock", "A model (Amazon Bedrock Edition)", "Amazon S3")
                ],
            }
        ]
    }
    (day,) = jmespath.search(words[words.index("--query") + 1], paid)
    assert [name for name, *_ in day["paid"]] == [
        "Amazon Bedrock",
        "A model (Amazon Bedrock Edition)",
    ]


def test_what_another_key_cost_is_not_asked_about_a_forged_one() -> None:
    forged = replace(case(usages.little()), verdict=samples.verdict("rejected"))
    assert "What it may have cost" not in as_text(samples.report(forged))


def test_the_blast_radius_stands_before_the_use_and_the_cost_after_it() -> None:
    text = as_text(samples.report(case(usages.theft())))
    order = ("What else arn:", "Who used it", "Signs of abuse", "What it may have cost", "What to")
    assert [text.index(title) for title in order] == sorted(text.index(title) for title in order)


def test_a_long_name_takes_lines_of_its_own_and_is_never_broken() -> None:
    tallies = (usages.tally("curl/8.5 on a machine", 1200, 3), usages.tally("x" * 70, 1))
    usage = replace(usages.nothing(), calls=1201, by=(("agent", Breakdown(tallies, 2, 9)),))
    text = as_text(samples.report(case(usage)), canvas=Canvas(60))
    assert (
        "  programs                calls  failed                 first\n"
        "  curl/8.5 on a machine  1,200       3  2026-11-14 03:00 UTC\n"
    ).replace("programs                calls", "programs               calls") in text
    assert f"\n  {'x' * 70}\n" in text
    assert "\n  and 2 more, 9 calls\n" in text


def test_lines_fit_the_terminal_where_words_do() -> None:
    text = as_text(samples.report(case(usages.theft())), canvas=Canvas(60))
    used_part = text[text.index("  looked at") : text.index("What to use instead")]
    too_long = [line for line in used_part.split("\n") if len(line) > 60]
    assert all(len(word) > 30 for line in too_long for word in [max(line.split(), key=len)])


@pytest.mark.parametrize("visibility", ["public", "unknown"])
def test_who_used_a_key_is_kept_from_strangers_though_it_is_dead(visibility: Visibility) -> None:
    told = replace(samples.case(verdict=samples.verdict("live"), outcome=samples.done()))
    text = as_text(samples.report(replace(told, usage=usages.theft())), visibility=visibility)
    assert "203.0.113.9" not in text
    assert "bedrock-key-guard timeline" in text


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("visibility", "told"),
    [("private", True), ("internal", True), ("public", False), ("unknown", False)],
)
def test_an_issue_tells_strangers_nothing_of_who_used_a_key(
    visibility: Visibility, told: bool
) -> None:
    text = used(case(usages.theft()), visibility)
    assert ("203.0.113.9" in text) == told
    assert ("AKIAIOSFODNN7EXAMPLE" in text) == told
    assert text.startswith("### What was done with it")


def test_the_issue_and_the_summary_hold_it_and_keep_to_their_bounds() -> None:
    found = case(usages.theft())
    body = issue_body(found, IssueContext("private"))
    assert used(found, "private") in body
    assert len(body.encode()) <= LONGEST_TEXT
    assert used(found, "private") in as_markdown(samples.report(found), visibility="private")


def test_an_issue_says_nothing_where_nobody_looked() -> None:
    assert used(samples.case(), "private") == ""


def test_the_text_is_the_same_however_often_one_looks() -> None:
    first, later = usages.theft(), usages.theft()
    probes = usages.tally("probes", 60)
    hours = timedelta(hours=5)
    later = replace(later, end=NOW + hours, begin=later.begin + hours, probes=probes)
    assert used(case(first), "private") == used(case(later), "private")


def test_the_text_has_a_bound_and_says_what_it_left_out() -> None:
    change = replace(usages.theft().changes[0], target="x" * 200)
    text = used(case(replace(usages.theft(), changes=(change,) * 500)), "private")
    assert len(text.encode()) <= LONGEST_USE + 100
    assert text.endswith("There is more; the JSON report has it.")


# ── data ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("usage", [usages.nothing(), usages.little(), usages.theft()])
def test_usage_follows_the_schema(usage: Usage) -> None:
    part = {**schema(), "$ref": "#/$defs/usage"}
    kept = {"$defs": part["$defs"], "$ref": part["$ref"]}
    whole = replace(usage, by=tuple((name, Breakdown()) for name in get_args(Dimension)))
    Draft202012Validator(kept).validate(encode(whole, SHAPES))


def test_data_leave_nothing_out() -> None:
    written: dict[str, Any] = encode(usages.theft(), SHAPES)
    assert set(written) == {field.name for field in fields(Usage)} | {"complete"}
    assert set(written["changes"][0]) >= {"time", "event_id", "actor", "of_key", "by_guard"}
    assert set(written["hours"][0]) == {field.name for field in fields(Hour)} - {"first"}
    assert set(written["reach"]) == {field.name for field in fields(Reach)}


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (definition("indicator")["name"], get_args(IndicatorName)),
        (
            definition("reach")["holdings"]["items"]["properties"]["name"],
            get_args(ReachName),
        ),
    ],
)
def test_the_schema_knows_the_names(field: dict[str, Any], values: tuple[str, ...]) -> None:
    assert tuple(field["enum"]) == values


def test_the_schema_knows_the_dimensions() -> None:
    assert tuple(definition("usage")["by"]["properties"]) == get_args(Dimension)


# ── what follows from it ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("usage", "said"),
    [(None, True), (usages.little(), False), (replace(usages.little(), gaps=(GAP,)), True)],
)
def test_people_need_not_look_where_the_guard_has(usage: Usage | None, said: bool) -> None:
    found = replace(samples.case(verdict=samples.verdict("live")), usage=usage)
    assert (WATCH in advice(found)) == said


@pytest.mark.parametrize(("gaps", "complete"), [((), True), ((GAP,), False)])
def test_a_trail_that_was_not_read_whole_makes_the_run_incomplete(
    gaps: tuple[TrailGap, ...], complete: bool
) -> None:
    found = replace(samples.case(), usage=replace(usages.little(), gaps=gaps))
    report = assemble(samples.report().scan, (found,), include_malformed=False)
    assert [case.usage for case in report.cases] == [found.usage]
    assert report.complete == complete
    assert report.incomplete == (() if complete else ("The trail of 1 key was not read whole.",))
