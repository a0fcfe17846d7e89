from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bedrock_key_guard.action.libraries import Libraries
from bedrock_key_guard.errors import UsageError

ABSENT = ("a_library_that_nobody_has",)


@pytest.fixture(autouse=True)
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_what_is_there_is_not_installed(tmp_path: Path) -> None:
    Libraries(tmp_path, {"GITHUB_ACTION_PATH": str(tmp_path)}, pytest.fail).provide()
    assert list(tmp_path.iterdir()) == []


def test_outside_of_the_action_the_extra_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a_library_that_nobody_has cannot be imported") as caught:
        Libraries(tmp_path, {}, pytest.fail, needed=ABSENT).provide()
    assert "bedrock-key-guard[action]" in caught.value.remedy


def test_what_unpacks_is_installed_apart_from_what_judges_keys(tmp_path: Path) -> None:
    libraries = Libraries(tmp_path, {}, pytest.fail)
    assert libraries.unpack_by(("json", "importlib.util"))
    for module in ("a_library_that_nobody_has", "no_package.with_this"):
        with pytest.raises(UsageError, match=f"{module} cannot be imported"):
            Libraries(tmp_path, {}, pytest.fail).unpack_by((module,))
    with pytest.raises(UsageError, match="nobody_has"):
        libraries.unpack_by(ABSENT)
    libraries.provide()  # what failed for the one is no failure of the other


def test_where_no_environment_can_be_made_it_is_said_why_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "venv").write_text("no folder", encoding="utf-8")
    said: list[str] = []
    libraries = Libraries(
        tmp_path, {"GITHUB_ACTION_PATH": str(tmp_path)}, said.append, needed=ABSENT
    )
    for _ in range(2):
        with pytest.raises(UsageError, match="cannot make an environment") as caught:
            libraries.provide()
        assert caught.value.remedy == "Add actions/setup-python before this step."
    # It was tried once: whoever needs the libraries next gets the same answer.
    assert len(said) == 1
    assert "venv" in said[0]


def test_a_python_that_cannot_be_started_is_said_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone"))
    said: list[str] = []
    job = {"GITHUB_ACTION_PATH": str(tmp_path)}
    with pytest.raises(UsageError, match="cannot make an environment"):
        Libraries(tmp_path, job, said.append, needed=ABSENT).provide()
    assert "No such file" in said[0]


@pytest.mark.slow
def test_a_child_knows_where_packages_come_from_and_no_credential(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_bytes(f"#!/bin/sh\nenv > {tmp_path / 'known'}\nexit 1\n".encode())
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    job = {
        "AWS_SECRET_ACCESS_KEY": "none",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "none",
        "GITHUB_ACTION_PATH": str(tmp_path),
        "INPUT_GITHUB_TOKEN": "none",
        "PIP_INDEX_URL": "https://packages.example.com/simple",
        "PIP_TARGET": "elsewhere",
        "https_proxy": "http://proxy.example.com",
        "PATH": "/usr/bin:/bin",
    }
    with pytest.raises(UsageError):
        Libraries(tmp_path, job, lambda _: None, needed=ABSENT).provide()
    known = {line.partition("=")[0] for line in (tmp_path / "known").read_text().splitlines()}
    assert known - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PIP_INDEX_URL", "https_proxy", "PATH"}
