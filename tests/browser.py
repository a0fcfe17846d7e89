"""Open pages in a headless browser, over the pipe of the Chrome DevTools Protocol.

Methods and events are those of https://chromedevtools.github.io/devtools-protocol/.
"""

from __future__ import annotations

import itertools
import json
import os
import platform
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.jobs import ROOT

FOLDER = ROOT / "build" / "chromium"
PROGRAM = FOLDER / "chromium"
SWITCHES = (
    "--headless --no-sandbox --no-zygote --disable-gpu --disable-dev-shm-usage "
    "--hide-scrollbars --remote-debugging-pipe"
).split()
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""
# The browser reads from descriptor 3 and writes to descriptor 4, whatever ours are.
START = """\
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for end, wanted in zip(ends, (3, 4)):
    os.dup2(end, wanted)
os.execv(sys.argv[3], sys.argv[3:])
"""
SECONDS = 60.0

Scheme = Literal["light", "dark"]
Message = dict[str, Any]


class Browser:
    """Speak with a running browser about one page; what it says by itself is kept in `events`."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        """Write to one end of a pipe, and read from the other."""
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._ids = itertools.count(1)
        self._session: str | None = None
        self.events: list[Message] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def open(
        self, page: Path, *, width: int = 1000, scheme: Scheme = "light", media: str = ""
    ) -> None:
        """Show a page in a window of this width, and return when it has been loaded."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self.call("Emulation.setEmulatedMedia", media=media, features=[preference])
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not self.said("Page.loadEventFired"):
            self.events.append(self._read())

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript, from outside of the page's policy."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def said(self, method: str) -> list[Message]:
        """Return the events of a kind since the page was opened."""
        return [event["params"] for event in self.events if event.get("method") == method]

    def call(self, method: str, **parameters: Any) -> Message:
        """Ask for something, and return the answer."""
        number = next(self._ids)
        asked: Message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            asked["sessionId"] = self._session
        os.write(self._to, json.dumps(asked).encode() + b"\0")
        while True:
            message = self._read()
            if message.get("id") == number:
                assert "error" not in message, message
                result: Message = message["result"]
                return result
            self.events.append(message)

    def _read(self) -> Message:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], SECONDS)
            assert ready, "the browser says nothing"
            read = os.read(self._from, 1 << 16)
            assert read, "the browser is gone"
            self._buffer += read
        text, _, self._buffer = self._buffer.partition(b"\0")
        message: Message = json.loads(text)
        return message


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Run a browser that writes to `folder`; skip the test where there is none to run."""
    if not PROGRAM.is_file():
        assert not os.environ.get("CI"), "the browser is missing: `make test` installs it by npm"
        pytest.skip("the browser needs Node and npm")
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the browser is one for Linux on x86-64")
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    command = (str(PROGRAM), *SWITCHES, f"--user-data-dir={folder / 'user'}")
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", START, str(to_read), str(from_write), *command],
        pass_fds=(to_read, from_write),
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Browser(to_write, from_read)
    finally:
        process.kill()
        process.wait()
        for descriptor in (to_write, from_read):
            with suppress(OSError):
                os.close(descriptor)


def _environment(folder: Path) -> dict[str, str]:
    """Give it the libraries and the font that came with it, so that it needs none of the system."""
    (folder / "fonts").mkdir(parents=True)
    text = FONTS.format(fonts=FOLDER / "fonts", cache=folder / "cache")
    (folder / "fonts" / "fonts.conf").write_text(text, encoding="utf-8")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "FONTCONFIG_PATH": str(folder / "fonts"),
        "LD_LIBRARY_PATH": str(FOLDER / "lib"),
    }
