"""A list of addresses names repositories, and nothing that Git would run or show a token to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.github.client import GitHub
from bedrock_key_guard.org.listing import Filter, OnGitHub, in_file, listed
from bedrock_key_guard.org.rows import Row
from bedrock_key_guard.org.sweep_plan import Planned
from sandbox.github.contract import violations
from sandbox.github.github_server import GitHubServer

if TYPE_CHECKING:
    from collections.abc import Iterator
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


PLAIN = {"full_name": "acme/a", "visibility": "private", "pushed_at": "2026-06-01T00:00:00Z"}
REFUSALS: list[tuple[Filter, dict[str, Any], str]] = [
    (Filter(), {"archived": True, "fork": True}, ""),
    (Filter(visibility="public"), {}, "it is not public"),
    (Filter(visibility="public"), {"visibility": "public"}, ""),
    (Filter(topic="pay"), {"topics": ["shop"]}, "it has not the topic pay"),
    (Filter(topic="pay"), {"topics": ["pay"]}, ""),
    (Filter(pushed_since="2026-06-02"), {}, "nothing was pushed since 2026-06-02"),
    (Filter(pushed_since="2026-06-01"), {}, ""),
    (Filter(pushed_since="2026-06-01"), {"pushed_at": None}, "nothing was pushed since 2026-06-01"),
    (Filter(archived=False), {"archived": True}, "it is archived"),
    (Filter(forks=False), {"fork": True}, "it is a fork"),
]


@pytest.mark.parametrize(("wanted", "change", "reason"), REFUSALS)
def test_a_repository_is_left_out_with_its_reason(
    wanted: Filter, change: dict[str, Any], reason: str
) -> None:
    assert wanted.refusal({**PLAIN, **change}) == reason


@pytest.fixture
def github() -> Iterator[GitHubServer]:
    with GitHubServer() as server:
        server.add_organization("acme", "auditor")
        for number in range(130):
            server.add_repository(f"acme/app-{number:03}", readers=("auditor",))
        server.add_repository("acme/open", visibility="public")
        server.add_repository("somebody/theirs", visibility="public")
        yield server
        assert violations(server.exchanges) == []


def client(github: GitHubServer, login: str) -> GitHub:
    return GitHub(github.add_token(login), api_url=github.api_url)


def test_all_pages_are_listed_and_nothing_of_others(github: GitHubServer) -> None:
    found = listed(client(github, "auditor"), "acme", Filter())
    assert len(found.repositories) == 131
    assert (found.skipped, found.unseen, found.notes) == ((), (), ())


def test_what_the_token_is_not_shown_is_counted(github: GitHubServer) -> None:
    github.add_repository("acme/hidden")
    found = listed(client(github, "auditor"), "acme", Filter())
    assert found.unseen == ("of the repositories of acme 1 are not shown to this token",)


def test_where_github_does_not_count_nobody_knows(github: GitHubServer) -> None:
    found = listed(client(github, "stranger"), "acme", Filter())
    assert [each.name for each in found.repositories] == ["acme/open"]
    assert found.unseen == ()
    assert "does not tell this token" in found.notes[0]


def test_a_wiki_is_a_repository_of_its_own(github: GitHubServer) -> None:
    github.state.repositories["acme/open"].has_wiki = True
    found = listed(client(github, "auditor"), "acme", Filter(topic=None), with_texts=True)
    assert found.unseen == ()
    (wiki,) = (each for each in found.repositories if each.wiki)
    assert wiki.name == "acme/open.wiki"
    assert wiki.address.endswith("/acme/open.wiki.git")


def test_one_that_was_renamed_forbidden_or_deleted_is_found_again_by_its_id(
    github: GitHubServer,
) -> None:
    hosting = OnGitHub(client(github, "auditor"), "token", github.server_url)
    names = ("app-000", "app-001", "app-002")
    each = [github.state.repositories[f"acme/{name}"] for name in names]
    planned = [Planned(one.full_name, "old", id=one.id) for one in each]
    github.rename("acme/app-000", "acme/shop")
    each[1].forbidden = True
    del github.state.repositories["acme/app-002"]
    renamed, *others = map(hosting.found_again, planned)
    assert isinstance(renamed, Planned)
    assert (renamed.name, renamed.address) == ("acme/shop", f"{github.server_url}/acme/shop.git")
    assert [one.state for one in others if isinstance(one, Row)] == ["forbidden", "gone"]
