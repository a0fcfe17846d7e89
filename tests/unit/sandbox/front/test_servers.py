"""How a sandbox starts and ends; these tests start their own."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.base.faults import Hang
from sandbox.front.sandbox import Sandbox

ACCOUNT = "123456789012"


def is_open(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as connection:
        return connection.connect_ex((parts.hostname, parts.port)) == 0


def test_nothing_is_left_when_it_ends() -> None:
    with Sandbox(accounts=(ACCOUNT,), region="eu-west-1") as sandbox:
        environment = sandbox.environment(ACCOUNT)
        assert environment["AWS_REGION"] == "eu-west-1"
        assert is_open(sandbox.aws_url)
        assert is_open(sandbox.bedrock.url)
    assert not is_open(sandbox.aws_url)
    assert not is_open(sandbox.bedrock.url)
    assert not Path(environment["AWS_CA_BUNDLE"]).exists()


def test_the_shells_aws_settings_are_put_aside_while_it_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.setenv(name, "the developer's own")
    with Sandbox() as sandbox:
        child = os.environ | sandbox.environment("111122223333")
        assert "AWS_SESSION_TOKEN" not in child
        assert sandbox.client("sts", "111122223333").get_caller_identity()
    assert os.environ["AWS_SESSION_TOKEN"] == "the developer's own"


def test_another_one_can_follow_and_knows_nothing() -> None:
    with Sandbox() as first:
        made = first.make_long_term_key("111122223333", "alice")
    with Sandbox() as second:
        assert second.credential_status("111122223333", made.credential_id) is None
        assert second.aws_url


def test_a_failure_within_ends_it_too() -> None:
    with pytest.raises(KeyError), Sandbox() as sandbox:
        sandbox.environment("000000000000")
    assert not is_open(sandbox.aws_url)


def test_its_end_frees_whoever_hangs_or_keeps_a_connection() -> None:
    failures: list[BaseException] = []

    def ask(url: str, bundle: str) -> None:
        try:
            requests.get(url, verify=bundle, timeout=30)
        except requests.ConnectionError as error:
            failures.append(error)

    with Sandbox() as sandbox, requests.Session() as idle:
        bundle = str(sandbox.bedrock.ca_bundle)
        idle.get(sandbox.bedrock.url, verify=bundle, timeout=10)
        sandbox.aws_faults.add(Hang())
        sandbox.bedrock.faults.add(Hang())
        urls = (sandbox.aws_url, f"{sandbox.bedrock.url}/foundation-models")
        threads = [threading.Thread(target=ask, args=(url, bundle)) for url in urls]
        for thread in threads:
            thread.start()
        while not (sandbox.calls() and len(sandbox.bedrock.log.calls()) == 2):
            assert all(thread.is_alive() for thread in threads)
    for thread in threads:
        thread.join()
    assert len(failures) == 2
