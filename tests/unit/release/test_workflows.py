"""Hold the project's own workflows to what it tells others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from release.__main__ import ROOT
from tests.workflows import events_of, read

OWN = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
EACH = pytest.mark.parametrize("path", OWN, ids=lambda path: path.name)


def workflow(path: Path) -> dict[str, Any]:
    return read(path.read_text(encoding="utf-8"))


def own(name: str) -> dict[str, Any]:
    return workflow(ROOT / ".github" / "workflows" / name)


@EACH
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    others = [line for line in used if not line.startswith("./ ")]
    assert [
        line for line in others if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line)
    ] == []


@EACH
def test_a_job_has_its_own_permissions_and_a_workflow_none(path: Path) -> None:
    read = workflow(path)
    assert read["permissions"] == {}
    assert [name for name, job in read["jobs"].items() if "permissions" not in job] == []


@EACH
def test_no_step_is_given_text_that_strangers_write(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "pull_request_target" not in events_of(workflow(path))
    assert "${{ github.event" not in text
    assert [
        step
        for job in workflow(path)["jobs"].values()
        for step in job["steps"]
        if "${{" in step.get("run", "")
    ] == []


def test_the_units_run_on_every_system_and_every_python() -> None:
    matrix = own("tests.yml")["jobs"]["units"]["strategy"]["matrix"]
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]
    assert matrix["python"] == ["3.10", "3.11", "3.12", "3.13", "3.14"]


def test_the_action_is_tried_where_it_must_fail_in_each_way_that_its_result_names() -> None:
    fails = own("action.yml")["jobs"]["fails"]
    results = re.findall(
        r"`(\w+)`", read((ROOT / "action.yml").read_text())["outputs"]["result"]["description"]
    )
    assert {"clean", *fails["strategy"]["matrix"]["wanted"]} == set(results)


@pytest.mark.parametrize("name", ["tests.yml", "action.yml"])
def test_one_job_says_whether_all_have_passed(name: str) -> None:
    jobs = own(name)["jobs"]
    assert set(jobs["passed"]["needs"]) == jobs.keys() - {"passed"}
    assert jobs["passed"]["if"] == "always()"


def test_what_publishes_has_no_more_than_it_needs_and_comes_last() -> None:
    jobs = own("release.yml")["jobs"]
    assert jobs["build"]["permissions"] == {"contents": "read"}
    assert jobs["pypi"]["permissions"] == {"id-token": "write"}
    assert jobs["github"]["needs"] == "pypi"
    assert set(jobs["pypi"]["needs"]) == {"build", "attest"}


def test_updates_wait_until_others_have_met_them() -> None:
    updates = read((ROOT / ".github/dependabot.yml").read_text())["updates"]
    assert {each["package-ecosystem"] for each in updates} == {"github-actions", "pip", "npm"}
    assert all(int(each["cooldown"]["default-days"]) >= 7 for each in updates)
