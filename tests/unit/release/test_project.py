from __future__ import annotations

import re
from pathlib import Path

import pytest

import bedrock_key_guard
from bedrock_key_guard.errors import install_with
from release import project
from release.__main__ import ROOT, main, tracked

PACKAGE = '__version__ = "1.2.3"\nREPOSITORY = "OWNER/bedrock-key-guard"\n'
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.3] - 2026-11-29

### Added

- A thing.

## [1.2.2] - 2026-11-01

- Another.
"""
FILES = {
    project.SOURCE: PACKAGE,
    "CHANGELOG.md": CHANGELOG,
    "README.md": "  - repo: https://github.com/OWNER/bedrock-key-guard\n    rev: v1.2.3\n",
    "CODEOWNERS": "* @OWNER/maintainers @OWNER/security\n",
    "guard.yml": f"- uses: OWNER/bedrock-key-guard@{'0' * 40} # v1.2.3\n- uses: a/b@x # v7.0.1\n",
    "theirs.md": "OWNER of the account, https://api.github.com/repos/OWNER/REPOSITORY\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "picture.bin").write_bytes(b"\xff\xfe OWNER/bedrock-key-guard")
    return tmp_path


PATHS = [*FILES, "picture.bin", "gone.md"]


def test_an_owner_is_put_wherever_the_present_one_stands_and_can_be_changed_again(
    root: Path,
) -> None:
    for owner in ("acme", "acme-security"):
        changed = set(project.rename(root, PATHS, owner))
        assert changed == {project.SOURCE, "README.md", "CODEOWNERS", "guard.yml"}
        assert project.owner(root) == owner
        assert (root / "CODEOWNERS").read_text() == f"* @{owner}/maintainers @{owner}/security\n"
    assert (root / "theirs.md").read_text() == FILES["theirs.md"]


def test_a_tag_that_agrees_with_everything_is_released(root: Path) -> None:
    list(project.rename(root, PATHS, "acme"))
    assert project.disagreements(root, PATHS, "v1.2.3", "acme/bedrock-key-guard") == []


@pytest.mark.parametrize(
    ("file", "old", "new", "tag", "said"),
    [
        ("README.md", "", "", "v1.2.4", "The tag is v1.2.4, and the version 1.2.3."),
        ("README.md", "rev: v1.2.3", "rev: v1.2.2", "v1.2.3", "README.md names another version"),
        ("guard.yml", "# v1.2.3", "# v1.2.2", "v1.2.3", "guard.yml names another version"),
        ("CHANGELOG.md", "[1.2.3] - ", "[1.2.3] ", "v1.2.3", "CHANGELOG.md says nothing of v1.2.3"),
    ],
)
def test_what_does_not_agree_with_the_tag_is_named(
    root: Path, file: str, old: str, new: str, tag: str, said: str
) -> None:
    path = root / file
    path.write_text(path.read_text().replace(old, new), encoding="utf-8")
    wrong = project.disagreements(root, PATHS, tag, "OWNER/bedrock-key-guard")
    assert said in "\n".join(wrong)


def test_a_repository_of_another_name_is_told_before_anything_is_published(root: Path) -> None:
    wrong = project.disagreements(root, PATHS, "v1.2.3", "acme/bedrock-key-guard")
    assert wrong == ["The project is OWNER/bedrock-key-guard, and not acme/bedrock-key-guard."]


def test_the_notes_are_those_of_the_version_alone(root: Path) -> None:
    assert project.notes(root, "v1.2.3") == "### Added\n\n- A thing."
    assert project.notes(root, "v1.2.2") == "- Another."
    assert project.notes(root, "v9.9.9") == ""


def test_what_stands_in_the_project_now_agrees_with_itself() -> None:
    tag = f"v{bedrock_key_guard.__version__}"
    assert project.disagreements(ROOT, tracked(), tag, bedrock_key_guard.REPOSITORY) == []


@pytest.mark.parametrize("arguments", [[], ["owner"], ["check", "v1"]])
def test_a_command_that_is_not_known_is_refused(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_nothing_names_another_owner_than_the_package_states() -> None:
    addressed = re.compile(r"(?:github\.com/|uses: |@)([\w-]+)/(?:bedrock-key-guard|maintainers)\b")
    texts = [
        (ROOT / name).read_text(encoding="utf-8")
        for name in tracked()
        if name.endswith((".md", ".toml", ".yml", ".yaml", "CODEOWNERS"))
    ]
    owners = {owner for text in texts for owner in addressed.findall(text)}
    assert owners == {project.owner(ROOT)}


def test_the_line_that_installs_needs_no_release() -> None:
    wanted = "pip install 'bedrock-key-guard[cli] @ git+https://github.com/OWNER/bedrock-key-guard'"
    assert install_with("cli") == wanted.replace(
        "OWNER/bedrock-key-guard", bedrock_key_guard.REPOSITORY
    )
