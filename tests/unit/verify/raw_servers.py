"""Answer on loopback with whatever bytes a test wants, and pass connections on as a proxy does."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Self

Answer = Callable[[socket.socket], None]


class RawServer:
    """Read one request from each connection, let `answer` write, and hang up.

    `requests` holds the head of every request, as text.
    """

    def __init__(self, answer: Answer) -> None:
        self.requests: list[str] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._serve)]
        self._connections: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake a thread that waits in accept().
        for open_socket in (self._listener, *self._connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._handle, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _handle(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self.requests.append(_head(connection))
            self._answer(connection)
            connection.shutdown(socket.SHUT_WR)


def says(response: bytes) -> Answer:
    return lambda connection: connection.sendall(response)


def tunnel(connection: socket.socket, host: str, port: int) -> None:
    """Connect as a proxy does, and carry bytes both ways until one side hangs up."""
    with socket.create_connection((host, port)) as target:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        back = threading.Thread(target=_carry, args=(target, connection))
        back.start()
        _carry(connection, target)
        back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        for block in _blocks(source):
            sink.sendall(block)
        sink.shutdown(socket.SHUT_WR)


def _blocks(source: socket.socket) -> Iterator[bytes]:
    while block := source.recv(1 << 16):
        yield block


def _head(connection: socket.socket) -> str:
    head = b""
    while b"\r\n\r\n" not in head:
        block = connection.recv(1 << 16)
        head += block
        # One who wants TLS says no more before it is answered.
        if not block or head.startswith(b"\x16"):
            break
    return head.decode("latin-1")
