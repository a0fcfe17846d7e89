from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.keys.families import FAMILIES, Family
from bedrock_key_guard.model.actions import Outcome
from bedrock_key_guard.model.evidence import VerdictState
from bedrock_key_guard.model.findings import Case
from bedrock_key_guard.model.origins import Location
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from bedrock_key_guard.report.github.issue import (
    LONGEST_TEXT,
    MOST_PLACES,
    IssueContext,
    IssueDraft,
    IssuePolicy,
    issue_title,
    wanted,
)
from bedrock_key_guard.report.report import Visibility
from tests.unit.report import arbitrary, rendered, samples
from tests.unit.report.rendered import issue_body
from tests.unit.text.test_harmless import ACTIVE

COMMIT = "c0ffee" * 6 + "abcd"
SOURCE = ScannedCode("https://github.com", "octo/app", COMMIT)
RUN = "https://github.com/octo/app/actions/runs/1"
PRIVATE = IssueContext("private", SOURCE, RUN)
PUBLIC = replace(PRIVATE, visibility="public")
TAGS = set("blockquote p h3 table thead tbody tr th td strong a ul li pre".split())
PAGES = ("https://docs.", "https://github.com/octo/app/")
LIVE = samples.verdict(
    "live", "bedrock accepted it", iam=samples.iam_found(), principal=samples.ARN
)
STOPPED = samples.case(verdict=LIVE, outcome=samples.done())
contexts = st.builds(
    IssueContext,
    visibility=st.sampled_from(get_args(Visibility)),
    source=st.none() | st.just(SOURCE),
    run_url=st.none() | st.just(RUN),
)


@given(arbitrary.cases(), contexts)
def test_nothing_hostile_becomes_active(case: Case, context: IssueContext) -> None:
    body = issue_body(case, context)
    assert rendered.tags(body) <= TAGS
    assert all(link.startswith(PAGES) for link in rendered.links(body))
    words = rendered.without_tags(rendered.outside_code(body))
    assert not ACTIVE.search(words.partition("]")[2].replace("[ ]", ""))


def test_no_path_can_forge_the_hidden_line_of_an_issue() -> None:
    places = tuple(samples.at(path) for path in samples.HOSTILE)
    assert "<!--" not in issue_body(samples.case(locations=places), PRIVATE)


@given(arbitrary.cases(), contexts)
def test_no_issue_holds_a_key(case: Case, context: IssueContext) -> None:
    assert arbitrary.PIECE not in issue_title(case) + issue_body(case, context)


@given(arbitrary.cases(), contexts)
def test_the_same_state_has_the_same_text(case: Case, context: IssueContext) -> None:
    again = replace(context, run_url="https://github.com/octo/app/actions/runs/2")
    changed = case.outcome is not None and case.outcome.state == "done"
    assert issue_body(case, context) == issue_body(case, context)
    assert changed or issue_body(case, context) == issue_body(case, again)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_title_names_the_service_and_the_fingerprint(family: Family) -> None:
    title = issue_title(samples.case(samples.long_term(family=family)))
    assert title.endswith("API key (fingerprint 1a2b3c4d5e6f)")
    assert "-term" not in title


def test_the_title_does_not_depend_on_the_state() -> None:
    assert issue_title(samples.case()) == issue_title(STOPPED)
    assert issue_title(STOPPED) == "Leaked Amazon Bedrock API key (fingerprint 1a2b3c4d5e6f)"
    assert issue_title(samples.case(samples.malformed())).startswith("Malformed Amazon Bedrock")


def test_the_issue_of_a_key_that_was_made_dead() -> None:
    case = replace(STOPPED, issue_url="https://github.com/octo/app/issues/7")
    assert (
        issue_body(case, PRIVATE)
        == f"""\
> [!IMPORTANT]
> **Amazon Bedrock long-term API key, dead now.** Bedrock refuses this key now.

- [ ] What used it has stopped working, too: give it something else.

| Key | Amazon Bedrock long-term API key |
| --- | --- |
| User | BedrockAPIKey-ex4m |
| Account | `111122223333` |
| Alias | `BedrockAPIKey-ex4m-at-111122223333` |
| Credential | ACCAQNZGKIQYEXAMPLE22, Active when asked |
| Expires | never by itself |
| Verdict | live: bedrock accepted it |
| Principal | `arn:aws:iam::111122223333:user/BedrockAPIKey-ex4m` |
| Opened | all that Amazon Bedrock allows user BedrockAPIKey-ex4m, in every region, \
and no other service |
| Response | disabled: credential ACCAQNZGKIQYEXAMPLE22 of user BedrockAPIKey-ex4m is Inactive |
| Dead | 3.2 s after the first probe, confirmed at 2026-11-23 06:00 UTC |

The change was made in [this run]({RUN}).

### How to undo it

- On any machine, after a look at what has changed since:

  ```sh
  bedrock-key-guard restore --account 111122223333 --change 5f1c
  ```

- Or by hand, which checks nothing first:

  ```sh
  aws iam update-service-specific-credential --user-name=BedrockAPIKey-ex4m \
--service-specific-credential-id ACCAQNZGKIQYEXAMPLE22 --status Active
  ```


### What is left to do

- [ ] Leave it switched off: whoever has read it could use it again.
- [ ] See in CloudTrail who has used the key since it leaked, and what that may have cost: \
[More](https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html)

  ```sh
  bedrock-key-guard timeline
  ```

- [ ] Give what used this key a role instead, or keys that last for hours. \
Make a new long-term key only where neither works. \
[More](https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html)
- [ ] Take the key out of the files, and out of the Git history if it was ever committed. \
[More](https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/\
removing-sensitive-data-from-a-repository)
- [ ] Delete the user BedrockAPIKey-ex4m if it was made for this key alone: \
its policy allows more than asking models.

### What to use instead

- On a person's machine: a sign-in, whose credentials end by themselves, and no key

  ```sh
  aws sso login
  ```

- With a role, take `AWS_BEARER_TOKEN_BEDROCK` out of the settings: SDKs prefer a key to a role.
- Where a program wants a Bedrock API key: one that lives for an hour, made as it is needed

  ```python
  # pip install aws-bedrock-token-generator
  import os
  from datetime import timedelta
  from aws_bedrock_token_generator import provide_token

  os.environ["AWS_BEARER_TOKEN_BEDROCK"] = provide_token(expiry=timedelta(hours=1))
  ```


### Where it is

| Where | Details |
| --- | --- |
| [`src/app.py:12:18`](https://github.com/octo/app/blob/{COMMIT}/src/app.py#L12) | plain text |

Fingerprint `1a2b3c4d5e6f{"0" * 52}`. Bedrock Key Guard keeps this text up to date; \
the key itself is nowhere in it."""
    )


def test_the_commands_for_a_live_key_come_before_all_else() -> None:
    command = "aws iam update-service-specific-credential --status Inactive"
    outcome = Outcome("manual", "refused", "user prod is protected", commands=(command,))
    body = issue_body(samples.case(verdict=LIVE, outcome=outcome), PRIVATE)
    assert body.startswith("> [!CAUTION]\n")
    assert "\n- [ ] Stop it now: set its credential to Inactive." in body
    assert f"\n\n  ```sh\n  {command}\n  ```\n" in body
    assert body.index("Stop it now") < body.index(command) < body.index("| Key |")
    assert f"{command}\n" in rendered.codes(body)


@pytest.mark.parametrize("visibility", ["public", "unknown"])
def test_where_an_unproven_key_stands_is_kept_from_strangers(visibility: Visibility) -> None:
    places = (samples.at("hidden.py"), samples.at("too.py"))
    case = samples.case(verdict=LIVE, locations=places)
    body = issue_body(case, replace(PRIVATE, visibility=visibility))
    assert "hidden.py" not in body
    assert "too.py" not in body
    assert COMMIT not in body
    assert "2 places, not named here" in body
    assert "look for fingerprint `1a2b3c4d5e6f`" in body


def test_where_a_harmless_key_stands_is_told_to_everyone() -> None:
    assert f"/blob/{COMMIT}/src/app.py#L12" in issue_body(STOPPED, PUBLIC)


@pytest.mark.parametrize(
    ("location", "source", "link"),
    [
        (samples.at("a b/c#d?.py"), SOURCE, f"{COMMIT}/a%20b/c%23d%3F.py#L12"),
        (samples.at("odd\udcff"), SOURCE, f"{COMMIT}/odd%FF#L12"),
        (samples.at("./a"), SOURCE, f"{COMMIT}/a#L12"),
        (samples.at("a", commit="b" * 40), SOURCE, f"{'b' * 40}/a#L12"),
        (samples.at("a"), None, None),
        (samples.at("/etc/a"), SOURCE, None),
        (samples.at("../a"), SOURCE, None),
        (samples.at("-", source="stdin"), SOURCE, None),
    ],
)
def test_a_place_is_a_link_where_github_has_the_file(
    location: Location, source: ScannedCode | None, link: str | None
) -> None:
    case = samples.case(verdict=LIVE, outcome=samples.done(), locations=(location,))
    body = issue_body(case, IssueContext("private", source))
    expected = [f"https://github.com/octo/app/blob/{link}"] if link else []
    assert [found for found in rendered.links(body) if "/blob/" in found] == expected


def test_many_places_are_cut_with_a_count() -> None:
    places = tuple(samples.at(f"{number}.py") for number in range(MOST_PLACES + 5))
    body = issue_body(samples.case(locations=places), PRIVATE)
    assert f"`{MOST_PLACES - 1}.py:12:18`" in body
    assert "\n\nand 5 more places; the JSON report has all.\n\n" in body


@pytest.mark.slow
@pytest.mark.parametrize("path", ["x" * 4000, "@`|" * 1300, "ü" * 4000])
def test_however_much_there_is_to_tell_github_takes_it(path: str) -> None:
    places = tuple(samples.at(f"{number}{path}") for number in range(MOST_PLACES + 50))
    outcome = samples.done(undo="u" * 9000, commands=("c" * 7000, "d" * 7000), reason="@" * 9000)
    verdict = replace(LIVE, reason="@ " * 9000)
    body = issue_body(samples.case(verdict=verdict, outcome=outcome, locations=places), PRIVATE)
    assert len(body.encode()) <= LONGEST_TEXT
    assert "more places; the JSON report has all." in body
    assert "the key itself is nowhere in it." in body


def test_no_command_is_ever_cut_in_two() -> None:
    outcome = Outcome("manual", "refused", "x", commands=("first", "d" * 9000, "last"))
    body = issue_body(samples.case(verdict=LIVE, outcome=outcome), PRIVATE)
    assert "  ```sh\n  first\n  # the rest is in the report\n  ```" in body


SHORT = samples.short_term()
OPEN_IT = IssueDraft(create=True, open=True, live=False, told="state")
OPEN_LIVE = replace(OPEN_IT, live=True)
DOUBT_IT = replace(OPEN_IT, told="doubt")
TELL_IT = replace(OPEN_IT, told="response")
CLOSE_IT = IssueDraft(create=False, open=False, live=False, told="aftermath")
RECORD_IT = replace(CLOSE_IT, create=True)


@pytest.mark.parametrize(
    ("state", "outcome", "auto", "always"),
    [
        (None, None, DOUBT_IT, DOUBT_IT),
        ("live", None, OPEN_LIVE, OPEN_LIVE),
        ("live", Outcome("disable", "failed", "x"), OPEN_LIVE, OPEN_LIVE),
        ("live", samples.done(confirmed_at=None), OPEN_LIVE, OPEN_LIVE),
        ("live", samples.done(), TELL_IT, TELL_IT),
        ("contained", None, OPEN_IT, OPEN_IT),
        ("contained", samples.done(), TELL_IT, TELL_IT),
        ("contained", samples.done(state="not-needed"), OPEN_IT, OPEN_IT),
        ("unverified", None, DOUBT_IT, DOUBT_IT),
        ("rejected", None, CLOSE_IT, RECORD_IT),
        ("dead", None, CLOSE_IT, RECORD_IT),
        ("dead", samples.done(), RECORD_IT, RECORD_IT),
        ("foreign", None, None, OPEN_IT),
    ],
)
def test_whether_there_should_be_an_issue(
    state: VerdictState | None,
    outcome: Outcome | None,
    auto: IssueDraft | None,
    always: IssueDraft,
) -> None:
    case = samples.case(verdict=samples.verdict(state) if state else None, outcome=outcome)
    assert wanted(case, "auto") == auto
    assert wanted(case, "always") == always
    assert wanted(case, "never") is None


@pytest.mark.parametrize(
    ("state", "outcome", "expected"),
    [
        ("live", samples.done(action="quarantine"), TELL_IT),
        ("contained", None, replace(OPEN_IT, told="aftermath")),
        ("contained", samples.done(state="not-needed"), replace(OPEN_IT, told="aftermath")),
        ("dead", None, CLOSE_IT),
    ],
)
def test_a_denied_short_term_key_has_not_changed_since_it_was_denied(
    state: VerdictState, outcome: Outcome | None, expected: IssueDraft
) -> None:
    case = samples.case(SHORT, samples.verdict(state, key=SHORT), outcome)
    assert wanted(case, "auto") == expected


@pytest.mark.parametrize(("policy", "expected"), [("auto", None), ("always", OPEN_IT)])
def test_a_malformed_key_gets_an_issue_only_where_every_incident_does(
    policy: IssuePolicy, expected: IssueDraft | None
) -> None:
    assert wanted(samples.case(samples.malformed()), policy) == expected
