"""Leak keys as people do: into files of every kind, and into the history of a repository."""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def forged(key: str) -> str:
    """Make up a key that names the credential of another: anyone can."""
    alias = base64.b64decode(key[4:]).partition(b":")[0]
    made_up = base64.b64encode(secrets.token_bytes(44))
    return "ABSK" + base64.b64encode(alias + b":" + made_up).decode()


def leak_into(path: Path, key: str) -> None:
    """Write a key into a file, as a file of this kind would hold it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_content(path.suffix, key), encoding="utf-8")


def make_repository(folder: Path) -> None:
    """Make an empty repository in which people can commit, whatever their own settings are."""
    git(folder, "init", "--quiet", "--initial-branch=main")
    for name, value in _PERSON.items():
        git(folder, "config", f"user.{name.lower()}", value)


def commit_all(folder: Path, message: str) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", f"--message={message}")


def git(folder: Path, *arguments: str) -> str:
    """Run Git, which obeys neither this shell nor this person's settings; give what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    clean = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        env={"PATH": os.environ["PATH"], **clean},
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout.strip()


_PERSON = {"NAME": "Sam Example", "EMAIL": "sam@example.com"}


def _content(suffix: str, key: str) -> str:
    if suffix == ".ipynb":
        lines = ["import os\n", f'os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "{key}"\n']
        cell = {"cell_type": "code", "source": lines, "outputs": [], "metadata": {}}
        return json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}, indent=1)
    if suffix == ".json":
        return json.dumps({"headers": {"Authorization": f"Bearer {key}"}}, indent=2)
    if suffix == ".yaml":
        return f"bedrock:\n  env:\n    - AWS_BEARER_TOKEN_BEDROCK={key}\n"
    if suffix == ".py":
        return f'client = OpenAI(api_key="{key}", base_url=BEDROCK)\n'
    if suffix == ".md":
        return f"Run this first:\n\n    export AWS_BEARER_TOKEN_BEDROCK={key}\n"
    return f"export AWS_BEARER_TOKEN_BEDROCK='{key}'\n"
