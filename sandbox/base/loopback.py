"""Serve HTTP on loopback without a word about clients that went away, for that is no error."""

from __future__ import annotations

import struct
import sys
from http.server import ThreadingHTTPServer
from typing import Any

RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # for SO_LINGER: close without a farewell


class LoopbackServer(ThreadingHTTPServer):
    """Answer each connection in a thread of its own; only errors of our own reach stderr."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
