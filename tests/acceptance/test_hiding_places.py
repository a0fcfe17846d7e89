"""Search a bench of hiding places and look-alikes with the real command, once for all cases."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.doors import command
from tests.hiding.doors import WAYS, WAYS_AND_FORMS, file_of, hidden_in, opened
from tests.hiding.hidden import Hidden
from tests.hiding.lookalikes import LOOK_ALIKES, LookAlike
from tests.hiding.places import PLACES, Place
from tests.hiding.repositories import CASES, Corner, Cornered, Repo, plant
from tests.keysmith import fingerprint_of

pytestmark = pytest.mark.long

Report = dict[str, Any]
Found = dict[str, list[Report]]
# What a report says of a place: in what, where in it, and what had to be undone.
_FIELDS = ("source", "path", "line", "column", "commit", "at_tip", "containers", "encodings")


def scanned(*arguments: str, cwd: Path) -> Found:
    """Return the locations of every key that is found, by its fingerprint."""
    done = command("scan", "--format", "json", *arguments, cwd=cwd)
    assert done.returncode == 1, done.stderr
    report: Report = json.loads(done.stdout)
    return {each["fingerprint"]: each["locations"] for each in report["incidents"]}


def shown(locations: list[Report]) -> list[Report]:
    return [{name: each[name] for name in _FIELDS} for each in locations]


def expected(hidden: Hidden, corner: Corner) -> Report:
    line, column = hidden.place
    return {
        "source": corner.source,
        "path": corner.path,
        "line": corner.lines + line,
        "column": column,
        "commit": corner.commit,
        "at_tip": corner.at_tip,
        "containers": list(hidden.containers),
        "encodings": list(hidden.encodings),
    }


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, loopback_environment: None) -> Repo:
    """Give a work tree with every place in a file, half of them tracked."""
    repo = Repo(tmp_path_factory.mktemp("tree"))
    repo.git("init", "--quiet")
    repo.write({place.path: place.hidden().data for place in PLACES[::2]})
    repo.git("add", "--all")
    repo.write({place.path: place.hidden().data for place in PLACES[1::2]})
    return repo


@pytest.fixture(scope="module")
def in_tree(tree: Repo) -> Found:
    return scanned(".", cwd=tree.folder)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_key_is_found_in_a_file_whole_and_where_it_is(place: Place, in_tree: Found) -> None:
    found = shown(in_tree.get(fingerprint_of(place.key), []))
    corner = Corner("working-tree", place.path, "")
    assert found == [expected(place.hidden(), corner)]


def test_nothing_is_found_in_files_but_what_was_hidden(in_tree: Found) -> None:
    assert set(in_tree) <= {fingerprint_of(place.key) for place in PLACES}


Planted = dict[str, tuple[Hidden, Corner]]


@pytest.fixture(scope="module")
def planted(
    tmp_path_factory: pytest.TempPathFactory, loopback_environment: None
) -> tuple[Repo, Planted]:
    repo = Repo(tmp_path_factory.mktemp("history"))
    return repo, plant(repo)


@pytest.fixture(scope="module")
def in_history(planted: tuple[Repo, Planted]) -> Found:
    repo, _ = planted
    return scanned("--history", "--deep", cwd=repo.folder)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_key_is_found_in_a_history_whole_and_where_it_is(
    case: Cornered, in_history: Found, planted: tuple[Repo, Planted]
) -> None:
    hidden, corner = planted[1][case.name]
    found = shown(in_history.get(fingerprint_of(case.key), []))
    assert found == [expected(hidden, corner)]


@pytest.fixture(scope="module")
def by_way(
    tmp_path_factory: pytest.TempPathFactory, loopback_environment: None
) -> dict[str, tuple[Found, Mapping[str, Corner]]]:
    """Give what is found by each way, and where it is."""
    found = {}
    for way in WAYS:
        folder, arguments, corners = opened(way, tmp_path_factory.mktemp("way") / "repository")
        found[way] = scanned(*arguments, cwd=folder), corners
    return found


@pytest.mark.parametrize(("way", "form"), WAYS_AND_FORMS, ids=lambda value: value)
def test_a_key_is_found_by_every_way_that_leads_to_it(
    way: str, form: str, by_way: dict[str, tuple[Found, Mapping[str, Corner]]]
) -> None:
    key, hidden = hidden_in(way, form)
    found, corners = by_way[way]
    assert shown(found.get(fingerprint_of(key), [])) == [expected(hidden, corners[file_of(form)])]


@pytest.mark.parametrize("form", ["plain", "wrapped", "UTF-16", "MIME", "zip", "tgz", "docx"])
def test_a_key_is_found_in_a_pipe(form: str, tmp_path: Path) -> None:
    key, hidden = hidden_in("a pipe", form)
    scan = (
        sys.executable,
        "-I",
        "-m",
        "bedrock_key_guard",
        "scan",
        "--format=json",
        "--stdin",
    )
    done = subprocess.run(scan, input=hidden.data, cwd=tmp_path, capture_output=True, check=False)
    (incident,) = json.loads(done.stdout)["incidents"]
    assert incident["fingerprint"] == fingerprint_of(key)
    assert shown(incident["locations"]) == [expected(hidden, Corner("stdin", "<stdin>", ""))]


@pytest.fixture(scope="module")
def alarms(tmp_path_factory: pytest.TempPathFactory, loopback_environment: None) -> Report:
    """Give what is reported of all look-alikes, by path; what is malformed fails no run."""
    repo = Repo(tmp_path_factory.mktemp("look-alikes"))
    repo.write({each.path: each.data for each in LOOK_ALIKES})
    done = command("scan", "--format", "json", "--include-malformed", ".", cwd=repo.folder)
    incidents = json.loads(done.stdout)["incidents"]
    exact = [each for each in incidents if each["confidence"] == "exact"]
    paths = Counter(place["path"] for each in exact for place in each["locations"])
    return {"exit code": done.returncode, **paths}


@pytest.mark.parametrize("look_alike", LOOK_ALIKES, ids=lambda each: each.name)
def test_what_only_looks_like_a_key_is_no_alarm(look_alike: LookAlike, alarms: Report) -> None:
    assert alarms.get(look_alike.path, 0) == 0


def test_no_look_alike_fails_a_run(alarms: Report) -> None:
    assert alarms["exit code"] == 0


def test_the_bench_is_as_large_as_it_says() -> None:
    assert len(PLACES) + len(CASES) >= 1700
    assert len({each.data for each in LOOK_ALIKES}) >= 960
    of_places = [place.name for place in PLACES]
    names = Counter((*of_places, *(each.name for each in CASES), *(a.name for a in LOOK_ALIKES)))
    assert [name for name, times in names.items() if times > 1] == []
    keys = {place.key for place in PLACES} | {case.key for case in CASES}
    assert len(keys) == len(PLACES) + len(CASES)
