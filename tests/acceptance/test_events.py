"""Start the Action by hand, by the clock, and without what it needs: it says so."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import pytest

from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests.jobs import REPOSITORY, Done, Host, push, said

WARNING = "::warning title=Bedrock Key Guard::"


@pytest.fixture
def leaked(leaked: LongTermKey, host: Host) -> LongTermKey:
    (host.workspace / "leak.env").write_text(f"TOKEN={leaked.key}\n", encoding="utf-8")
    return leaked


@pytest.fixture
def clean(host: Host) -> Host:
    (host.workspace / "README").touch()
    return host


def warnings(done: Done) -> list[str]:
    lines = done.stdout.decode().splitlines()
    return [line.removeprefix(WARNING) for line in lines if line.startswith(WARNING)]


@pytest.mark.parametrize(
    ("name", "event"),
    [("workflow_dispatch", {**push(), "inputs": None}), ("schedule", {"schedule": "0 0 * * *"})],
)
def test_a_run_by_hand_or_by_the_clock_reads_the_repository(
    name: str, event: Mapping[str, Any], clean: Host
) -> None:
    job = clean.job(event=event, event_name=name)
    done = job.run()
    assert (done.returncode, job.outputs["result"]) == (0, "clean"), done.stderr
    assert warnings(done) == []


def test_a_clean_run_without_aws_credentials_warns_and_loads_no_sdk(clean: Host) -> None:
    settings = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    job = clean.job(settings=settings, python=(sys.executable, "-X", "importtime"))
    done = job.run()
    assert (done.returncode, job.outputs["result"]) == (0, "clean")
    (told,) = warnings(done)
    assert "The job has no AWS credentials: a key found now would stay unverified" in told
    assert "**Warning:** The job has no AWS credentials" in job.summary
    loaded = said(done)
    assert "bedrock_key_guard.aws.ambient" in loaded
    assert "botocore" not in loaded


def test_an_empty_token_is_a_warning_that_says_what_was_lost(
    host: Host, leaked: LongTermKey, github: GitHubServer
) -> None:
    job = host.job()
    done = job.run(github_token="", fail_on="none")
    assert done.returncode == 0
    assert github.issues(REPOSITORY) == []
    (told,) = warnings(done)
    assert told.startswith("No issue was opened or changed: the input `github-token` is empty")
