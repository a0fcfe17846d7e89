"""Run what the documents show.

Every fenced block of README.md and docs/ has a kind, which stands behind its fence. What is typed
(`console`) is typed here, page by page, and what stands under it has to be printed, with or without
what people are told beside the data, where `...` is any text. All else is checked by its kind. What
other tests run is listed with their names.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from bedrock_key_guard.scan.allowlist import read_allow_list
from tests import doors
from tests.aws_cli import OF_EVERY_COMMAND, Operation
from tests.documents import DOCS, ROOT, Example, examples, indented, is_a_test, sessions
from tests.keysmith import long_term
from tests.shells import BIN, in_an_empty_folder, in_the_playground

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Say why a command is not typed here, and which test shows what it does."""

    reason: str
    path: str
    test: str


_WORKFLOWS = "unit/release/test_workflows.py"
_WHEEL = "acceptance/test_distribution.py"
ELSEWHERE = {
    "make demo": Elsewhere(
        "it takes half a minute, and has tests of its own",
        "acceptance/test_demo.py",
        "test_it_ends_as_the_documents_show",
    ),
    "make test": Elsewhere(
        "it is what runs this",
        "acceptance/test_documents.py",
        "test_what_is_typed_prints_what_is_shown",
    ),
    "make sandbox": Elsewhere(
        "it is where all else is typed",
        "acceptance/test_playground.py",
        "test_the_action_runs_there_and_tells_github",
    ),
    "git clone": Elsewhere(
        "what is cloned is this checkout", _WHEEL, "test_the_sdist_has_all_that_git_tracks"
    ),
    "make lint && make test": Elsewhere(
        "it is what CI runs", _WORKFLOWS, "test_one_job_says_whether_all_have_passed"
    ),
    "pip install 'bedrock-key-guard": Elsewhere(
        "what is installed here is this checkout",
        _WHEEL,
        "test_the_wheel_runs_where_nothing_else_is_installed",
    ),
    "pip install pre-commit": Elsewhere(
        "the tools of the tests have it",
        "acceptance/test_pre_commit.py",
        "test_the_plain_hook_installs_nothing_but_the_guard",
    ),
    "python3 -m release owner": Elsewhere(
        "it writes into this project",
        "unit/release/test_project.py",
        "test_an_owner_is_put_wherever_the_present_one_stands_and_can_be_changed_again",
    ),
    "python3 -m release check": Elsewhere(
        "it is about a tag that is to come",
        "unit/release/test_project.py",
        "test_a_tag_that_agrees_with_everything_is_released",
    ),
    "git tag --sign": Elsewhere(
        "it publishes", _WORKFLOWS, "test_what_publishes_has_no_more_than_it_needs_and_comes_last"
    ),
    "pip download": Elsewhere(
        "it asks for what is published", _WHEEL, "test_pypi_takes_both_and_shows_the_readme"
    ),
    "gh attestation": Elsewhere(
        "it asks for what is published",
        _WORKFLOWS,
        "test_what_publishes_has_no_more_than_it_needs_and_comes_last",
    ),
    "bedrock-key-guard doctor": Elsewhere(
        "it shows another machine than this one",
        "acceptance/test_doctor.py",
        "test_where_all_is_well_every_subject_works_and_nothing_was_changed",
    ),
    "bedrock-key-guard org sweep --owner": Elsewhere(
        "the playground's GitHub has one repository",
        "acceptance/test_organisation.py",
        "test_keys_of_several_repositories_are_one_incident_each_and_dead_in_the_end",
    ),
    "make bench": Elsewhere(
        "it takes minutes, and downloads the peers",
        "unit/benchmarks/test_contenders.py",
        "test_history_is_read_whole_by_the_floor_and_by_this_engine",
    ),
}
"""Commands, by how they begin, that are not typed here."""

TYPED = {
    page: typed
    for page, of_page in groupby(sessions(), key=lambda each: each.page)
    if (typed := [each for each in of_page if not each.command.startswith(tuple(ELSEWHERE))])
}
SCENES = {
    f"docs/start/{name}.md": in_an_empty_folder
    for name in ("detect-secrets", "git-hooks", "pre-commit")
}
"""Where the commands of a page are typed, unless it is the playground."""


@pytest.mark.parametrize("page", TYPED)
def test_what_is_typed_prints_what_is_shown(page: str, tmp_path: Path) -> None:
    with SCENES.get(page, in_the_playground)(page, tmp_path) as shell:
        for each in TYPED[page]:
            done = shell.type(each.command)
            told = (each.command, done.returncode, done.stdout, done.stderr)
            assert done.returncode in (0, 1), told
            seen = (done.stdout, done.stdout + done.stderr)
            assert any(re.fullmatch(as_pattern(each.output), text, re.DOTALL) for text in seen), (
                told
            )


def as_pattern(output: str) -> str:
    """Read `...` as any text."""
    return ".*".join(map(re.escape, output.split("...")))


def test_what_is_not_typed_here_is_shown_by_the_test_that_is_named() -> None:
    commands = [each.command for each in sessions()]
    for start, where in ELSEWHERE.items():
        assert any(command.startswith(start) for command in commands), start
        assert where.reason
        assert is_a_test(where.path, where.test), where


@pytest.mark.parametrize("page", DOCS)
def test_no_command_hides_in_a_block_without_a_fence(page: str) -> None:
    programs = r"\s*(\$ |(aws|bedrock-key-guard|git|make|pip|pre-commit) [a-z-])"
    assert [line for line in indented(page).splitlines() if re.match(programs, line)] == []


def test_aws_knows_the_commands_of_its_own_that_deploying_takes() -> None:
    """`aws cloudformation deploy` is the CLI's alone, and no operation of the service."""
    text = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8").replace("\\\n", "")
    commands = re.findall(r"\baws ([a-z-]+) ([a-z-]+)((?: +(?:'[^']*'|[^\s'>)]+))*)", text)
    asked = [each for each in commands if each[:2] != ("cloudformation", "deploy")]
    assert len(asked) >= 10
    for service, name, rest in asked:
        operation = Operation.named(service, name)
        given = set(re.findall(r"(?<= )--[a-z-]+", rest)) - {*OF_EVERY_COMMAND}
        assert operation.required <= given <= set(operation.members), (name, given)


# ── what is shown ───────────────────────────────────────────────────────────────────────────────


def check_yaml(example: Example, folder: Path) -> None:
    """Hold hooks to their schema, and a workflow to the file that `make lint` and tests check."""
    shown = yaml.safe_load(example.text)
    if "jobs" in shown:
        documented = (ROOT / "deploy" / "workflows").glob("*.yml")
        assert example.text in [path.read_text(encoding="utf-8") for path in documented]
        return
    file = folder / "config.yaml"
    file.write_text(example.text, encoding="utf-8")
    subprocess.run([BIN / "pre-commit", "validate-config", file], check=True)
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hooks = [hook for repo in shown["repos"] for hook in repo["hooks"]]
    assert {each["id"] for each in hooks} <= {each["id"] for each in manifest}


def check_report(example: Example, _folder: Path) -> None:
    """Hold a report to its schema."""
    schema = files("bedrock_key_guard.report.json").joinpath("schema-v1.json").read_text()
    validator = jsonschema.Draft202012Validator(json.loads(schema))
    assert [error.message for error in validator.iter_errors(json.loads(example.text))] == []


def check_allow_list(example: Example, folder: Path) -> None:
    """Read a list of what is allowed, each line of it."""
    file = folder / "allowed"
    file.write_text(example.text, encoding="utf-8")
    allow = read_allow_list(file)
    assert (len(allow.keys), len(allow.missing)) == (1, 1)
    assert allow.unread == (
        ("vendor/*.7z", "the vendor packs them so"),
        ("89abcdef0123456789abcdef0123456789abcdef", "a sample"),
    )


def check_pragma(example: Example, folder: Path) -> None:
    """Let a hook read real keys at these places, with the comments and without."""
    text = example.text.replace("ABSK...", long_term())
    for name, written, places in (
        ("with", text, 0),
        ("without", text.replace("pragma", ""), text.count("ABSK")),
    ):
        (folder / name).write_text(written, encoding="utf-8")
        told = doors.hook("--files", name, cwd=folder).stderr
        assert len(doors.places_in_text(told)) == places, told


CHECKS = {
    "json": check_report,
    "text allow-list": check_allow_list,
    "text pragma": check_pragma,
    "yaml": check_yaml,
}


@pytest.mark.parametrize(
    "example", [each for each in examples() if each.kind != "console"], ids=str
)
def test_what_is_shown_is_what_its_kind_asks_for(example: Example, tmp_path: Path) -> None:
    assert example.kind in CHECKS, "say behind the fence what it is, so that it can be checked"
    CHECKS[example.kind](example, tmp_path)


def test_every_check_and_every_scene_is_for_something() -> None:
    assert {each.kind for each in examples()} == {"console", *CHECKS}
    assert set(SCENES) <= set(TYPED)
