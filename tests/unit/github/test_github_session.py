from __future__ import annotations

import traceback
from pathlib import Path

import pytest
import requests

from bedrock_key_guard.errors import CredentialsError
from bedrock_key_guard.github.client import open_session

TOKEN = "ghs_madeUpForThisTest0123456789"
API = "https://api.github.com"


@pytest.mark.parametrize(
    "token",
    ["", " ", "\n", f"{TOKEN}\nX-Evil: 1", f"{TOKEN} {TOKEN}", f"{TOKEN}é", f"{TOKEN}\0", "\ud800"],
)
def test_a_token_that_cannot_be_one_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        open_session(token, API)
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    assert caught.value.exit_code == 3


def test_a_line_end_after_the_token_is_forgiven() -> None:
    with open_session(f"{TOKEN}\n", API) as session:
        request = session.prepare_request(requests.Request("GET", API))
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_session_shows_its_token_nowhere() -> None:
    with open_session(TOKEN, API) as session:
        shown = f"{session!r} {session} {vars(session)} {session.auth!r} {session.auth}"
    assert TOKEN not in shown


def test_netrc_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.github.com login mallory password mallory\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with open_session(TOKEN, API) as session:
        # Without `auth`, requests asks .netrc if it trusts the environment.
        session.auth = None
        request = session.prepare_request(requests.Request("GET", API))
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(
    ("environment", "api_url", "proxies"),
    [
        ({"https_proxy": "http://p:1", "no_proxy": ""}, API, {"https": "http://p:1"}),
        ({"https_proxy": "http://p:1", "no_proxy": "github.com"}, API, {}),
        ({"https_proxy": "http://p:1", "no_proxy": "ghes.example"}, "https://ghes.example", {}),
    ],
)
def test_the_proxy_of_the_environment_is_used_where_it_is_meant(
    environment: dict[str, str],
    api_url: str,
    proxies: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.setenv(name, value)
    with open_session(TOKEN, api_url) as session:
        assert {name: url for name, url in session.proxies.items() if name == "https"} == proxies


@pytest.mark.parametrize(
    ("environment", "verify"),
    [
        ({}, True),
        ({"SSL_CERT_FILE": ""}, True),
        ({"SSL_CERT_FILE": "/ca.pem"}, "/ca.pem"),
        ({"SSL_CERT_FILE": "/ca.pem", "REQUESTS_CA_BUNDLE": "/first.pem"}, "/first.pem"),
    ],
)
def test_the_ca_bundle_of_the_environment_counts(
    environment: dict[str, str], verify: bool | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with open_session(TOKEN, API) as session:
        assert session.verify == verify
