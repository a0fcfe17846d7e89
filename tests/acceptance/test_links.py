"""Follow where the documents lead: to files, to headings, to each other, and to tests."""

from __future__ import annotations

import os
import re

import pytest

from bedrock_key_guard import REPOSITORY
from tests.documents import DOCS, PAGES, ROOT, anchors, is_a_test, links


def target(page: str, link: str) -> tuple[str, str]:
    """Return the file to which a relative link leads, and the heading in it."""
    path, _, anchor = link.partition("#")
    file = os.path.relpath((ROOT / page).parent / path, ROOT) if path else page
    return file.replace(os.sep, "/"), anchor


def relative(page: str) -> list[tuple[str, str]]:
    return [target(page, link) for link in links(page) if "://" not in link]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_a_heading(page: str) -> None:
    for file, anchor in relative(page):
        assert (ROOT / file).exists()
        assert not anchor or anchor in anchors(file), (file, anchor)


def test_every_address_of_this_project_is_one_that_it_has() -> None:
    start = f"https://github.com/{REPOSITORY}/"
    own = [each.removeprefix(start) for page in PAGES for each in links(page) if start in each]
    assert own
    for link in own:
        form = re.fullmatch(r"issues/new\?template=([\w.-]+)", link)
        assert form, link
        assert (ROOT / ".github" / "ISSUE_TEMPLATE" / form[1]).exists()


def test_every_page_is_reached_from_the_readme() -> None:
    reached: set[str] = set()
    ahead = {"README.md"}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        if page in PAGES:
            ahead |= {file for file, _ in relative(page)} - reached
    assert {*DOCS} <= reached


def test_each_index_names_the_pages_beside_it() -> None:
    for folder in ("docs/decisions", "docs"):
        named = {file for file, _ in relative(f"{folder}/README.md")}
        pages = {page for page in DOCS if page.startswith(f"{folder}/")}
        below = {page for page in pages if page.startswith("docs/decisions/") and folder == "docs"}
        assert pages - below - {f"{folder}/README.md"} <= named


def test_each_rule_of_the_threat_model_names_tests_that_there_are() -> None:
    text = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rules = re.split(r"(?m)^### (\d+)\. ", text)
    assert [int(number) for number in rules[1::2]] == list(range(1, 16))
    for number, rule in zip(rules[1::2], rules[2::2], strict=True):
        named = re.findall(r"\[(test_\w+)\]\(\.\./tests/([\w/]+\.py)\)", rule)
        assert len(named) >= 3, number
        assert [test for test, path in named if not is_a_test(path, test)] == []
