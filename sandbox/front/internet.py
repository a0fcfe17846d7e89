"""Stand for the internet: a proxy on loopback behind which AWS and Bedrock have their real names.

    with Internet(sandbox) as internet:
        guard(..., env=os.environ | internet.environment("111122223333"))
        assert internet.asked() == {"sts.us-east-1.amazonaws.com", ...}

Where endpoints are overridden one server plays every region and kind of endpoint. Here nothing is
overridden: whoever asks comes by `HTTPS_PROXY` (RFC 9110, "CONNECT"), the proxy shows a certificate
for the name that was asked for, and Bedrock answers as that region and plane. Names that AWS does
not have, and those in `lost`, cannot be reached.
"""

from __future__ import annotations

import contextlib
import fnmatch
import select
import socket
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, final
from urllib.parse import urlsplit

from sandbox.base.loopback import LoopbackServer
from sandbox.bedrock.hosts import place_of
from sandbox.front.environment import KEPT

if TYPE_CHECKING:
    import ssl
    from types import TracebackType

    from sandbox.front.sandbox import Sandbox

AWS_SUFFIXES = (".amazonaws.com", ".api.aws", ".amazonaws.eu", ".api.amazonwebservices.eu")
OVERRIDES = ("AWS_ENDPOINT_URL", "BEDROCK_KEY_GUARD_ENDPOINTS")


@final
class Internet:
    """Run the proxy for as long as a block lasts."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Lead to a sandbox; `lost` holds patterns of the names that are to have no way to them."""
        self.lost: list[str] = []
        self.sandbox = sandbox
        self.tls = cache(sandbox.bedrock.tls)
        self._asked: list[str] = []
        self._server = _Proxy(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Internet:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def environment(self, account_id: str) -> dict[str, str]:
        """Give what the guard needs, with this proxy instead of endpoints of the sandbox's."""
        given = self.sandbox.environment(account_id)
        kept = {name: text for name, text in given.items() if not name.startswith(OVERRIDES)}
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        return kept | {KEPT: "true", "HTTPS_PROXY": proxy, "https_proxy": proxy}

    def asked(self) -> set[str]:
        """Return the names that somebody wanted to reach."""
        return set(self._asked)

    def hear(self, host: str) -> bool:
        """Write a name down, and tell whether there is a way to it."""
        self._asked.append(host)
        known = place_of(host) is not None
        if not known and not host.startswith("bedrock"):
            known = host.endswith(AWS_SUFFIXES)
        return known and not any(fnmatch.fnmatchcase(host, pattern) for pattern in self.lost)


class _Proxy(LoopbackServer):
    def __init__(self, internet: Internet) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.internet = internet


class _Handler(BaseHTTPRequestHandler):
    server: _Proxy

    def do_CONNECT(self) -> None:
        internet, host = self.server.internet, self.path.rpartition(":")[0]
        self.close_connection = True
        if not internet.hear(host):
            self.send_error(502, "No way to this host")
            return
        self.send_response(200, "Connection established")
        self.end_headers()
        with contextlib.suppress(OSError):
            opened = internet.tls(host).wrap_socket(self.connection, server_side=True)
            with opened:
                self._lead(opened, host)

    def _lead(self, opened: ssl.SSLSocket, host: str) -> None:
        sandbox = self.server.internet.sandbox
        if place_of(host) is not None:
            sandbox.bedrock.serve(opened, self.client_address)
            return
        aws = urlsplit(sandbox.aws_url)
        with socket.create_connection((str(aws.hostname), aws.port or 80)) as behind:
            _relay(opened, behind)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass


def _relay(opened: ssl.SSLSocket, behind: socket.socket) -> None:
    """Hand on what either says, until one of them has gone."""
    others = {opened: behind, behind: opened}
    while True:
        ready = [opened] if opened.pending() else select.select([*others], [], [])[0]
        for one in ready:
            said = one.recv(1 << 16)
            if not said:
                return
            others[one].sendall(said)
