"""A sweep of an organisation finds every key, names what it did not read, and takes it up again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from bedrock_key_guard import __version__
from bedrock_key_guard.cli.main import main
from sandbox.github.contract import violations
from tests.bare_repositories import write_bare
from tests.jobs import ACCOUNT, guard
from tests.keysmith import long_term
from tests.leaks import status
from tests.organisations import AUDITOR, CENTRAL, OWNER, Hub, organisation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.front.sandbox import Sandbox


@pytest.fixture
def hub(tmp_path: Path, sandbox: Sandbox, home: Path) -> Iterator[Hub]:
    with organisation(tmp_path, sandbox) as lent:
        yield lent
        assert violations(lent.server.exchanges) == []


def places(report: dict[str, Any]) -> set[tuple[str, str]]:
    return {
        (incident["fingerprint"], f"{place['repository']}/{place['path']}")
        for incident in report["incidents"]
        for place in incident["locations"]
    }


def test_keys_of_several_repositories_are_one_incident_each_and_dead_in_the_end(
    hub: Hub, sandbox: Sandbox
) -> None:
    one, two = (sandbox.make_long_term_key(ACCOUNT, name) for name in ("ann", "bob"))
    hub.add("app", **{"settings.env": f"KEY={one.key}\n"})
    hub.add("site", **{"deploy.sh": f"export KEY={one.key}\n"})
    hub.add("tools", **{"run.py": f'key = "{two.key}"\n'})
    hub.add("clean")
    hub.add_central()
    for name in ("app", "site"):
        hub.server.state.repositories[f"{OWNER}/{name}"].pushers.add(AUDITOR)
    options = ("--respond", "--yes", "--issue-repository", CENTRAL, "--tell-repositories")
    words = hub.sweep("work", *options)
    done = guard(*words, cwd=hub.folder, env=hub.environment, hurried=True)
    told, report = done.stderr.decode(), json.loads(done.stdout)
    assert done.returncode == 1, told
    assert {len(each["locations"]) for each in report["incidents"]} == {1, 2}
    assert {place for _, place in places(report)} == {
        "acme/app/settings.env",
        "acme/site/deploy.sh",
        "acme/tools/run.py",
    }
    assert [status(sandbox, key) for key in (one, two)] == ["Inactive", "Inactive"]
    issues = hub.server.issues(CENTRAL)
    assert len(issues) == 2
    (told_app,), (told_site,) = (hub.server.issues(f"{OWNER}/{name}") for name in ("app", "site"))
    assert "settings.env" in told_app["body"]
    assert "deploy.sh" not in told_app["body"]
    assert "deploy.sh" in told_site["body"]
    assert "repositories  read  not read  left  places of keys" in told
    assert all(key.key not in json.dumps(issues) + told for key in (one, two))


def steps(hub: Hub, monkeypatch: pytest.MonkeyPatch, work: str = "work") -> None:
    """Scan each shard of the plan in this process, whose environment leads to no AWS."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    plan = hub.folder / "plan.json"
    for shard in range(1, len(json.loads(plan.read_text("utf-8"))["shards"]) + 1):
        rows = hub.folder / f"rows-{shard}.jsonl"
        words = ["--plan", str(plan), "--shard", str(shard), "--output", str(rows)]
        assert main(["org", "scan", *words]) == 0


def reduced(hub: Hub, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any]:
    """Join what the shards found without asking AWS, and return the exit code and the report."""
    capsys.readouterr()
    rows = map(str, sorted(hub.folder.glob("rows-*.jsonl")))
    words = ["--plan", str(hub.folder / "plan.json"), "--no-verify", "--format", "json"]
    code = main(["org", "reduce", *words, *options, *rows])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def on_github(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Hub:
    for name in ("GITHUB_API_URL", "GITHUB_SERVER_URL", "GITHUB_TOKEN"):
        monkeypatch.setenv(name, hub.environment[name])
    return hub


def planned(hub: Hub, *options: str) -> dict[str, Any]:
    file = hub.folder / "plan.json"
    assert main(["org", "plan", "--owner", OWNER, "--output", str(file), *options]) == 0
    plan: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return plan


def test_what_was_not_read_is_named_and_the_counts_add_up(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, key = on_github, long_term()
    for name in ("sound", "broken", "forbidden", "gone"):
        hub.add(name, **{"settings.env": f"KEY={key}\n"})
    hub.add("old", **{"settings.env": f"KEY={long_term(seed='renamed')}\n"})
    planned(hub, "--shards", "2")
    hub.damage("broken")
    hub.server.state.repositories["acme/forbidden"].forbidden = True
    hub.server.rename("acme/old", "acme/new")
    del hub.server.state.repositories["acme/gone"]
    steps(hub, monkeypatch)
    code, report = reduced(hub, capsys)
    assert code == 1
    assert not report["complete"]
    assert {place for _, place in places(report)} == {
        "acme/new/settings.env",
        "acme/sound/settings.env",
    }
    assert {each["what"] for each in report["not_scanned"]} == {
        "acme/broken",
        "acme/forbidden",
        "acme/gone",
    }


def test_a_second_sweep_reads_what_is_new_and_counts_what_it_left_out(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, state = on_github, on_github.folder / "state.json"
    for name in ("app", "site", "tools"):
        hub.add(name, **{"code.py": f"print('{name}')\n"})
    planned(hub)
    steps(hub, monkeypatch)
    first, report = reduced(hub, capsys, "--state", str(state))
    everything = report["scanned"]["objects"]
    hub.push("app", **{"settings.env": f"KEY={long_term()}\n"})
    (hub.folder / "rows-1.jsonl").unlink()
    planned(hub, "--since", str(state))
    steps(hub, monkeypatch)
    second, report = reduced(hub, capsys, "--state", str(state))
    assert (first, second) == (0, 1)
    assert {place for _, place in places(report)} == {"acme/app/settings.env"}
    assert report["scanned"]["objects"] < everything
    assert "acme/app" not in {
        each["name"] for each in json.loads(state.read_text())["repositories"]
    }


def test_a_state_that_is_not_this_sweeps_is_used_as_none(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, state = on_github, on_github.folder / "state.json"
    hub.add("app", **{"settings.env": f"KEY={long_term()}\n"})
    known = {"name": "acme/app", "id": 1001, "tips": [hub.tips["app"]]}
    sound = {
        "made_at": "2026-11-28T00:00:00Z",
        "repositories": [known],
        "api": hub.server.api_url,
        "engine": __version__,
    }
    for change in (
        {"engine": "0.0.1"},
        {"api": "https://api.github.com"},
        {"repositories": [{**known, "id": 77}]},
        {"repositories": [{**known, "tips": ["0" * 39 + "1"]}]},
    ):
        state.write_text(json.dumps({**sound, **change}), "utf-8")
        planned(hub, "--since", str(state))
        steps(hub, monkeypatch)
        code, _ = reduced(hub, capsys)
        assert code == 1, change
        (hub.folder / "rows-1.jsonl").unlink()
    state.write_text(json.dumps(sound), "utf-8")
    planned(hub, "--since", str(state))
    steps(hub, monkeypatch)
    assert reduced(hub, capsys)[0] == 0


def test_a_shard_goes_on_where_it_was_killed(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = on_github
    for number in range(4):
        hub.add(f"app-{number}", **{"settings.env": f"KEY={long_term()}\n"})
    planned(hub)
    steps(hub, monkeypatch)
    rows = hub.folder / "rows-1.jsonl"
    lines = rows.read_text("utf-8").splitlines(keepends=True)
    rows.write_text("".join(lines[:2]) + lines[2][:40], "utf-8")
    before = len(hub.server.fetches)
    steps(hub, monkeypatch)
    names = {path.split("/")[2] for path in hub.server.fetches[before:]}
    assert len(names) == 2
    assert sorted(rows.read_text("utf-8").splitlines()) != lines
    assert len(reduced(hub, capsys)[1]["incidents"][0]["locations"]) == 4


def test_no_file_of_a_sweep_holds_a_key_and_reduce_believes_none(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, key = on_github, long_term()
    hub.add(key, **{"settings.env": f"KEY={key}\n", key: "a name\n"})
    planned(hub)
    steps(hub, monkeypatch)
    rows = hub.folder / "rows-1.jsonl"
    text = rows.read_text("utf-8")
    assert not [at for at in range(len(key) - 12) if key[at + 4 : at + 16] in text]
    forged = {**json.loads(text), "name": "acme/elsewhere"}
    changed = text.replace(json.loads(text)["found"][0]["fingerprint"], "f" * 64)
    rows.write_text(changed + json.dumps(forged) + "\n", "utf-8")
    code, report = reduced(hub, capsys)
    assert code == 4
    reasons = " ".join(each["reason"] for each in report["not_scanned"])
    assert "was not found again" in reasons
    assert "the plan does not know it" in reasons


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]
)
def test_a_scan_refuses_to_start_where_the_environment_leads_to_aws(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    on_github.add("app")
    planned(on_github)
    monkeypatch.setenv(name, "something")
    words = ["--plan", str(on_github.folder / "plan.json"), "--shard", "1", "--output", "rows"]
    assert main(["org", "scan", *words]) == 3
    assert name in capsys.readouterr().err


def test_a_list_of_addresses_is_swept_without_any_github(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = long_term()
    for number in range(20):
        write_bare(tmp_path / f"{number}.git", {"a.env": f"KEY={key}\n".encode()})
    addresses = tmp_path / "addresses"
    addresses.write_text("".join(f"{tmp_path}/{n}.git\n" for n in range(20)), "utf-8")
    words = ["--from", str(addresses), "--work", str(tmp_path / "work"), "--no-verify"]
    assert main(["org", "sweep", *words, "--format", "json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert len(report["incidents"][0]["locations"]) == 20
    addresses.with_name("others").write_text(f"{tmp_path}/1.git\n", "utf-8")
    words[1] = str(addresses.with_name("others"))
    assert main(["org", "sweep", *words]) == 2
    assert "the plan of another sweep" in capsys.readouterr().err


def test_what_people_wrote_beside_the_code_is_read_on_request(
    on_github: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, repository = on_github, f"{OWNER}/app"
    hub.add("app")
    hub.add("quiet")
    keys = [long_term(seed=str(number)) for number in range(7)]
    state = hub.server.state
    app = state.repositories[repository]
    state.add_issue(app, "stranger", keys[0], f"See {keys[1]}")
    for number, address in enumerate(("issues/comments/1", "pulls/comments/2", "comments/3"), 2):
        hub.server.add_text(repository, address, body=f"See {keys[number]}")
    hub.server.add_text(repository, "releases/4", name="1.0", body=f"See {keys[5]}")
    hub.server.add_text(repository, "D_5", title="How to", body=f"See {keys[6]}")
    app.has_wiki = state.repositories[f"{OWNER}/quiet"].has_wiki = True
    app.wiki = hub.folder / "hub/app.wiki"
    write_bare(app.wiki, {"Home.md": f"See {long_term()}".encode()})
    planned(hub, "--texts")
    steps(hub, monkeypatch)
    code, report = reduced(hub, capsys)
    assert code == 1
    assert report["not_scanned"] == []
    assert len(report["incidents"]) == len(keys) + 1
    assert {place.split(" ")[0] for _, place in places(report)} == {
        "acme/app/issues/1",
        "acme/app/issues/comments/1",
        "acme/app/pulls/comments/2",
        "acme/app/comments/3",
        "acme/app/releases/4",
        "acme/app/discussions/1",
        "acme/app.wiki/Home.md",
    }
