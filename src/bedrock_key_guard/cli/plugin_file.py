"""Print where detect-secrets' plugin is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bedrock_key_guard
from bedrock_key_guard.console.standard_streams import write

if TYPE_CHECKING:
    import argparse

PLUGIN_FILE = Path(bedrock_key_guard.__file__).with_name("plugin") / "detector.py"


def print_plugin_file(_: argparse.Namespace) -> int:
    """Print its path, as `detect-secrets scan -p` takes it."""
    write(f"{PLUGIN_FILE}\n")
    return 0
