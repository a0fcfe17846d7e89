"""Keep every test, and every child process that it starts, on this machine and out of its home.

Those that need AWS get an embedded one: a server for each module, clean again for each test. With
`--system` they run as on another system, as far as that can be pretended.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import pretend
from tests.hurry import parse_once

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sandbox.front.sandbox import Sandbox

import_module("sandbox.github")  # before anybody imports jsonschema

# A property is tried on new examples by people, and on the same ones by every run of CI: on few for
# a change, on hardly any by `make check`, on many by `make test-long`.
settings.register_profile(
    "quick",
    max_examples=20,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=150)
settings.load_profile("quick")

# Credentials, configuration and hints that a shell, a Git hook or a CI runner may have left.
FOREIGN_PREFIXES = (
    "ACTIONS_",
    "AWS_",
    "BEDROCK_KEY_GUARD_",
    "GH_",
    "GITHUB_",
    "GIT_",
    "INPUT_",
    "PIP_",
    "PREK_",
    "PRE_COMMIT",
    "PYTHON",
    "RUNNER_",
    "UV_",
    "XDG_",
)
FOREIGN_NAMES = (
    "ALL_PROXY",
    "CI",
    "CURL_CA_BUNDLE",
    "FORCE_COLOR",
    "NETRC",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "VIRTUAL_ENV",
)

# pytest-socket guards this process only; a child that leaves loopback meets a closed port.
DEAD_END = "http://127.0.0.1:9"
LOOPBACK_ONLY = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "GIT_CONFIG_NOSYSTEM": "1",
    "HTTPS_PROXY": DEAD_END,
    "HTTP_PROXY": DEAD_END,
    "NO_PROXY": "127.0.0.1,localhost,::1",
}

# Nothing here outlives its test, so Git need not see to it after each commit.
GIT_CONFIG = """\
[user]
    name = A Developer
    email = developer@example.com
[init]
    defaultBranch = main
[core]
    fsync = none
[maintenance]
    auto = false
"""


def _is_foreign(name: str) -> bool:
    return name.upper().startswith(FOREIGN_PREFIXES) or name.upper() in FOREIGN_NAMES


def _move_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    (home / ".gitconfig").write_text(GIT_CONFIG, encoding="utf-8")
    for name in ("HOME", "USERPROFILE"):
        patch.setenv(name, str(home))
    for kind in ("CACHE", "CONFIG", "DATA", "STATE"):
        patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


# Fixtures that start a server of the sandbox, or talk to one.
SERVERS = frozenset({"github", "running_sandbox"})
SANDBOX_TESTS = Path(__file__).parent / "unit" / "sandbox"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs the sandbox, so that the quick tests can leave it out."""
    for item in items:
        if config.getoption("--system") and item.get_closest_marker("bare"):
            item.add_marker(pytest.mark.skip("who pretends imports more"))
        fixtures = getattr(item, "fixturenames", ())
        if not SERVERS.isdisjoint(fixtures) or item.path.is_relative_to(SANDBOX_TESTS):
            item.add_marker(pytest.mark.sandbox)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what stays until the end: ten thousand tests, all modules."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--system", choices=pretend.SYSTEMS, help="pretend to run on such a system")


def pytest_configure(config: pytest.Config) -> None:
    """Pretend in the process that runs the tests, and in every Python that it starts."""
    system = config.getoption("--system")
    if system is None:
        return
    folder = Path(tempfile.mkdtemp(prefix="pretend-")).resolve()
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    if config.option.basetemp is None:
        config.option.basetemp = str(folder / "tests")
    shares_out = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if not shares_out:
        root = str(Path(config.option.basetemp).resolve())
        sys.executable = str(pretend.launcher(folder, system, root))
        pretend.pretend(system, root)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Leave out a test that itself uses what its system has not got; our code may never."""
    try:
        return (yield)
    except pretend.NOT_THERE as error:
        if pretend.is_of_a_test(error):
            pytest.skip(str(error))
        raise


@pytest.fixture
def tmp_path(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Name the folder of a test in another way than it is stored, where the system takes that."""
    return tmp_path / pretend.another_spelling(request.config.getoption("--system"), tmp_path)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let children be interrupted: a shell that works in the background has them ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def loopback_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clear the environment once, before any server or child of a wider scope is started.

    What a child leaves behind that is killed lies with all the rest, and goes with it.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in filter(_is_foreign, tuple(os.environ)):
            patch.delenv(name)
        for name, value in LOOPBACK_ONLY.items():
            patch.setenv(name, value)
            if name.endswith("_PROXY"):
                patch.setenv(name.lower(), value)
        _move_home(patch, tmp_path_factory.mktemp("session-home"))
        temporary = tmp_path_factory.mktemp("temporary")
        for name in ("TEMP", "TMP", "TMPDIR"):
            patch.setenv(name, str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture
def home(
    loopback_environment: None,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """Give a test an empty home directory of its own; without, it shares one that nobody fills."""
    directory = tmp_path_factory.mktemp("home")
    _move_home(monkeypatch, directory)
    return directory


@pytest.fixture(scope="session")
def parsed_once() -> None:
    parse_once()


@pytest.fixture(scope="module")
def running_sandbox(loopback_environment: None, parsed_once: None) -> Iterator[Sandbox]:
    # What needs no sandbox need not wait until moto is imported.
    from sandbox.front.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox
