from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import NotScanned
from bedrock_key_guard.model.origins import Location, Span, WorkTree
from bedrock_key_guard.report.github.case_markdown import ScannedCode
from bedrock_key_guard.report.github.summary import LONGEST_SUMMARY, as_markdown
from bedrock_key_guard.report.report import Report, Visibility
from tests.unit.report import arbitrary, rendered, samples
from tests.unit.text.test_harmless import ACTIVE

SOURCE = ScannedCode("https://github.com", "octo/app", "c0ffee" * 6 + "abcd")
TAGS = set("p h2 h3 table thead tbody tr th td strong a ol ul li details summary pre".split())
PAGES = ("https://docs.", "https://github.com/octo/app/")
visibilities = st.sampled_from(get_args(Visibility))


@given(arbitrary.reports, visibilities, st.none() | st.just(SOURCE))
def test_nothing_hostile_becomes_active(
    report: Report, visibility: Visibility, source: ScannedCode | None
) -> None:
    page = as_markdown(report, visibility=visibility, source=source)
    assert rendered.tags(page) <= TAGS
    assert all(link.startswith(PAGES) for link in rendered.links(page))
    words = rendered.without_tags(rendered.outside_code(page)).replace("#7", "")
    assert not ACTIVE.search(words)


@given(arbitrary.reports, visibilities)
def test_no_summary_holds_a_key(report: Report, visibility: Visibility) -> None:
    assert arbitrary.PIECE not in as_markdown(report, visibility=visibility)


def test_a_clean_summary_is_two_lines() -> None:
    assert as_markdown(samples.report(), visibility="public") == (
        "## Bedrock Key Guard\n\nNo keys found; 412 files, 3.1 MB read; complete.\n"
    )


def test_the_table_names_every_key_the_worst_first() -> None:
    dead = samples.case(
        verdict=samples.verdict("dead"), issue_url="https://github.com/o/r/issues/7"
    )
    places = (samples.at("b|c.py"), samples.at("d.py"))
    live = samples.case(verdict=samples.verdict("live"), locations=places)
    page = as_markdown(samples.report(dead, live), visibility="private")
    assert (
        "|  | Key | Fingerprint | Where | Issue |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| 🔴 **live** | Amazon Bedrock long-term API key | `1a2b3c4d5e6f` | "
        "<code>b&#124;c&#46;py&#58;12&#58;18</code> and 1 more |  |\n"
        "| ⚪ **dead** | Amazon Bedrock long-term API key | `1a2b3c4d5e6f` | `src/app.py:12:18` | "
        "[#7](https://github.com/o/r/issues/7) |\n"
    ) in page


def test_the_details_hold_the_commands_and_what_undoes_the_change() -> None:
    live = samples.case(verdict=samples.verdict("live"))
    stopped = samples.case(verdict=samples.verdict("live"), outcome=samples.done())
    codes = rendered.codes(as_markdown(samples.report(live, stopped), visibility="private"))
    assert any("aws iam update-service-specific-credential" in code for code in codes)
    assert "bedrock-key-guard restore --account 111122223333 --change 5f1c\n" in codes


@pytest.mark.parametrize(("visibility", "told"), [("public", False), ("private", True)])
def test_where_a_key_stands_is_kept_from_strangers(visibility: Visibility, told: bool) -> None:
    live = samples.case(verdict=samples.verdict("live"), locations=(samples.at("hidden.py"),))
    page = as_markdown(samples.report(live), visibility=visibility, source=SOURCE)
    assert ("hidden.py" in page) is told
    assert ("1 place, not named here" in page) is not told
    assert ("run `bedrock-key-guard scan` in a clone" in page) is not told


def test_what_was_not_scanned_and_what_is_to_be_noted_is_told() -> None:
    missed = (NotScanned("a|b", "missing", "permission denied"),)
    said = {"incomplete": ("a limit",), "warnings": ("a loss",), "notes": ("a note",)}
    report = samples.report(missed=missed, **said)
    page = as_markdown(report, visibility="private")
    assert "### Not scanned\n\n| What | Kind | Why |" in page
    assert "| <code>a&#124;b</code> | missing | permission denied |" in page
    assert "- **Incomplete:** a limit\n- **Warning:** a loss\n- **Note:** a note\n" in page


def test_however_much_there_is_to_tell_github_takes_it() -> None:
    path = "@`|" * 130
    places = tuple(samples.at(f"{path}{number}") for number in range(60))
    cases = [
        samples.case(
            samples.long_term(fingerprint=samples.fingerprint(number)),
            locations=places if number < 20 else places[:1],
        )
        for number in range(300)
    ]
    missed = tuple(NotScanned(f"{path}{number}", "missing", "@ " * 200) for number in range(60))
    remarks = tuple("@ " * 200 for _ in range(60))
    report = samples.report(*cases, missed=missed, notes=remarks, incomplete=remarks)
    page = as_markdown(report, visibility="private", source=SOURCE)
    assert LONGEST_SUMMARY * 0.5 < len(page.encode()) < LONGEST_SUMMARY
    assert "more keys; the JSON report has all." in page
    assert "keys are left out; the JSON report has all." in page
    assert "more things; the JSON report has all." in page
    assert "more remarks; the JSON report has all." in page
    assert page.count("<details>") == page.count("</details>") > 1


def test_a_file_is_linked_as_it_was_read_and_dated_by_the_commit_that_had_the_key_first() -> None:
    root = WorkTree("src/app.py", commit="b" * 40, author_time=samples.NOW, author="Ann <a@b.c>")
    case = samples.case(verdict=samples.verdict("live"), locations=(Location(root, Span(12, 18)),))
    text = as_markdown(samples.report(case), visibility="private", source=SOURCE)
    assert f"/blob/{SOURCE.commit}/src/app.py#L12" in text
    assert f"since commit `{'b' * 12}`" in text
