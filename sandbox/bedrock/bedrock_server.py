"""Serve Bedrock's first plane and mantle over TLS on loopback, and really check the keys.

The `Sandbox` of sandbox/front/sandbox.py starts it and offers it as `sandbox.bedrock`:

    sandbox.bedrock.faults.add(NamePrincipal("arn:aws:iam::210987654321:user/eve"), on="bedrock:*")
    sandbox.bedrock.lag = Lag(probes=3)
    assert sandbox.bedrock.log.calls()[0].fingerprint == incident.fingerprint

`faults` plans what goes wrong, `lag` lets changes of IAM arrive late, `log` holds every request.
`region` is the region that the port plays: a short-term key of another one is refused, and so is a
long-term key of another partition. With None it plays the region of each key. Who comes by a host
name (sandbox/front/internet.py) asks its region and plane. `nodes` is how many hosts stand behind
each name, to which connections are dealt in turn; `delay` lets some of them hear late.
`manner` chooses where public reports of Bedrock's refusals disagree (sandbox/bedrock/planes.py).
`endpoint_policy` is that of the VPC endpoint through which everybody comes, None for none.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import trustme

from sandbox.base import clock
from sandbox.base.fault_plan import Action, FaultPlan
from sandbox.base.faults import (
    AcceptEverything,
    Answer,
    Delay,
    Hang,
    Interrupt,
    NamePrincipal,
    ServiceError,
)
from sandbox.base.lag import Lag
from sandbox.base.loopback import RESET_ON_CLOSE, LoopbackServer
from sandbox.base.wire import BedrockCall, WireLog, fingerprint
from sandbox.bedrock.bearer import Refusal, authenticate, region_of
from sandbox.bedrock.bedrock_events import Caller, record_bearer_call
from sandbox.bedrock.hosts import Place, place_of
from sandbox.bedrock.operations import CONTROL, LIST_MODELS, MANTLE, asked, is_served
from sandbox.bedrock.planes import Ask, Manner, decide, denied, done, render, through_endpoint
from sandbox.bedrock.propagation import Propagation, Ruling, Spot
from sandbox.iam.authorization import IDENTITY, Denial

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.base.faults import Outcome
    from sandbox.bedrock.operations import Operation, Plane

NO_KEY = ServiceError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
NOT_FOUND = ServiceError(404, "UnknownOperationException", "Unknown operation")
WRONG_METHOD = ServiceError(405, "UnsupportedOperationException", "Method not allowed")


class BedrockServer:
    """Run both planes on one port; they are told apart by the path."""

    def __init__(self, state: threading.RLock, region: str, directory: Path) -> None:
        """Take the lock that guards IAM's state, and a directory for the CA bundle."""
        self.region: str | None = region
        self.manner = Manner()
        self.endpoint_policy: Mapping[str, Any] | None = None
        self.faults = FaultPlan(for_bedrock=True)
        self.log: WireLog[BedrockCall] = WireLog()
        self.nodes = 1
        self.stopping = threading.Event()
        self.ca_bundle = directory / "sandbox-ca.pem"
        self._state = state
        self._propagation = Propagation()
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(str(self.ca_bundle))
        self._connections = itertools.count()
        self._server = _TlsServer(self, self.tls("127.0.0.1", "localhost"))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"https://127.0.0.1:{self._server.server_port}"

    @property
    def lag(self) -> Lag:
        return self._propagation.lag

    @lag.setter
    def lag(self, lag: Lag) -> None:
        self._propagation.lag = lag

    def delay(self, lag: Lag, *, on: str = "*", region: str = "*", node: int | None = None) -> None:
        """Let IAM's changes reach an operation, a region or a host behind its name late."""
        self._propagation.delay(lag, on, region, node)

    def tls(self, *hosts: str) -> ssl.SSLContext:
        """Make a certificate for hosts, signed by the authority whose bundle clients trust."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*hosts).configure_cert(context)
        return context

    def serve(self, connection: ssl.SSLSocket, address: tuple[str, int]) -> None:
        """Answer whoever has come by a host name; the connection is open already."""
        _Handler(connection, address, self._server)

    def next_node(self) -> int:
        return next(self._connections) % self.nodes

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def clear(self) -> None:
        """Forget faults, lag, manner, requests and hosts."""
        self.faults.clear()
        self.log.clear()
        self.manner = Manner()
        self.endpoint_policy = None
        self.nodes = 1
        self._propagation.clear()

    def answer(self, ask: Ask, node: int, bearer: str, caller: Caller) -> Answer:
        """Answer as far as IAM's changes have arrived, and let CloudTrail record it."""
        with self._state:
            key = through_endpoint(authenticate(bearer, ask.region), self.endpoint_policy)
            known = None if isinstance(key, Refusal) else key
            truth = Ruling(decide(ask, key, self.manner), known)
            spot = Spot(ask.operation.action, ask.region, node)
            ruling = self._propagation.settle(spot, fingerprint(bearer), truth)
            record_bearer_call(ask, ruling, caller)
        return ruling.answer


class _TlsServer(LoopbackServer):
    """Shake hands in the thread of each connection, so that a silent client stops nobody else."""

    daemon_threads = False

    def __init__(self, bedrock: BedrockServer, tls: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bedrock = bedrock
        self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.connections: set[socket.socket] = set()

    def hang_up(self) -> None:
        """Close what clients still keep open; the threads that read from it end."""
        for connection in tuple(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _TlsServer
    protocol_version = "HTTP/1.1"
    server_version = "BedrockSandbox"
    disable_nagle_algorithm = True  # or each answer on a kept connection waits 40 ms

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)
        self.node = self.server.bedrock.next_node()

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        super().finish()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        place = place_of(self.headers.get("Host", "")) or Place(self.server.bedrock.region)
        found = asked(self.command, path)
        if found is not None and place.plane not in (None, found[0].plane):
            found = None
        bearer = self._bearer(None if found is None else found[0].plane)
        self._record(path, found, bearer)
        if found is None:
            answer: Answer | None = render(
                None, WRONG_METHOD if is_served(path, place.plane) else NOT_FOUND
            )
        else:
            answer = self._answer(*found, place, bearer)
        if answer is None:
            self._drop()
        else:
            self._send(answer)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 - as http.server calls them

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - as inherited
        return clock.http_date()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass

    def _bearer(self, plane: Plane | None) -> str | None:
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and token:
            return token.strip()
        if plane is MANTLE:
            return self.headers.get("x-api-key")
        return None

    def _record(self, path: str, found: tuple[Operation, str] | None, bearer: str | None) -> None:
        self.server.bedrock.log.record(
            BedrockCall(
                method=self.command,
                path=path,
                host=self.headers.get("Host", ""),
                user_agent=self.headers.get("User-Agent", ""),
                plane=None if found is None else found[0].plane.namespace,
                fingerprint=None if bearer is None else fingerprint(bearer),
                port=self.client_address[1],
            )
        )

    def _answer(
        self, operation: Operation, model: str, place: Place, bearer: str | None
    ) -> Answer | None:
        """Answer as planned or in truth; None is a connection without an answer."""
        bedrock = self.server.bedrock
        region = place.region or region_of(bearer or "")
        fault = bedrock.faults.take(Action.called(operation.action, None, region))
        if isinstance(fault, Delay):
            bedrock.stopping.wait(fault.seconds)
        elif fault is not None:
            return self._planned(fault, operation, region)
        if bearer is not None:
            agent, host = (self.headers.get(name, "") for name in ("User-Agent", "Host"))
            caller = Caller(self.client_address[0], agent, host)
            return bedrock.answer(Ask(operation, region, model), self.node, bearer, caller)
        if operation.plane is CONTROL:
            return render(CONTROL, NO_KEY)
        return decide(Ask(operation, ""), Refusal.AUTHENTICATION, bedrock.manner)

    def _planned(self, fault: Outcome, operation: Operation, region: str) -> Answer | None:
        plane, bedrock = operation.plane, self.server.bedrock
        if isinstance(fault, Answer):
            return fault
        if isinstance(fault, ServiceError):
            return render(plane, fault)
        if isinstance(fault, NamePrincipal):
            action = fault.action or operation.action
            resource = None if action == LIST_MODELS.action else "*"
            return denied(plane, fault.arn, Denial(action, IDENTITY, explicit=False), resource)
        if isinstance(fault, AcceptEverything):
            return done(Ask(operation, region))
        if isinstance(fault, Hang):
            bedrock.stopping.wait()
        if isinstance(fault, Interrupt):
            fault.act()
        return None

    def _send(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        for name, value in (*answer.headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self.connection.close()
