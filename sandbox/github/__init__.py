"""Imitate GitHub's REST API, held to GitHub's own OpenAPI description."""

from __future__ import annotations

import sys

# Where this is installed, jsonschema compiles forty grammars as it is imported, to check formats of
# which the description has none. The sandbox's own environment goes without, too.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: not to be had
