"""Say which Python runs the guard, and which of the libraries that it may need are there."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from bedrock_key_guard.doctor.checks import Check

_OPTIONAL = ("boto3", "requests", "rich", "detect-secrets")


def check_python() -> Check:
    """Return the Python that runs this: it is new enough, or this would not run."""
    found = [f"{name} {number}" for name in _OPTIONAL if (number := _version(name))]
    libraries = ", ".join(found) or "no library, and the hooks and `scan` need none"
    said = f"{platform.python_version()} at {sys.executable}, with {libraries}"
    return Check("python", "Python", "works", said)


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
