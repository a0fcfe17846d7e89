"""Say on PyPI what the README says, with links that lead to the repository.

Everything else stands in pyproject.toml.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
PACKAGE = (ROOT / "src/bedrock_key_guard/__init__.py").read_text(encoding="utf-8")
REPOSITORY, VERSION = (
    re.findall(rf'(?m)^{name} = "(.*)"$', PACKAGE)[0] for name in ("REPOSITORY", "__version__")
)
RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^)\s]+)\)")

setup(
    long_description=RELATIVE.sub(
        rf"](https://github.com/{REPOSITORY}/blob/v{VERSION}/\1)",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    ),
    long_description_content_type="text/markdown",
)
