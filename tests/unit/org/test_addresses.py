"""A list of addresses names repositories, and nothing that Git would run or show a token to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.org.addresses import in_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://gitlab.example.com/team/app.git", "gitlab.example.com/team/app"),
        ("http://127.0.0.1:3000/team/app", "127.0.0.1:3000/team/app"),
        ("ssh://git@example.com/team/app.git", "example.com/team/app"),
        ("git@example.com:team/app.git", "example.com:team/app"),
        ("file:///srv/git/app.git/", "srv/git/app"),
        ("/srv/git/app", "srv/git/app"),
    ],
)
def test_an_address_is_known_by_its_server_and_path(
    tmp_path: Path, address: str, name: str
) -> None:
    file = tmp_path / "list"
    file.write_text(f"# ours\n\n{address} # the app\n{address}\n", "utf-8")
    (planned,), (twice,) = in_file(file)
    assert (planned.name, planned.address) == (name, address)
    assert twice.reason == "it is listed twice"


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c 'touch /tmp/x'",
        "--upload-pack=touch",
        "-oProxyCommand=x:y",
        "ssh://-oProxyCommand=x/y",
        "https://token@example.com/a.git",
        "https://user:token@example.com/a.git",
        "https://",
        "relative/path",
        "ftp://example.com/a",
        "https://[::1/a",
        "https://example.com/\x1b[2Ja",
    ],
)
def test_what_is_no_plain_address_is_refused(tmp_path: Path, address: str) -> None:
    file = tmp_path / "list"
    file.write_text(f"{address}\n", "utf-8")
    with pytest.raises(UsageError, match="Line 1"):
        in_file(file)


def test_an_empty_list_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text("# nothing yet\n", "utf-8")
    with pytest.raises(UsageError, match="names no repository"):
        in_file(file)
