"""Listen where nobody may come, note where a proxy is asked to go, lie in wait for a call.

And stand in for programs, as a hostile tree does that PATH leads into.
"""

from __future__ import annotations

import shlex
import socket
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol

import pytest
from typing_extensions import Self


class Ear:
    """Listen on a port of loopback, and remember whether anybody came."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]

    @property
    def heard(self) -> bool:
        """Tell whether anybody has connected; the kernel does that without our help."""
        try:
            self._socket.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


class Gatekeeper:
    """Be the proxy in front of the world: note who is asked for, and let nobody through."""

    def __init__(self) -> None:
        self.asked_for: list[str] = []
        self.headers: list[str] = []
        gatekeeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                gatekeeper.asked_for.append(self.path)
                gatekeeper.headers.append(str(self.headers))
                self.send_error(403)

            do_GET = do_POST = do_CONNECT  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def environment(self) -> dict[str, str]:
        url = f"http://127.0.0.1:{self._server.server_port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        return dict.fromkeys((*names, *(name.lower() for name in names)), url)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Faults(Protocol):
    """Hand out what goes wrong with a call, or None."""

    def take(self, what: Any, /) -> Any: ...


def ambush(
    patch: pytest.MonkeyPatch,
    faults: Faults,
    wanted: Callable[[Any], bool],
    act: Callable[[], Any],
    *,
    after: int = 0,
) -> None:
    """Call `act` once, when a server gets a call that is `wanted` and `after` such have gone by.

    What `act` returns is the fault of that call: None carries it out as if nothing had been. Other
    calls wait until it is done.
    """
    take, lock = faults.take, threading.Lock()
    calls = [0]

    def taken(what: Any) -> Any:
        with lock:
            calls[0] += wanted(what)
            if wanted(what) and calls[0] == after + 1:
                return act()
        return take(what)

    patch.setattr(faults, "take", taken)


# What the guard, its hooks and the Action's steps start, or have others start, by their names.
PROGRAMS = (
    "git",
    "python3",
    "python",
    "dirname",
    "readlink",
    "mktemp",
    "rm",
    "cat",
    "env",
    "clear",
)


def pose_as(names: Iterable[str], folder: Path, mark: Path, then: str = "exit 9") -> Path:
    """Put programs of these names into `folder`, which write `mark`; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        text = f'#!/bin/sh\necho "$0 $*" >> {shlex.quote(str(mark))}\n{then}\n'
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder
