"""What the servers of the sandbox say on stderr: nothing of clients that went away."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from sandbox.base.loopback import LoopbackServer

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    """Fail as a handler does whose client is gone, or as one with a defect."""

    error: ClassVar[BaseException]

    def do_GET(self) -> None:
        raise self.error


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def visit(server: LoopbackServer) -> None:
    """Ask for something, and wait until the server has hung up."""
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        while client.recv(1024):
            pass


@pytest.mark.parametrize("error", [ConnectionResetError, BrokenPipeError, ConnectionAbortedError])
def test_a_client_that_went_away_is_not_worth_a_word(
    server: LoopbackServer, capfd: pytest.CaptureFixture[str], error: type[OSError]
) -> None:
    Handler.error = error("it went away")
    visit(server)
    assert capfd.readouterr().err == ""


def test_a_defect_of_ours_is_told(
    server: LoopbackServer, capfd: pytest.CaptureFixture[str]
) -> None:
    Handler.error = ZeroDivisionError("a defect")
    visit(server)
    assert "ZeroDivisionError: a defect" in capfd.readouterr().err


def test_a_real_reset_is_not_worth_a_word(
    server: LoopbackServer, capfd: pytest.CaptureFixture[str]
) -> None:
    client = socket.create_connection(("127.0.0.1", server.server_port))
    client.sendall(b"GET / HTTP/1.1\r\nHost")
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    client.close()
    Handler.error = ConnectionResetError()
    visit(server)
    server.shutdown()
    server.server_close()
    assert capfd.readouterr().err == ""
