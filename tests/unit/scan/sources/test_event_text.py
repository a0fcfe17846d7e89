from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.findings import Scan, incidents_of
from bedrock_key_guard.scan.scan import scan
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.scan.sources.event_text import EventFile, event_text, subject_of
from tests import keysmith
from tests.payloads import PAGES, Payloads

KEY = keysmith.long_term()
RUN = "actions/runs/4711"


def read(folder: Path, payload: Any, *, by_strangers: bool = False) -> Scan:
    file = folder / "event.json"
    file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
    event = EventFile(file, RUN, by_strangers)
    return scan(Scanning(source="nothing", event=event), {})


@pytest.mark.parametrize(("name", "page"), PAGES.items())
def test_the_text_of_each_event_is_read_and_named_by_its_page(
    name: str, page: str, tmp_path: Path
) -> None:
    found = read(tmp_path, Payloads().of(name, f"Here it is:\nTOKEN={KEY}"))
    (finding,) = found.findings
    assert finding.key.fingerprint
    at = finding.location
    assert (at.source, at.page, at.line, at.column) == ("event", page, 2, 7)
    assert at.path.startswith(f"{page} (")
    assert found.complete
    assert (found.scanned.sources, found.scanned.objects) == (("event",), 1)
    assert found.scanned.bytes == (tmp_path / "event.json").stat().st_size
    assert KEY not in at.path


@pytest.mark.parametrize(
    ("association", "by_stranger"),
    [
        *((each, False) for each in ("OWNER", "MEMBER", "COLLABORATOR")),
        *((each, True) for each in ("CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "FIRST_TIMER")),
        *((each, True) for each in ("MANNEQUIN", "NONE", "", "owner")),
    ],
)
@pytest.mark.parametrize("name", ["issues", "issue_comment", "discussion", "pull_request_review"])
def test_a_text_is_a_strangers_by_its_authors_association(
    name: str, association: str, by_stranger: bool, tmp_path: Path
) -> None:
    found = read(tmp_path, Payloads(association=association).of(name, KEY))
    (incident,) = incidents_of(found.findings)
    assert incident.in_event
    assert incident.by_strangers_alone() is by_stranger


@pytest.mark.parametrize("by_strangers", [True, False])
def test_a_text_without_an_association_is_as_its_event_is(
    by_strangers: bool, tmp_path: Path
) -> None:
    found = read(tmp_path, Payloads().of("gollum", KEY), by_strangers=by_strangers)
    (incident,) = incidents_of(found.findings)
    assert incident.by_strangers_alone() is by_strangers


def test_each_text_has_its_own_author_and_page(tmp_path: Path) -> None:
    payload = Payloads(association="NONE").of("issue_comment", KEY)
    payload["issue"] |= {"body": KEY, "author_association": "OWNER"}
    found = read(tmp_path, payload)
    told = {(each.location.page, each.location.origin.root.by_stranger) for each in found.findings}
    assert told == {("issues/7", False), ("issues/7#issuecomment-99", True)}
    assert not incidents_of(found.findings)[0].by_strangers_alone()


def test_what_a_text_was_before_is_on_the_page_of_what_was_changed(tmp_path: Path) -> None:
    payload = Payloads(association="NONE").of("issue_comment", "gone")
    payload |= {"action": "edited", "changes": {"body": {"from": KEY}}}
    (finding,) = read(tmp_path, payload).findings
    at = finding.location
    assert at.path == "issues/7#issuecomment-99 (changes.body.from)"
    assert at.origin.root.by_stranger


@pytest.mark.parametrize(
    "payload",
    [
        {"client_payload": {KEY: 1}},
        {"client_payload": [[KEY]]},
        {"client_payload": KEY},
        [KEY],
        KEY,
    ],
)
def test_a_payload_of_any_shape_is_read_with_the_names_in_it(payload: Any, tmp_path: Path) -> None:
    (finding,) = read(tmp_path, json.dumps(payload)).findings
    assert finding.location.page == RUN


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://github.com/acme/app/issues/1", "issues/1"),
        ("https://github.com/acme/application/issues/1", RUN),
        ("https://evil.example/acme/app/issues/1", RUN),
        ("javascript:alert(1)", RUN),
        (7, RUN),
        (None, RUN),
    ],
)
def test_a_page_is_one_of_the_repositorys_own(address: Any, page: str, tmp_path: Path) -> None:
    payload = Payloads().of("workflow_dispatch", "")
    payload["inputs"] = {"html_url": address, "text": KEY}
    (finding,) = read(tmp_path, payload).findings
    assert finding.location.page == page


@pytest.mark.parametrize("content", ["", "{", "\xff", "[" * 100_000])
def test_an_event_that_is_no_json_is_missing(content: str, tmp_path: Path) -> None:
    found = read(tmp_path, content)
    assert [each.what for each in found.not_scanned] == ["the event"]
    assert not found.complete


def test_an_event_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    found = scan(Scanning(source="nothing", event=EventFile(tmp_path / "none")), {})
    assert not found.complete


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_no_payload_is_too_strange(payload: Any) -> None:
    assert isinstance(subject_of(payload), str)
    folder = Path(__file__).parent
    source = next(event_text(EventFile(folder / "none")))
    assert list(source.inputs)


@given(payload=JSON)
def test_every_text_of_a_payload_is_listed(payload: Any, tmp_path_factory: Any) -> None:
    found = read(tmp_path_factory.mktemp("event"), {"a": payload, "b": f"x {KEY}"})
    assert [each.location.path for each in found.findings] == [f"{RUN} (b)"]
