"""Run the demo as a newcomer does, in a shell full of settings, and check what it leaves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from bedrock_key_guard.scan.containers.decoded import matches

ROOT = Path(__file__).resolve().parents[2]
LEFT = ROOT / "build" / "demo"


NOBODY = "http://127.0.0.1:9"
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_BEARER_TOKEN_BEDROCK": "ABSKxxxxxxxx",
    "AWS_CA_BUNDLE": "/nonexistent",
    "AWS_ENDPOINT_URL": NOBODY,
    "AWS_PROFILE": "nobody",
    "ALL_PROXY": NOBODY,
    "HTTP_PROXY": NOBODY,
    "HTTPS_PROXY": NOBODY,
    "https_proxy": NOBODY,
    "REQUESTS_CA_BUNDLE": "/nonexistent",
    "GIT_DIR": "/nonexistent",
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "commit.gpgsign",
    "GIT_CONFIG_VALUE_0": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_API_URL": NOBODY,
    "GITHUB_STEP_SUMMARY": "/nonexistent",
    "GITHUB_TOKEN": "nobody",
    "INPUT_RESPOND": "delete",
    "COLUMNS": "40",
    "LC_ALL": "C",
    "NO_COLOR": "1",
    "TERM": "dumb",
}


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    home = tmp_path_factory.mktemp("home")
    netrc = home / ".netrc"
    netrc.write_text("default login nobody password nothing\n", encoding="utf-8")
    netrc.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox.demo"],
        cwd=ROOT,
        env=os.environ | SETTINGS | {"HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return done.stdout


def without_seconds(text: str) -> str:
    """Leave out how long it took, and the spaces at the end of a row."""
    return re.sub(r" +$", "", re.sub(r"\d+\.\d s *", "N s  ", text), flags=re.MULTILINE)


def test_it_ends_as_the_documents_show(printed: str) -> None:
    shown = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    shown = shown.partition("$ make demo\n")[2].partition("```")[0]
    assert without_seconds(shown).strip() in without_seconds(printed)


def test_it_fits_into_a_narrow_terminal(printed: str) -> None:
    assert max(map(len, printed.splitlines())) <= 80


def test_it_names_a_file_to_read_next(printed: str) -> None:
    (path,) = re.findall(r"Look next .*: (\S+)$", printed, re.MULTILINE)
    assert "## Bedrock Key Guard" in (ROOT / path).read_text(encoding="utf-8")


def test_the_picture_in_the_readme_is_what_it_shows_today(printed: str) -> None:
    assert printed
    kept = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    drawn = (LEFT / "demo.svg").read_text(encoding="utf-8")
    assert without_seconds(kept) == without_seconds(drawn), (
        "run `python -m sandbox.demo docs/demo.svg`"
    )
    assert "](docs/demo.svg)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_nothing_in_the_picture_acts_asks_or_tells_a_key() -> None:
    kept = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8")
    tags = set(re.findall(r"<(\w+)", kept))
    assert tags == {"svg", "title", "style", "rect", "text"}
    for word in ("href", "url(", "@import", "javascript", "onload", "ABSK", "bedrock-api-key-"):
        assert word not in kept
    assert not list(matches(kept.encode()))


def test_its_report_keeps_the_schema(printed: str) -> None:
    assert printed
    schema = json.loads(
        files("bedrock_key_guard.report.json").joinpath("schema-v1.json").read_text()
    )
    report = json.loads((LEFT / "report.json").read_text(encoding="utf-8"))
    jsonschema.validate(report, schema, cls=jsonschema.Draft202012Validator)
    assert report["complete"]
    states = [incident["verdict"]["state"] for incident in report["incidents"]]
    assert sorted(states) == ["dead", "dead", "foreign", "live", "live", "rejected"]


def test_a_response_is_confirmed_fifteen_seconds_after_the_first_refusal(printed: str) -> None:
    report = json.loads((LEFT / "report.json").read_text(encoding="utf-8"))
    outcomes = [each["outcome"] for each in report["incidents"]]
    (outcome,) = (each for each in outcomes if each["state"] == "done")
    since, confirmed = (
        datetime.fromisoformat(outcome[name].replace("Z", "+00:00"))
        for name in ("refused_since", "confirmed_at")
    )
    # Both are written to the second.
    assert confirmed - since >= timedelta(seconds=14)
    assert outcome["seconds_to_dead"] < 14


def test_it_leaves_one_issue_for_each_key_that_people_must_act_on(printed: str) -> None:
    assert printed
    issues = json.loads((LEFT / "issues.json").read_text(encoding="utf-8"))
    report = json.loads((LEFT / "report.json").read_text(encoding="utf-8"))
    urls = [incident["issue_url"] for incident in report["incidents"] if incident["issue_url"]]
    assert sorted(urls) == sorted(issue["html_url"] for issue in issues)
    assert len(urls) == 2
