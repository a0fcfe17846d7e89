"""Run the guard where waiting takes no time: sleeping moves the clocks instead.

    python -I tests/hurry.py respond .
    python -I tests/hurry.py bedrock_key_guard.action
    python -I tests/hurry.py -c "from bedrock_key_guard.hook import run; run()" app.env
    python -I tests/hurry.py --serve SOCKET

Retries, back-off and deadlines stay what they are, and a test need not sit them out. The dates of
servers are read as later by as much, for their clocks have moved too. Hosts whose names end with
`NAMELESS_HOSTS` are not in the DNS. The last form is the other half of `warm.py`.
"""

from __future__ import annotations

import atexit
import email.utils
import functools
import gc
import marshal
import os
import runpy
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

_ahead = [0.0]
# What Python reads where it starts, and a fork of it can no longer heed.
_AT_START = ("LANG", "LC_", "PYTHON", "TZ")


def _sleep(seconds: float) -> None:
    _ahead[0] += seconds


def _moved(clock: Callable[[], float]) -> Callable[[], float]:
    return lambda: clock() + _ahead[0]


def _read_date(text: str, read: Callable[[str], datetime] = parsedate_to_datetime) -> datetime:
    return read(text) + timedelta(seconds=_ahead[0])


def _resolve(host: Any, *more: Any, find: Any = socket.getaddrinfo, **named: Any) -> Any:
    nameless = os.environ.get("NAMELESS_HOSTS")
    if nameless and str(host).endswith(nameless):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return find(host, *more, **named)


def parse_once() -> None:
    """Let botocore keep what it reads: each new session looks for all services of AWS anew."""
    from botocore.loaders import JSONFileLoader, Loader

    read, find = functools.cache(JSONFileLoader().load_file), Loader.list_available_services
    known: dict[tuple[str, ...], list[str]] = {}

    def services(loader: Loader, type_name: str) -> list[str]:
        where = (*loader.search_paths, type_name)
        if where not in known:
            known[where] = find(loader, type_name)
        return known[where]

    setattr(JSONFileLoader, "load_file", lambda _, path: read(path))  # noqa: B010  # mypy allows it
    setattr(Loader, "list_available_services", services)  # noqa: B010


def _import_all() -> None:
    """Import what a run imports at the latest when it asks AWS and reports, and detect-secrets."""
    import boto3
    import detect_secrets.main
    import detect_secrets.plugins

    import bedrock_key_guard

    parse_once()
    for module in walk_packages(detect_secrets.plugins.__path__, "detect_secrets.plugins."):
        import_module(module.name)
    for module in walk_packages(bedrock_key_guard.__path__, "bedrock_key_guard."):
        if not module.name.endswith("__main__") and ".plugin" not in module.name:
            import_module(module.name)
    session = boto3.Session("none", "none", region_name="us-east-1")
    for service in ("iam", "sts", "cloudtrail"):
        session.client(service)


def _serve(path: str) -> list[str]:
    """Return, in a fork for each caller, the words that it gives; end with who started this."""
    _import_all()
    gc.freeze()
    started_with = _at_start(os.environ)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [])
            if sys.stdin in ready:
                raise SystemExit
            caller, _ = listener.accept()
            with caller:
                _, (*streams, folder), _, _ = socket.recv_fds(caller, 1, 4)
                words, environment = marshal.loads(caller.makefile("rb").read())  # noqa: S302  # ours
                if _at_start(environment) == started_with:
                    if not (child := os.fork()):
                        break
                    _, status = os.waitpid(child, 0)
                    caller.sendall(b"%d" % os.waitstatus_to_exitcode(status))
                for descriptor in (*streams, folder):
                    os.close(descriptor)
    os.fchdir(folder)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
    for descriptor in (*streams, folder):
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(environment)
    return list(words)


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_AT_START)}


def _run(words: Sequence[str]) -> None:
    if words[:1] == ["-c"]:
        sys.argv[:] = ["-c", *words[2:]]
        exec(words[1], {"__name__": "__main__"})  # noqa: S102  # as Python itself would
        return
    modules = ["bedrock_key_guard.action"], ["-m"]
    door, *words = words if words[:1] in modules else ["bedrock_key_guard", *words]
    if door == "-m":
        door, *words = words
    sys.argv[1:] = words
    runpy.run_module(door, run_name="__main__", alter_sys=True)


def _leave(code: list[int]) -> None:
    """End without taking apart all that was imported: a short run takes less than that."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        return  # Python itself says that, and ends with a code of its own
    os._exit(code[0])


def _main() -> None:
    serves, code = sys.argv[1:2] == ["--serve"], [1]
    # Coverage writes down what it has seen later than this would be called.
    if serves and "coverage" not in sys.modules:
        atexit.register(_leave, code)
    try:
        _run(_serve(sys.argv[2]) if serves else sys.argv[1:])
    except SystemExit as stopped:
        code[0] = stopped.code if isinstance(stopped.code, int) else int(stopped.code is not None)
        raise
    code[0] = 0


if __name__ == "__main__":
    # Before the guard and its libraries are imported, for some take these names as they find them.
    vars(time).update(sleep=_sleep, monotonic=_moved(time.monotonic), time=_moved(time.time))
    vars(socket).update(getaddrinfo=_resolve)
    vars(email.utils).update(parsedate_to_datetime=_read_date)
    _main()
