"""Serve moto over HTTP on loopback, with a front that logs, fails on purpose and knows its callers.

Unlike moto by itself, the front checks access keys, session tokens and signatures
(sandbox/iam/authentication.py) and parameters (constraints.py), and refuses what AWS would refuse
(rules.py).
Calls are handed to moto one at a time, for moto's state has no locks of its own.
"""

from __future__ import annotations

import functools
import socket
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from sandbox.aws import organizations_addon
from sandbox.aws.api_events import record_call
from sandbox.aws.constraints import outside_the_model
from sandbox.aws.enforcement import refused_permission
from sandbox.aws.rules import refusal_of
from sandbox.base import clock
from sandbox.base.fault_plan import Action, FaultPlan
from sandbox.base.faults import Answer, Delay, Hang, Interrupt, Lost, ServiceError
from sandbox.base.loopback import RESET_ON_CLOSE
from sandbox.base.wire import AwsCall, WireLog
from sandbox.cloudtrail import cloudtrail_addon
from sandbox.iam import credentials_addon
from sandbox.iam.authentication import refused_credentials
from sandbox.iam.request import Request, read_request, rendered
from sandbox.sts import sts_addon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.base.faults import Outcome


class QuietRequestHandler(MotoRequestHandler):
    """Handle requests as moto does, without a line on stderr for each."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - as inherited
        return clock.http_date()

    def connection_dropped(
        self,
        error: BaseException,  # noqa: ARG002 - as inherited
        environ: dict[str, Any] | None = None,  # noqa: ARG002 - as inherited
    ) -> None:
        self.close_connection = True


class Dispatcher(DomainDispatcherApplication):
    """Find services as moto does, but do not look through its folder again for each request."""

    def __init__(self) -> None:
        super().__init__(create_backend_app)
        known = functools.cache(self.get_backend_for_host)
        self.get_backend_for_host = known  # type: ignore[method-assign]  # it is one of functions


class AwsServer:
    """Run moto and its add-ons; `url` is the endpoint of every AWS service but Bedrock."""

    def __init__(self, state: threading.RLock) -> None:
        """Take the lock that guards moto's state, which Bedrock reads too."""
        self.enforcing = False
        self.faults = FaultPlan()
        self.log: WireLog[AwsCall] = WireLog()
        self._state = state
        self._stopping = threading.Event()
        for addon in (credentials_addon, cloudtrail_addon, sts_addon, organizations_addon):
            addon.install()
        self._moto = Dispatcher()
        self._server = make_server(
            "127.0.0.1", 0, self._front, threaded=True, request_handler=QuietRequestHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()

    def _front(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = read_request(environ)
        call = request.call()
        self.log.record(call)
        fault = self.faults.take(Action.called(call.action, call.account_id, call.region))
        if isinstance(fault, Delay):
            self._stopping.wait(fault.seconds)
        elif fault is not None:
            return self._fail(fault, request, environ, start_response)
        with self._state:
            return _sent(self._answer(request, environ), start_response)

    def _answer(self, request: Request, environ: dict[str, Any]) -> Answer:
        refusal = refused_credentials(request)
        if refusal is not None:
            return rendered(refusal, request.service)
        caller = request.signer
        refusal = outside_the_model(request)
        if refusal is None and self.enforcing and caller is not None:
            refusal = refused_permission(request, caller)
        refusal = refusal or refusal_of(request)
        if refusal is not None:
            answer = rendered(refusal, request.service)
        else:
            answer = self._carried_out(environ)
        if caller is not None:
            record_call(request, caller, answer)
        return answer

    def _carried_out(self, environ: dict[str, Any]) -> Answer:
        """Let moto answer."""
        begun: list[Any] = []
        body = b"".join(self._moto(environ, lambda *start: begun.extend(start))).decode()
        status, headers, *_ = begun
        kept = tuple((name, value) for name, value in headers if name != "Content-Length")
        return Answer(int(status.partition(" ")[0]), body, kept)

    def _fail(
        self,
        fault: Outcome,
        request: Request,
        environ: dict[str, Any],
        start_response: Any,
    ) -> Iterable[bytes]:
        if isinstance(fault, Answer):
            return _sent(fault, start_response)
        if isinstance(fault, ServiceError):
            return _sent(rendered(fault, request.service), start_response)
        if isinstance(fault, Hang):
            self._stopping.wait()
        if isinstance(fault, Lost) or (isinstance(fault, Interrupt) and fault.carried_out):
            with self._state:
                self._answer(request, environ)
        if isinstance(fault, Interrupt):
            fault.act()
        raise _dropped(environ["werkzeug.socket"])


def _sent(answer: Answer, start_response: Any) -> Iterable[bytes]:
    body = answer.body.encode()
    headers = [*answer.headers, ("Content-Length", str(len(body)))]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [body]


def _dropped(connection: socket.socket) -> ConnectionResetError:
    """Close without a farewell; the exception tells werkzeug that nobody is there any more."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()
    return ConnectionResetError()
