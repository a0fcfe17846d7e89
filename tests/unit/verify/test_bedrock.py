from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from bedrock_key_guard import __version__
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.evidence import BedrockAnswer, Plane
from bedrock_key_guard.verify.bedrock import PLANES, HttpsProber
from sandbox.base.faults import (
    THROTTLED,
    UNAVAILABLE,
    AcceptEverything,
    Answer,
    Drop,
    Fault,
    Hang,
    NamePrincipal,
    html,
    redirect,
)
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import DENY_BOTH_PLANES
from tests.unit.verify.doubles import ACCOUNT, key_of, long_term
from tests.unit.verify.raw_servers import RawServer, says, tunnel

MODELS = json.dumps({"modelSummaries": [{"modelId": "amazon.nova-example-v1:0"}]}).encode()
PATIENCE = 0.2
KEY = long_term()


class Naps:
    def __init__(self) -> None:
        self.taken: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def environment(sandbox: Sandbox) -> dict[str, str]:
    return sandbox.environment(ACCOUNT)


@pytest.fixture
def prober(environment: dict[str, str], naps: Naps) -> HttpsProber:
    return HttpsProber(environment, naps)


@pytest.fixture
def live(sandbox: Sandbox) -> LongTermKey:
    key = key_of(sandbox.make_long_term_key(ACCOUNT, "alice").key)
    assert isinstance(key, LongTermKey)
    return key


@pytest.fixture
def serve() -> Iterator[ExitStack]:
    with ExitStack() as servers:
        yield servers


def at(url: str) -> dict[str, str]:
    """Trust endpoints, and make them all the same one."""
    return {"BEDROCK_KEY_GUARD_ENDPOINTS": "trust", "AWS_ENDPOINT_URL": url}


def response(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", "")
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize("plane", PLANES)
def test_a_live_key_is_accepted(
    plane: Plane, prober: HttpsProber, live: LongTermKey, sandbox: Sandbox, naps: Naps
) -> None:
    answer = prober.ask(plane, live, "us-east-1")
    assert (answer.state, answer.status, answer.plane) == ("accepted", 200, plane)
    assert (answer.region, answer.refusals) == ("us-east-1", 0)
    (call,) = sandbox.bedrock.log.calls()
    assert (call.method, call.plane, call.fingerprint) == ("GET", plane, live.fingerprint)
    assert call.user_agent == f"bedrock-key-guard/{__version__}"
    assert naps.taken == []


@pytest.mark.parametrize("plane", PLANES)
def test_a_forged_key_is_refused_once(plane: Plane, prober: HttpsProber, live: LongTermKey) -> None:
    answer = prober.ask(plane, long_term("alice", seed="forged"), "us-east-1")
    assert (answer.state, answer.refusals) == ("refused", 1)


@pytest.mark.parametrize("plane", PLANES)
def test_a_short_term_key_is_asked_in_its_region(
    plane: Plane, prober: HttpsProber, sandbox: Sandbox
) -> None:
    key = key_of(sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline").key)
    assert isinstance(key, ShortTermKey)
    assert prober.ask(plane, key, key.region).state == "accepted"


@pytest.mark.parametrize("plane", PLANES)
def test_a_denied_key_names_its_principal(
    plane: Plane, prober: HttpsProber, live: LongTermKey, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).put_user_policy(
        UserName="alice", PolicyName="quarantine", PolicyDocument=json.dumps(DENY_BOTH_PLANES)
    )
    answer = prober.ask(plane, live, "us-east-1")
    assert answer.state == "denied"
    assert answer.principal == f"arn:aws:iam::{ACCOUNT}:user/alice"
    assert answer.denied_action == f"{plane}:CallWithBearerToken"


@pytest.mark.parametrize(
    ("fault", "attempts", "detail"),
    [
        (html(), 1, "answered 200 without a list of models"),
        (html(407), 1, "answered 407"),
        (html(403), 1, "in words that Bedrock is not known to use"),
        (THROTTLED, 3, "answered 429: throttled or failing"),
        (UNAVAILABLE, 3, "answered 503: throttled or failing"),
        (Drop(), 3, "it could not be reached (ConnectionError)"),
    ],
)
def test_what_proves_nothing_is_asked_again_only_where_that_may_help(
    fault: Fault, attempts: int, detail: str, prober: HttpsProber, sandbox: Sandbox, naps: Naps
) -> None:
    sandbox.bedrock.faults.add(fault, on="bedrock:*", times=None)
    answer = prober.ask("bedrock", KEY, "us-east-1")
    assert answer.state == "unknown"
    assert detail in answer.detail
    assert len(sandbox.bedrock.log.calls()) == attempts
    assert len(naps.taken) == attempts - 1


@pytest.mark.parametrize("fault", [THROTTLED, UNAVAILABLE, Drop()])
def test_a_fault_that_passes_is_waited_for(
    fault: Fault, prober: HttpsProber, live: LongTermKey, sandbox: Sandbox, naps: Naps
) -> None:
    sandbox.bedrock.faults.add(fault, on="bedrock:*", times=2)
    assert prober.ask("bedrock", live, "us-east-1").state == "accepted"
    first, second = naps.taken
    assert 1 <= first <= 2 <= second <= 4


def test_a_stranger_named_by_bedrock_is_passed_on_as_named(
    prober: HttpsProber, sandbox: Sandbox
) -> None:
    arn = "arn:aws:iam::210987654321:user/eve"
    sandbox.bedrock.faults.add(NamePrincipal(arn))
    answer = prober.ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.principal) == ("denied", arn)


def test_a_host_that_hangs_is_left_at_the_deadline(
    environment: dict[str, str], sandbox: Sandbox, naps: Naps
) -> None:
    sandbox.bedrock.faults.add(Hang(), on="bedrock:*", times=None)
    prober = HttpsProber(environment, naps, deadline=PATIENCE)
    answer = prober.ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.detail) == ("unknown", "it did not answer in time")
    assert (answer.status, naps.taken) == (None, [])


class TimesOut(HTTPAdapter):
    def send(self, *_: object, **__: object) -> requests.Response:
        raise requests.exceptions.ReadTimeout


def test_a_read_that_times_out_is_not_tried_again(naps: Naps) -> None:
    prober = HttpsProber({}, naps)
    prober._kept.mount("https://", TimesOut())
    answer = prober.ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.detail) == ("unknown", "it did not answer in time")
    assert naps.taken == []


def test_a_host_that_drips_is_left_at_the_deadline(serve: ExitStack, naps: Naps) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(response(MODELS)[: -len(MODELS)])
        for byte in MODELS:
            connection.sendall(bytes([byte]))
            time.sleep(PATIENCE / 20)

    server = serve.enter_context(RawServer(drip))
    prober = HttpsProber(at(server.url), naps, deadline=PATIENCE)
    assert prober.ask("bedrock", KEY, "us-east-1").detail == "it did not answer in time"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(
    status: int, prober: HttpsProber, sandbox: Sandbox, serve: ExitStack
) -> None:
    elsewhere = serve.enter_context(RawServer(says(response(MODELS))))
    sandbox.bedrock.faults.add(redirect(f"{elsewhere.url}/foundation-models", status))
    answer = prober.ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.status) == ("unknown", status)
    assert elsewhere.requests == []


def test_of_a_redirect_not_even_the_page_is_read(serve: ExitStack, naps: Naps) -> None:
    left = threading.Event()

    def page_without_end(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:9/\r\n\r\n")
        try:
            for _ in range(64):
                connection.sendall(b"x" * (1 << 20))
        except OSError:
            left.set()

    server = serve.enter_context(RawServer(page_without_end))
    answer = HttpsProber(at(server.url), naps).ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.status) == ("unknown", 302)
    assert left.wait(10)


def test_a_certificate_of_nobody_we_trust_is_shown_no_key(
    environment: dict[str, str], sandbox: Sandbox, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.bedrock.faults.add(AcceptEverything(), times=None)
    # Whom the run trusts stands in its environment, and in no other setting of its libraries.
    monkeypatch.setenv("CURL_CA_BUNDLE", environment.pop("AWS_CA_BUNDLE"))
    answer = HttpsProber(environment, naps).ask("bedrock", KEY, "us-east-1")
    assert (answer.state, answer.detail) == ("unknown", "its certificate could not be trusted")
    assert (sandbox.bedrock.log.calls(), naps.taken) == ((), [])


@pytest.mark.parametrize("sent", [b"", b"SSH-2.0-OpenSSH_9.9\r\n\r\n"], ids=["nothing", "no TLS"])
def test_a_handshake_that_breaks_off_is_tried_again(
    sent: bytes, serve: ExitStack, naps: Naps
) -> None:
    server = serve.enter_context(RawServer(says(sent)))
    environment = at(server.url.replace("http:", "https:"))
    answer = HttpsProber(environment, naps).ask("bedrock", KEY, "us-east-1")
    assert (answer.state, len(naps.taken)) == ("unknown", 2)
    assert answer.detail.startswith("it could not be reached")


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_are_taken_from_the_environment(
    name: str, environment: dict[str, str], live: LongTermKey
) -> None:
    environment[name] = environment.pop("AWS_CA_BUNDLE")
    assert HttpsProber(environment).ask("bedrock", live, "us-east-1").state == "accepted"


def test_a_bundle_that_is_not_there_is_a_failure_to_ask(
    environment: dict[str, str], naps: Naps, sandbox: Sandbox
) -> None:
    environment["AWS_CA_BUNDLE"] = "/no/such/bundle.pem"
    answer = HttpsProber(environment, naps).ask("bedrock", KEY, "us-east-1")
    assert answer.state == "unknown"
    assert sandbox.bedrock.log.calls() == ()


def test_no_credential_of_this_machine_takes_the_keys_place(
    home: Path,
    prober: HttpsProber,
    live: LongTermKey,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in (".netrc", "_netrc"):
        (home / name).write_text("machine 127.0.0.1 login somebody password secret\n")
        (home / name).chmod(0o600)
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "another-key")
    assert prober.ask("bedrock", live, "us-east-1").state == "accepted"
    assert [call.fingerprint for call in sandbox.bedrock.log.calls()] == [live.fingerprint]


def test_a_request_carries_the_key_and_little_else(serve: ExitStack) -> None:
    server = serve.enter_context(RawServer(says(response(MODELS, "Set-Cookie: a=b; Path=/"))))
    prober = HttpsProber(at(server.url))
    for _ in range(2):
        assert prober.ask("bedrock", KEY, "us-east-1").state == "accepted"
    for request in server.requests:
        first, *headers = request.splitlines()
        assert first == "GET /foundation-models HTTP/1.1"
        names = {header.partition(":")[0].lower() for header in headers if header}
        assert names <= {
            "accept",
            "accept-encoding",
            "authorization",
            "connection",
            "host",
            "user-agent",
        }
        assert f"Authorization: Bearer {KEY.secret.unseal()}" in headers


def test_a_proxy_is_honoured_and_sees_no_key(
    prober: HttpsProber,
    live: LongTermKey,
    sandbox: Sandbox,
    serve: ExitStack,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host, port = sandbox.bedrock.url.removeprefix("https://").split(":")

    def connect(connection: socket.socket) -> None:
        tunnel(connection, host, int(port))

    proxy = serve.enter_context(RawServer(connect))
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, proxy.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name)
    assert prober.ask("bedrock", live, "us-east-1").state == "accepted"
    (request,) = proxy.requests
    assert request.startswith(f"CONNECT {host}:{port} HTTP/1.")
    assert "Authorization" not in request


@pytest.mark.parametrize("region", ["us-east-2 ", "x@127.0.0.1:1/#", "cn-north-1", "us-еast-1", ""])
def test_a_region_that_is_not_in_the_table_is_asked_nothing(
    region: str, prober: HttpsProber, sandbox: Sandbox, naps: Naps
) -> None:
    for plane in PLANES:
        answer = prober.ask(plane, KEY, region)
        assert (answer.state, answer.region) == ("unknown", region)
        assert "a region or a partition where no Bedrock is known" in answer.detail
    assert (sandbox.bedrock.log.calls(), naps.taken) == ((), [])


@pytest.mark.parametrize(
    ("error", "plane", "region", "expected"),
    [
        (socket.EAI_NONAME, "bedrock-mantle", "ca-central-1", "not-offered"),
        (socket.EAI_NONAME, "bedrock-mantle", "us-gov-west-1", "not-offered"),
        (socket.EAI_NONAME, "bedrock-mantle", "us-east-1", "unknown"),
        (socket.EAI_NONAME, "bedrock", "ca-central-1", "unknown"),
        (socket.EAI_AGAIN, "bedrock-mantle", "ca-central-1", "unknown"),
    ],
)
def test_a_plane_is_missing_only_where_its_host_has_no_name(
    error: int,
    plane: Plane,
    region: str,
    expected: str,
    naps: Naps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(error, "no address")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("no_proxy", "*")
    assert HttpsProber({}, naps).ask(plane, KEY, region).state == expected


@pytest.mark.parametrize("plane", PLANES)
def test_a_silent_host_is_no_missing_plane(plane: Plane, naps: Naps) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = HttpsProber(at(f"https://127.0.0.1:{port}"), naps).ask(plane, KEY, "ca-central-1")
    assert (answer.state, len(naps.taken)) == ("unknown", 2)


BROKEN = {
    "no HTTP at all": b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
    "nothing": b"",
    "half a body": response(MODELS)[:-1],
    "no chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzzz",
    "no gzip": response(MODELS, "Content-Encoding: gzip"),
    "a bomb": response(gzip.compress(b"[" * (16 << 20)), "Content-Encoding: gzip"),
    "a list too long": response(
        json.dumps({"modelSummaries": [{"modelId": "x" * 99}] * 40_000}).encode()
    ),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_a_broken_answer_proves_nothing(sent: bytes, serve: ExitStack, naps: Naps) -> None:
    server = serve.enter_context(RawServer(says(sent)))
    assert HttpsProber(at(server.url), naps).ask("bedrock", KEY, "us-east-1").state == "unknown"


def test_a_compressed_answer_is_read(serve: ExitStack) -> None:
    sent = response(gzip.compress(MODELS), "Content-Encoding: gzip")
    server = serve.enter_context(RawServer(says(sent)))
    assert HttpsProber(at(server.url)).ask("bedrock", KEY, "us-east-1").state == "accepted"


def test_no_answer_quotes_the_key(prober: HttpsProber, sandbox: Sandbox) -> None:
    echo = Answer(403, json.dumps({"Message": f"Bad key {KEY.secret.unseal()}"}))
    sandbox.bedrock.faults.add(echo)
    answer: BedrockAnswer = prober.ask("bedrock", KEY, "us-east-1")
    assert KEY.secret.unseal()[20:32] not in repr(answer)
