from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.plugin import detector
from tests import doors, keysmith
from tests.contexts import CONTEXTS, Context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.doors import Places

PATHS = [context.path for context in CONTEXTS]
EVERY_CONTEXT = pytest.mark.parametrize("context", CONTEXTS, ids=PATHS)


@pytest.fixture(scope="module")
def tree(loopback_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for context in CONTEXTS:
        file = folder / context.path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(context.data)
    return folder


def through_command(tree: Path) -> Places:
    done = doors.command("scan", "--format", "json", ".", cwd=tree)
    assert done.returncode == 1, done.stderr
    return doors.places_in_json(done.stdout)


def through_hook(tree: Path) -> Places:
    done = doors.hook("--", *PATHS, cwd=tree)
    assert done.returncode == 1, done.stderr
    return doors.places_in_text(done.stderr)


def through_detect_secrets(tree: Path) -> Places:
    done = doors.detect_secrets("hook", *PATHS, cwd=tree)
    assert done.returncode == 1, done.stderr
    return doors.places_in_text(done.stderr)


@pytest.fixture(
    scope="module",
    params=[through_command, through_hook, through_detect_secrets],
    ids=lambda door: door.__name__,
)
def found(request: pytest.FixtureRequest, tree: Path) -> Places:
    places: Places = request.param(tree)
    return places


@EVERY_CONTEXT
def test_every_door_finds_the_same_keys(context: Context, found: Places) -> None:
    assert {place for place in found if place[0] == context.path} == context.findings


def test_no_door_finds_anything_else(found: Places) -> None:
    assert found == frozenset().union(*(context.findings for context in CONTEXTS))


def test_every_door_finds_a_key_that_is_but_a_name(tmp_path: Path) -> None:
    name = keysmith.long_term().replace("/", "_")
    file = tmp_path / "in" / name
    file.parent.mkdir()
    file.write_bytes(b"clean\n")
    path = f"in/{name}"
    doors_of = (
        doors.command("scan", "in", cwd=tmp_path),
        doors.command("scan", path, cwd=tmp_path),
        doors.hook("--", path, cwd=tmp_path),
        doors.detect_secrets("hook", path, cwd=tmp_path),
    )
    assert [done.returncode for done in doors_of] == [1, 1, 1, 1]


@pytest.fixture(scope="module")
def plainly_found(tree: Path) -> dict[str, list[dict[str, Any]]]:
    path = detector.__file__
    done = doors.plain_detect_secrets("scan", "-p", path, "--all-files", ".", cwd=tree)
    assert done.returncode == 0, done.stderr
    results: dict[str, list[dict[str, Any]]] = json.loads(done.stdout)["results"]
    return results


@EVERY_CONTEXT
def test_plain_detect_secrets_finds_what_it_shows_to_plugins(
    context: Context, plainly_found: dict[str, list[dict[str, Any]]]
) -> None:
    found = {
        (each["hashed_secret"], each["line_number"])
        for each in plainly_found.get(context.path, [])
        if each["type"] == detector.SECRET_TYPE
    }
    lines = {line for _, line, _, _ in context.findings}
    assert {line for _, line in found} == (lines if context.plain_detect_secrets_finds else set())
