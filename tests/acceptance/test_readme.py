"""Hold the documents to their word: check the names of options, inputs and targets, and tables.

What they show as an example is run by `test_documents.py`.
"""

from __future__ import annotations

import re

import pytest
import yaml

from bedrock_key_guard import errors
from bedrock_key_guard.aws.regions import plane_url
from bedrock_key_guard.respond.secret_stores import _STORES as STORES
from bedrock_key_guard.verify.bedrock import PLANES
from tests import doors
from tests.contexts import CONTEXTS
from tests.documents import DOCS, ROOT


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_exit_codes_are_those_of_the_errors() -> None:
    section = page("docs/start/command.md").partition("## Exit codes")[2].partition("## ")[0]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    owned = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.GuardError)
    }
    assert listed == owned | {0, 1}


def test_the_files_that_plain_detect_secrets_never_opens_are_listed() -> None:
    text = page("docs/start/detect-secrets.md")
    section = text.partition("<!-- never opened -->")[2].partition("<!-- /never opened -->")[0]
    named = set(re.findall(r"`([^`]+\.\w+|core)`", section))
    assert named == {each.path for each in CONTEXTS if not each.plain_detect_secrets_finds}


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Read from its help which options each command has."""

    def shown(*command: str) -> str:
        done = doors.command(*command, "--help", cwd=ROOT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    commands = re.findall(r"^    (\w+)  ", shown(), re.MULTILINE)
    said = {name: shown(name) for name in commands}
    said["org"] += "".join(shown("org", step) for step in ("plan", "scan", "reduce", "sweep"))
    return {name: set(re.findall(r"--[a-z-]+", text)) for name, text in said.items()}


@pytest.mark.parametrize("name", DOCS)
def test_every_option_and_target_that_is_named_exists(
    name: str, options: dict[str, set[str]]
) -> None:
    makefile = page("Makefile")
    every = set().union(*options.values())
    prose = re.sub(r"(?ms)^```.*?^```$", "", page(name))
    for code in re.findall(r"`([^`]+)`", prose):
        command, *rest = code.split()
        if command == "make":
            assert re.search(rf"^{rest[0]}:", makefile, re.MULTILINE), code
        elif command in options or command.startswith("--"):
            named = {word for word in code.split() if word.startswith("--")}
            assert named <= options.get(command, every), code


def test_there_are_options_to_check(options: dict[str, set[str]]) -> None:
    assert "--ledger" in options["restore"]
    assert "--ledger" not in options["scan"]


def test_the_inputs_that_are_named_are_those_of_the_action() -> None:
    action = yaml.safe_load(page("action.yml"))
    described = {name: each["description"] for name, each in action["inputs"].items()}
    named = re.findall(
        r"`([a-z-]+): ([a-z-]+)`", page("docs/start/action.md") + page("docs/faq.md")
    )
    assert named
    for name, value in named:
        assert f"`{value}`" in described[name]


def test_every_host_of_aws_that_the_code_asks_is_told_and_no_other() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    asked = set(re.findall(r'client(?:_in)?\([^)"]*"([a-z]+)"', source)) | {"bedrock"}
    asked |= {service for service, _ in STORES.values()}
    told = page("docs/network.md")
    hosts = re.findall(r"`([a-z]+)\.[\w.-]*amazonaws\.com`", told)
    assert set(hosts) == asked
    for plane in PLANES:
        address = plane_url(plane, "us-east-1", {}).removeprefix("https://")
        assert f"`{address.replace('us-east-1', 'REGION')}`" in told
