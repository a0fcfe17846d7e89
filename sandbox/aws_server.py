"""Serve moto over HTTP on loopback, with a front that logs, fails on purpose and knows its callers.

Unlike moto by itself, the front refuses access keys that no account holds or that are Inactive.
Calls are handed to moto one at a time, for moto's state has no locks of its own.
"""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server

from sandbox import cloudtrail_addon, credentials_addon
from sandbox.faults import Answer, Delay, FaultPlan, Hang, ServiceError
from sandbox.principals import account_of, signer_of
from sandbox.wire import AwsCall, WireLog, kept

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.faults import Fault

UNKNOWN_KEY = ServiceError(
    403, "InvalidClientTokenId", "The security token included in the request is invalid."
)
UNKNOWN_KEY_JSON = ServiceError(400, "UnrecognizedClientException", UNKNOWN_KEY.message)
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class QuietRequestHandler(MotoRequestHandler):
    """Handle requests as moto does, without a line on stderr for each."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass

    def connection_dropped(
        self,
        error: BaseException,  # noqa: ARG002 - as inherited
        environ: dict[str, Any] | None = None,  # noqa: ARG002 - as inherited
    ) -> None:
        self.close_connection = True


class AwsServer:
    """Run moto and its add-ons; `url` is the endpoint of every AWS service but Bedrock."""

    def __init__(self, state: threading.RLock) -> None:
        """Take the lock that guards moto's state, which Bedrock reads too."""
        self.faults = FaultPlan()
        self.log: WireLog[AwsCall] = WireLog()
        self._state = state
        self._stopping = threading.Event()
        credentials_addon.install()
        cloudtrail_addon.install()
        self._moto = DomainDispatcherApplication(create_backend_app)
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
        call = read_call(environ)
        self.log.record(call)
        fault = self.faults.take(call.action)
        if isinstance(fault, Delay):
            self._stopping.wait(fault.seconds)
        elif fault is not None:
            return self._fail(fault, call, environ, start_response)
        with self._state:
            if call.access_key_id is not None and not _is_usable(call.access_key_id):
                return _answer(_rendered(_unknown_key(call), call), start_response)
            return list(self._moto(environ, start_response))

    def _fail(
        self,
        fault: Fault,
        call: AwsCall,
        environ: dict[str, Any],
        start_response: Any,
    ) -> Iterable[bytes]:
        if isinstance(fault, Answer):
            return _answer(fault, start_response)
        if isinstance(fault, ServiceError):
            return _answer(_rendered(fault, call), start_response)
        if isinstance(fault, Hang):
            self._stopping.wait()
        raise _dropped(environ["werkzeug.socket"])


def read_call(environ: dict[str, Any]) -> AwsCall:
    """Say who calls which operation, from the signature's scope and the body."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0]
    parts = [*scope.split("/"), "", "", ""]
    access_key_id, region, service = parts[0], parts[2], parts[3]
    parameters = _read_parameters(environ)
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return AwsCall(
        service=service or "sts",
        operation=str(parameters.get("Action", target)),
        account_id=account_of(access_key_id),
        access_key_id=access_key_id or None,
        region=region,
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        parameters=kept(parameters),
    )


def _read_parameters(environ: dict[str, Any]) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    if "HTTP_X_AMZ_TARGET" in environ:
        read: dict[str, Any] = json.loads(body)
        return read
    return dict(parse_qsl(body.decode()))


def _is_usable(access_key_id: str) -> bool:
    signer = signer_of(access_key_id)
    return signer is not None and signer.active


def _unknown_key(call: AwsCall) -> ServiceError:
    return UNKNOWN_KEY if call.service in {"iam", "sts"} else UNKNOWN_KEY_JSON


def _rendered(error: ServiceError, call: AwsCall) -> Answer:
    """Write an error as the service's protocol wants it: XML of the query API, else JSON."""
    if call.service not in {"iam", "sts"}:
        body = json.dumps({"__type": error.code, "message": error.message})
        return Answer(error.status, body, (("Content-Type", "application/x-amz-json-1.1"),))
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"
    return Answer(error.status, body, (("Content-Type", "text/xml"),))


def _answer(answer: Answer, start_response: Any) -> Iterable[bytes]:
    body = answer.body.encode()
    headers = [*answer.headers, ("Content-Length", str(len(body)))]
    start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
    return [body]


def _dropped(connection: socket.socket) -> ConnectionResetError:
    """Close without a farewell; the exception tells werkzeug that nobody is there any more."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    connection.close()
    return ConnectionResetError()
