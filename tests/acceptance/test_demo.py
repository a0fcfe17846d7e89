"""Run the demo as a newcomer does, and check what it leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
LEFT = ROOT / "build" / "demo"


@pytest.fixture(scope="module")
def printed() -> str:
    command = [sys.executable, "-m", "sandbox.demo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def without_seconds(text: str) -> str:
    return re.sub(r"dead in \d+\.\d s *", "dead in N s", text)


def test_it_ends_as_the_readme_shows(printed: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("$ make demo\n")[2].partition("```")[0]
    assert without_seconds(shown).strip() in without_seconds(printed)


def test_its_report_keeps_the_schema(printed: str) -> None:
    assert printed
    schema = json.loads(files("bedrock_key_guard.report").joinpath("schema-v1.json").read_text())
    report = json.loads((LEFT / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert report["complete"]
    states = [incident["verdict"]["state"] for incident in report["incidents"]]
    assert sorted(states) == ["dead", "dead", "foreign", "live", "live", "rejected"]


def test_it_leaves_one_issue_for_each_key_that_people_must_act_on(printed: str) -> None:
    assert printed
    issues = json.loads((LEFT / "issues.json").read_text(encoding="utf-8"))
    report = json.loads((LEFT / "report.json").read_text(encoding="utf-8"))
    urls = [incident["issue_url"] for incident in report["incidents"] if incident["issue_url"]]
    assert sorted(urls) == sorted(issue["html_url"] for issue in issues)
    assert len(urls) == 2
