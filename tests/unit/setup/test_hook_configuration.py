from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import yaml
from pre_commit.commands.validate_config import validate_config

from bedrock_key_guard.setup.hook_configuration import HOOKS, new_configuration, with_hooks
from bedrock_key_guard.setup.steps import ByHand, FileChange, Unneeded
from tests.jobs import ROOT

OURS = "https://github.com/OWNER/bedrock-key-guard"
TYPES = "default_install_hook_types: [pre-commit, commit-msg, pre-push]\n"
USUAL = f"""\
  - repo: {OURS}
    rev: v0.1.0
    hooks:
      - id: bedrock-key-guard
      - id: bedrock-key-guard-commit-msg
      - id: bedrock-key-guard-push
"""
WIDE = f"""\
-   repo: {OURS}
    rev: v0.1.0
    hooks:
    -   id: bedrock-key-guard
    -   id: bedrock-key-guard-commit-msg
    -   id: bedrock-key-guard-push
"""
THEIRS = "https://github.com/acme/hooks"


def changed(text: str) -> str:
    step = with_hooks(text)
    assert isinstance(step, FileChange), step
    assert step.before == text
    return step.after


def valid(text: str, folder: Path) -> None:
    path = folder / "config.yaml"
    path.write_bytes(text.encode())
    assert validate_config([str(path)]) == 0


def test_a_new_configuration_is_that_of_the_documents() -> None:
    page = (ROOT / "docs" / "start" / "pre-commit.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?s)```yaml\n# .pre-commit-config.yaml\n(.*?)```", page)
    assert new_configuration() == f"repos:\n{USUAL}{TYPES}"
    assert new_configuration() in blocks


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("repos:\n", f"repos:\n{USUAL}{TYPES}", id="nothing"),
        pytest.param("repos:", f"repos:\n{USUAL}{TYPES}", id="no end of line"),
        pytest.param(
            f"repos:\n  - repo: {THEIRS}\n    rev: a\n    hooks:\n      - id: b  # why\n\n# end\n",
            f"repos:\n  - repo: {THEIRS}\n    rev: a\n    hooks:\n      - id: b  # why\n{USUAL}\n"
            f"# end\n{TYPES}",
            id="comments",
        ),
        pytest.param(
            f"repos:\n-   repo: {THEIRS}\n    rev: a\n    hooks:\n    -   id: b\n# end\nci: {{}}\n",
            f"repos:\n-   repo: {THEIRS}\n    rev: a\n    hooks:\n    -   id: b\n{WIDE}# end\n"
            f"ci: {{}}\n{TYPES}",
            id="pre-commit's own style, and a key behind it",
        ),
        pytest.param(
            f"repos:\n  - repo: {THEIRS}\n    rev: a\n    hooks: [{{id: b}}]\n\n"
            f"  - repo: {THEIRS}2\n    rev: a\n    hooks: [{{id: b}}]",
            f"repos:\n  - repo: {THEIRS}\n    rev: a\n    hooks: [{{id: b}}]\n\n"
            f"  - repo: {THEIRS}2\n    rev: a\n    hooks: [{{id: b}}]\n\n{USUAL}{TYPES}",
            id="an empty line between them, and no end of line",
        ),
        pytest.param(
            f"repos:\n  - repo: local\n    hooks:\n      - id: b\n        name: b\n"
            f"        language: system\n        entry: >\n          sh -c\n          true\n{TYPES}",
            f"repos:\n  - repo: local\n    hooks:\n      - id: b\n        name: b\n"
            f"        language: system\n        entry: >\n          sh -c\n          true\n"
            f"{USUAL}{TYPES}",
            id="a folded text at the end",
        ),
        pytest.param(
            "repos: []\n",
            f"repos: [{{repo: {OURS}, rev: v0.1.0, hooks: [{{id: bedrock-key-guard}}, "
            "{id: bedrock-key-guard-commit-msg}, {id: bedrock-key-guard-push}]}]\n" + TYPES,
            id="an empty list in brackets",
        ),
        pytest.param(
            f"repos: [{{repo: {THEIRS}, rev: a, hooks: [{{id: b}}]}},\n]  # all\n",
            f"repos: [{{repo: {THEIRS}, rev: a, hooks: [{{id: b}}]}}, "
            f"{{repo: {OURS}, rev: v0.1.0, hooks: [{{id: bedrock-key-guard}}, "
            "{id: bedrock-key-guard-commit-msg}, {id: bedrock-key-guard-push}]}\n]  # all\n"
            + TYPES,
            id="a list in brackets",
        ),
        pytest.param(
            "default_install_hook_types: [pre-commit]  # x\nrepos:\n",
            f"default_install_hook_types: [pre-commit, commit-msg, pre-push]  # x\nrepos:\n{USUAL}",
            id="types in brackets",
        ),
        pytest.param(
            "default_install_hook_types:\n- pre-push\n- pre-commit # x\nrepos:\n",
            "default_install_hook_types:\n- pre-push\n- pre-commit # x\n- commit-msg\n"
            f"repos:\n{USUAL}",
            id="types in lines",
        ),
        pytest.param(
            f"x-a: &a\n  rev: a\n  hooks: [{{id: b}}]\nrepos:\n  - repo: {THEIRS}\n    <<: *a\n"
            f"  - repo: {THEIRS}2\n    rev: c\n    hooks: [{{id: d}}]\n",
            f"x-a: &a\n  rev: a\n  hooks: [{{id: b}}]\nrepos:\n  - repo: {THEIRS}\n    <<: *a\n"
            f"  - repo: {THEIRS}2\n    rev: c\n    hooks: [{{id: d}}]\n{USUAL}{TYPES}",
            id="an anchor",
        ),
        pytest.param(
            f"\ufeffrepos:\n  - repo: {THEIRS}\n    rev: a\n    hooks:\n      - id: b\n",
            f"\ufeffrepos:\n  - repo: {THEIRS}\n    rev: a\n    hooks:\n      - id: b\n"
            f"{USUAL}{TYPES}",
            id="a byte order mark",
        ),
    ],
)
def test_hooks_are_added_and_all_else_stays(before: str, after: str, tmp_path: Path) -> None:
    assert changed(before) == after
    valid(after, tmp_path)
    assert isinstance(with_hooks(after), Unneeded)
    windows = before.replace("\n", "\r\n")
    if "\n" in before:
        assert changed(windows) == after.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("repos:\n\t- repo: local\n", "no YAML that can be read at line 2"),
        ("- repos\n", "it is no mapping"),
        ("", "it is no mapping"),
        ("fail_fast: true\n", "no list `repos`"),
        ("repos: local\n", "no list `repos`"),
        ("repos: {}\n", "no list `repos`"),
        ("a: 1\n---\nrepos: []\n", "no YAML that can be read"),
        ("{repos: []}\n", "cannot be added to without changing more"),
        ("x: &a []\nrepos: *a\n", "cannot be added to without changing more"),
        ("repos: [  # none\n  # yet ]\n  ]  \n...\n", "cannot be added to"),
        ("x: &a {repo: local, hooks: []}\nrepos:\n  - *a\n", "cannot be added to"),
        ("default_install_hook_types: commit-msg\nrepos: []\n", "cannot be added to"),
        ("[" * 1500, "no YAML that can be read"),
    ],
)
def test_what_is_odd_is_left_to_people_with_the_reason(text: str, why: str) -> None:
    step = with_hooks(text)
    assert isinstance(step, ByHand), step
    assert why in step.why
    assert all(each in step.text for each in HOOKS)


@pytest.mark.parametrize(
    "entry",
    [
        f"repo: {OURS}",
        "repo: https://github.com/acme/bedrock-key-guard.git",
        "repo: git@github.com:acme/bedrock-key-guard/",
        "{repo: local, hooks: [{id: bedrock-key-guard, name: x}]}",
    ],
)
def test_a_configuration_that_has_the_hooks_stays(entry: str) -> None:
    assert isinstance(with_hooks(f"repos:\n  - {entry}\n"), Unneeded)


def test_without_a_parser_what_is_there_is_left_to_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    step = with_hooks("repos: []\n")
    assert isinstance(step, ByHand)
    assert "PyYAML" in step.why


def test_the_entry_is_what_a_parser_reads() -> None:
    said = yaml.safe_load(new_configuration())
    assert [each["id"] for each in said["repos"][0]["hooks"]] == list(HOOKS)
