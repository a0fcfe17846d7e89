"""Hold the README and docs/ to their word: run commands, check names, compare tables."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from bedrock_key_guard import errors
from bedrock_key_guard.scan.allowlist import read_allow_list
from sandbox.playground.playground import Playground, open_playground
from tests.contexts import CONTEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = (ROOT / "README.md", *(ROOT / "docs").glob("*.md"))
BIN = Path(sys.executable).parent
# What other tests run: the demo has its own, the tests are running, and so is the wheelhouse.
ELSEWHERE = ("make demo", "make test", "pip install")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def sessions() -> Iterator[tuple[str, str]]:
    """Yield each command of the README with the output that is printed under it."""
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            # A backslash at the end of a line goes on in the next.
            command, _, output = part.replace("\\\n", "").partition("\n")
            if not command.startswith(ELSEWHERE):
                yield command, output


@pytest.fixture
def playground(home: Path) -> Iterator[Playground]:
    with open_playground() as opened:
        yield opened


def as_pattern(output: str) -> str:
    """Read `...` as any text."""
    return ".*".join(map(re.escape, output.split("...")))


def test_every_command_does_in_the_playground_what_is_printed_under_it(
    playground: Playground, tmp_path: Path
) -> None:
    # The playground has the guard alone, without its extra.
    (tmp_path / "detect-secrets").symlink_to(BIN / "detect-secrets")
    environment = playground.environment()
    environment["PATH"] += f"{os.pathsep}{tmp_path}"
    for command, output in sessions():
        line = command.replace("/path/to/bedrock-key-guard", shlex.quote(str(ROOT)))
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=playground.repository,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in (0, 1), (command, done.stderr)
        assert re.fullmatch(as_pattern(output), done.stdout, re.DOTALL), (command, done.stdout)


def test_there_are_commands_to_check() -> None:
    assert len(list(sessions())) >= 8


def test_the_hook_configurations_are_valid_and_name_hooks_that_exist(tmp_path: Path) -> None:
    manifest = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    configurations = [block for block in blocks("yaml") if "repos:" in block]
    assert len(configurations) == 2
    for block in configurations:
        path = tmp_path / "config.yaml"
        path.write_text(block, encoding="utf-8")
        subprocess.run([BIN / "pre-commit", "validate-config", path], check=True)
        hooks = yaml.safe_load(block)["repos"][0]["hooks"]
        assert {each["id"] for each in hooks} <= {each["id"] for each in manifest}


def test_the_allow_list_says_what_its_lines_say(tmp_path: Path) -> None:
    (listed,) = (each for each in blocks("text") if each.startswith("fingerprint"))
    file = tmp_path / "allowed"
    file.write_text(listed)
    allow = read_allow_list(file)
    assert (len(allow.keys), len(allow.missing)) == (1, 1)
    assert allow.unread == (
        ("vendor/*.7z", "the vendor packs them so"),
        ("89abcdef0123456789abcdef0123456789abcdef", "a sample"),
    )


def test_the_exit_codes_are_those_of_the_errors() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    owned = {
        each.exit_code
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.GuardError)
    }
    assert listed == owned | {0, 1}


def test_the_files_that_plain_detect_secrets_never_opens_are_listed() -> None:
    section = README.partition("<!-- never opened -->")[2].partition("<!-- /never opened -->")[0]
    named = set(re.findall(r"`([^`]+\.\w+|core)`", section))
    assert named == {each.path for each in CONTEXTS if not each.plain_detect_secrets_finds}


@pytest.fixture(scope="module")
def options() -> dict[str, set[str]]:
    """Read from its help which options each command has."""

    def shown(*command: str) -> str:
        arguments = [str(BIN / "bedrock-key-guard"), *command, "--help"]
        return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout

    commands = re.findall(r"^    (\w+)  ", shown(), re.MULTILINE)
    return {name: set(re.findall(r"--[a-z-]+", shown(name))) for name in commands}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_and_target_that_is_named_exists(
    page: Path, options: dict[str, set[str]]
) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    every = set().union(*options.values())
    prose = re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))
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
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    described = {name: each["description"] for name, each in action["inputs"].items()}
    named = re.findall(r"`([a-z-]+): ([a-z-]+)`", README)
    assert named
    for name, value in named:
        assert f"`{value}`" in described[name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_of_the_documentation_is_linked() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#]+)\)", README))
    assert linked == {f"docs/{page.name}" for page in PAGES[1:]} | {"docs/decisions/README.md"}
    reasons = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs" / "decisions").glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([^)#/]+\.md)\)", reasons)) == pages
