"""Say on PyPI what the README says, with links and pictures that lead to the repository.

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
RELATIVE = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


def absolute(link: re.Match[str]) -> str:
    """Lead to the page of a file, or, for a picture, to the file itself."""
    picture, text, path = link.groups()
    kind = "raw" if picture else "blob"
    return f"{picture}[{text}](https://github.com/{REPOSITORY}/{kind}/v{VERSION}/{path})"


setup(
    long_description=RELATIVE.sub(absolute, (ROOT / "README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)
