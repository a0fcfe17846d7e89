from __future__ import annotations

import re
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.key import LongTermKey
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import Source
from bedrock_key_guard.report.details import circumstances
from bedrock_key_guard.report.replacement import ROLES, SHORT_LIVED
from bedrock_key_guard.report.report import Report, Visibility
from bedrock_key_guard.report.terminal.text import MOST_PLACES, as_text
from bedrock_key_guard.text.harmless import NARROWEST, WIDEST, Canvas, shown
from tests.unit.report import arbitrary, runner, samples, usages

visibilities = st.none() | st.sampled_from(get_args(Visibility))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
COPIED = re.compile(
    r"^[A-Z ]+  |^  (where|and)  |^      (aws|bedrock-key-guard) |^  (missing|opaque)  "
)
"""Begins what is not broken: headlines, places, commands."""
OFFERED = {f"      {line}" for item in (*ROLES.values(), SHORT_LIVED) for line in item.code}
"""Hold what is copied as well."""


@given(arbitrary.reports, visibilities, st.booleans())
def test_no_line_can_drive_a_terminal_or_a_runner(
    report: Report, visibility: Visibility | None, colour: bool
) -> None:
    text = as_text(report, visibility=visibility, colour=colour)
    assert text.endswith("\n")
    for line in runner.lines(text):
        assert COLOUR.sub("", line).isprintable()
        assert runner.command_in(line) is None
        assert runner.command_in(COLOUR.sub("", line)) is None


@given(arbitrary.reports)
def test_no_text_holds_a_key(report: Report) -> None:
    assert arbitrary.PIECE not in as_text(report)


@given(arbitrary.texts)
def test_shown_text_is_one_printable_line_that_is_no_command(text: str) -> None:
    assert shown(text).isprintable()
    assert runner.command_in(shown(text)) is None


@given(arbitrary.reports, visibilities)
def test_colours_change_nothing_but_colour(report: Report, visibility: Visibility | None) -> None:
    plain = as_text(report, visibility=visibility)
    assert COLOUR.sub("", as_text(report, visibility=visibility, colour=True)) == plain


def test_a_clean_report_is_one_line() -> None:
    assert as_text(samples.report()) == "No keys found; 412 files, 3.1 MB read; complete.\n"


def test_a_key_that_was_made_dead_tells_its_whole_story() -> None:
    found = samples.verdict(
        "live", "bedrock accepted it", iam=samples.iam_found(), principal=samples.ARN
    )
    ann = "Ann <ann@example.com>"
    first = samples.at(
        "a.ipynb",
        encodings=("json",),
        commit="5f1c" * 10,
        author_time=usages.LEAK,
        author=ann,
    )
    places = (first, samples.at("b.py", 3, 11))
    case = samples.case(
        verdict=found, outcome=samples.done(), locations=places, issue_url="https://g.example/7"
    )
    assert as_text(samples.report(case)) == (
        """\
DEAD NOW  Amazon Bedrock long-term API key, fingerprint 1a2b3c4d5e6f
  Bedrock refuses this key now.
  What used it has stopped working, too: give it something else.

  where       a.ipynb:12:18 (since commit 5f1c5f1c5f1c, json)
  and         b.py:3:11
  user        BedrockAPIKey-ex4m
  account     111122223333
  alias       BedrockAPIKey-ex4m-at-111122223333
  credential  ACCAQNZGKIQYEXAMPLE22, Active when asked
  expires     never by itself
  verdict     live: bedrock accepted it
  principal   arn:aws:iam::111122223333:user/BedrockAPIKey-ex4m
  committed   2026-11-21 03:00 UTC in commit 5f1c5f1c5f1c, by Ann <ann@example.com>
  exposed     for 2 days 3 hours, 2026-11-21 03:00 UTC to 2026-11-23 06:00 UTC
  opened      all that Amazon Bedrock allows user BedrockAPIKey-ex4m, in every region, and no
              other service
  response    disabled: credential ACCAQNZGKIQYEXAMPLE22 of user BedrockAPIKey-ex4m is Inactive
  dead        3.2 s after the first probe, confirmed at 2026-11-23 06:00 UTC
  issue       https://g.example/7

  How to undo it
  - On any machine, after a look at what has changed since:
      bedrock-key-guard restore --account 111122223333 --change 5f1c
  - Or by hand, which checks nothing first:
      aws iam update-service-specific-credential --user-name=BedrockAPIKey-ex4m """
        """--service-specific-credential-id ACCAQNZGKIQYEXAMPLE22 --status Active

  What is left to do
  - Leave it switched off: whoever has read it could use it again.
  - Delete the user BedrockAPIKey-ex4m if it was made for this key alone: its policy allows more
    than asking models.

Afterwards
  - See in CloudTrail who has used the key since it leaked, and what that may have cost:
      bedrock-key-guard timeline
    https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html
  - Give what used this key a role instead, or keys that last for hours. Make a new long-term
    key only where neither works.
    https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
  - Take the key out of the files, and out of the Git history if it was ever committed.
    https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/"""
        """removing-sensitive-data-from-a-repository

What to use instead
  - On a person's machine: a sign-in, whose credentials end by themselves, and no key
      aws sso login
  - With a role, take `AWS_BEARER_TOKEN_BEDROCK` out of the settings: SDKs prefer a key to a
    role.
  - Where a program wants a Bedrock API key: one that lives for an hour, made as it is needed
      # pip install aws-bedrock-token-generator
      import os
      from datetime import timedelta
      from aws_bedrock_token_generator import provide_token

      os.environ["AWS_BEARER_TOKEN_BEDROCK"] = provide_token(expiry=timedelta(hours=1))

1 key: 1 live; 1 made dead; 412 files, 3.1 MB read; complete.
"""
    )


@pytest.mark.parametrize("width", [NARROWEST, 78, WIDEST])
def test_sentences_are_as_wide_as_the_terminal(width: int) -> None:
    report = replace(samples.rich(), notes=(), incomplete=())
    for visibility in get_args(Visibility):
        text = as_text(report, visibility=visibility, canvas=Canvas(width))
        *lines, _ = text.splitlines()
        sentences = [line for line in lines if line not in OFFERED and not COPIED.search(line)]
        long = [line for line in sentences if len(line) > width]
        assert [line for line in long if " " in line[14:]] == []


def test_a_wide_terminal_is_filled() -> None:
    lines = as_text(samples.rich(), canvas=Canvas(WIDEST)).splitlines()
    assert any(80 < len(line) <= WIDEST for line in lines if line.startswith("  - "))


def test_commands_stand_on_lines_of_their_own_and_whole() -> None:
    command = f"aws iam {'x' * 300}"
    outcome = Outcome("manual", "refused", "protected", commands=(command, "aws iam y"))
    case = samples.case(verdict=samples.verdict("live"), outcome=outcome)
    text = as_text(samples.report(case))
    assert f"\n      {command}\n      aws iam y\n" in text


def test_what_holds_for_every_key_is_said_once() -> None:
    cases = [samples.case(verdict=samples.verdict("live")) for _ in range(3)]
    assert as_text(samples.report(*cases)).count("CloudTrail") == 1


def test_where_a_key_stands_is_kept_from_strangers() -> None:
    live = samples.case(
        verdict=samples.verdict("live"), locations=(samples.at("hidden.py"), samples.at("too.py"))
    )
    stopped = samples.case(
        verdict=samples.verdict("live"),
        outcome=samples.done(),
        locations=(samples.at("told.py"),),
    )
    text = as_text(samples.report(live, stopped), visibility="public")
    assert "hidden.py" not in text
    assert "too.py" not in text
    assert "2 places, not named here" in text
    assert "told.py:12:18" in text
    assert "hidden.py:12:18" in as_text(samples.report(live), visibility="private")


def test_many_places_are_cut_with_a_count() -> None:
    places = tuple(samples.at(f"{number}.py") for number in range(MOST_PLACES + 1))
    text = as_text(samples.report(samples.case(locations=places)))
    assert f"{MOST_PLACES - 1}.py:12:18" in text
    assert f"{MOST_PLACES}.py" not in text
    assert "and 1 more place; the JSON report has all" in text


def test_what_was_not_scanned_is_listed_and_the_report_is_loudly_incomplete() -> None:
    missed = (
        NotScanned("a\x1b.bin", "missing", "permission denied"),
        NotScanned("pipe", "skipped", "it is not a regular file"),
    )
    said = {"incomplete": ("a limit",), "warnings": ("a loss",), "notes": ("a note",)}
    text = as_text(samples.report(missed=missed, **said))
    assert text == (
        "Not scanned\n"
        "  missing   a\\x1b.bin: permission denied\n"
        "  skipped   pipe: it is not a regular file\n"
        "\n"
        "Incomplete: a limit\n"
        "Warning: a loss\n"
        "Note: a note\n"
        "\n"
        "No keys found; 412 files, 3.1 MB read; INCOMPLETE.\n"
    )


def test_an_allowed_key_that_is_shown_says_who_allowed_it() -> None:
    case = samples.case(verdict=samples.verdict("live"), allowed="baseline")
    assert "allowed by  baseline, but shown because it is proven genuine" in as_text(
        samples.report(case)
    )


def test_the_worst_key_comes_first() -> None:
    dead = samples.case(verdict=samples.verdict("dead"))
    live = samples.case(verdict=samples.verdict("live"))
    text = as_text(samples.report(dead, live))
    assert text.index("LIVE") < text.index("DEAD")


def test_a_hostile_name_is_shown_but_not_obeyed() -> None:
    assert shown("::stop-commands::x") == r":\x3astop-commands::x"
    assert shown("a ::error::x") == r"a :\x3aerror::x"
    assert shown("##[add-mask]x") == r"#\x23[add-mask]x"
    assert shown("arn:aws:iam::111122223333:user/a") == "arn:aws:iam::111122223333:user/a"


@pytest.mark.parametrize("source", get_args(Source))
def test_the_circumstances_of_every_source_can_be_told(source: Source) -> None:
    location = samples.at("a", source=source, containers=("zip",), encodings=("base64", "json"))
    assert circumstances(location).endswith("zip, base64, json")


def test_the_user_that_iam_names_comes_before_the_alias() -> None:
    case = samples.case(
        samples.long_term(user_name_candidates=("old", "old+1")),
        samples.verdict("live", iam=samples.iam_found(user_name="renamed")),
    )
    text = as_text(samples.report(case))
    assert "user        renamed\n" in text
    unasked = as_text(samples.report(samples.case(case.incident.key)))
    assert isinstance(case.incident.key, LongTermKey)
    assert "user        old or old+1, as the key says\n" in unasked
