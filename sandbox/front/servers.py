"""Run the two servers of AWS for as long as a sandbox lives, and only one pair in a process."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from moto.core.base_backend import BackendDict

from sandbox.aws.aws_server import AwsServer
from sandbox.bedrock.bedrock_server import BedrockServer
from sandbox.front.environment import without_aws_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_running = threading.Lock()


@dataclass(frozen=True, slots=True)
class Servers:
    """Hold both, and the lock of what they share: moto's state."""

    state: threading.RLock
    aws: AwsServer
    bedrock: BedrockServer


@contextlib.contextmanager
def running(region: str) -> Iterator[Servers]:
    """Start both on free ports; raises RuntimeError where others run already."""
    if not _running.acquire(blocking=False):
        message = "a sandbox is running in this process already, and moto has one state only"
        raise RuntimeError(message)
    with contextlib.ExitStack() as exits:
        exits.callback(_running.release)
        exits.enter_context(without_aws_settings())
        exits.callback(BackendDict.reset)
        directory = Path(exits.enter_context(tempfile.TemporaryDirectory()))
        state = threading.RLock()
        servers = Servers(state, AwsServer(state), BedrockServer(state, region, directory))
        for server in (servers.aws, servers.bedrock):
            server.start()
            exits.callback(server.stop)
        yield servers
