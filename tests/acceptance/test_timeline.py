"""Look up in the sandbox's CloudTrail who used a key, through the command line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from sandbox.base.faults import ACCESS_DENIED, AWS_THROTTLED, Answer
from sandbox.cloudtrail.event_rows import Row, events_from
from sandbox.front import signers
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests.doors import git
from tests.jobs import ACCOUNT, Done, guard, report_of, said
from tests.needles import leaks
from tests.sweeps import sweep

NOW = datetime.now(timezone.utc).replace(microsecond=0)
LEAK = NOW - timedelta(days=2)
MODEL = "anthropic.claude-opus-4-20250514-v1:0"
OWNER, THIEF = "198.51.100.7", "203.0.113.9"
HOSTILE = "<script>alert(1)</script> \x1b[2J ::error::x"
REGIONS = (
    "us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2 eu-west-3 "
    "eu-central-1 eu-north-1 ap-south-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 "
    "ap-southeast-1 ap-southeast-2"
).split()


@pytest.fixture(autouse=True)
def seventeen_regions(sandbox: Sandbox) -> None:
    """Enable seventeen regions; moto itself lists those of every partition."""
    items = "".join(f"<item><regionName>{name}</regionName></item>" for name in REGIONS)
    body = f"<DescribeRegionsResponse><regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
    answer = Answer(200, body, (("Content-Type", "text/xml"),))
    sandbox.aws_faults.add(answer, on="ec2:DescribeRegions", times=None)


@pytest.fixture
def repository(tree: Path, leaked: LongTermKey) -> Path:
    """Give a repository in which the key was committed two days ago, and taken out again."""
    (tree / "app.py").write_text(f"KEY = '{leaked.key}'\n", encoding="utf-8")
    git("init", cwd=tree)
    git("add", "--all", cwd=tree)
    git("commit", "-m", "Ask a model", f"--date={LEAK.isoformat()}", cwd=tree)
    (tree / "app.py").write_text("KEY = ''\n", encoding="utf-8")
    git("commit", "--all", "-m", "Take it out", cwd=tree)
    return tree


def seed(sandbox: Sandbox, rows: Iterable[Row]) -> None:
    sandbox.trail.seed(events_from(ACCOUNT, rows))


def theft() -> list[Row]:
    """Return what its owner did with the key before it leaked, and somebody else since."""
    before = [Row(LEAK - timedelta(days=3, hours=n), ip=OWNER, model=MODEL) for n in range(20)]
    stolen = [
        Row(
            LEAK + timedelta(hours=5, seconds=n),
            REGIONS[n % 5],
            ip=THIEF,
            agent=HOSTILE,
            model=f"{MODEL}-{n % 3}",
            error="ValidationException" if n % 10 == 0 else "",
        )
        for n in range(300)
    ]
    more = Row(
        LEAK + timedelta(hours=6), event="PutFoundationModelEntitlement", ip=THIEF, agent=HOSTILE
    )
    mantle = Row(LEAK + timedelta(hours=7), service="bedrock-mantle", event="ListModels", ip=THIEF)
    others = [
        Row(LEAK + timedelta(hours=8), event="InvokeModel", user="bob", ip=THIEF),
        Row(LEAK + timedelta(hours=8), event="InvokeModel", token_type="", ip=THIEF),
    ]
    return [*before, *stolen, more, mantle, *others]


def timeline(repository: Path, env: dict[str, str], *arguments: str) -> Done:
    where = ("timeline", str(repository), "--history")
    return guard(*where, *arguments, cwd=repository, env=env, hurried=True)


def usage_of(done: Done) -> dict[str, Any]:
    (incident,) = report_of(done)["incidents"]
    usage: dict[str, Any] = incident["usage"]
    return usage


def values(usage: dict[str, Any], dimension: str) -> dict[str, int]:
    return {tally["value"]: tally["calls"] for tally in usage["by"][dimension]["values"]}


def test_a_theft_is_told_with_all_its_signs(
    repository: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    seed(sandbox, theft())
    done = timeline(repository, credentials, "--format", "json")
    assert done.returncode == 1, said(done)
    usage = usage_of(done)
    assert usage["complete"], usage["gaps"]
    assert (usage["calls"], usage["errors"]) == (322, 30)
    assert values(usage, "address") == {THIEF: 302, OWNER: 20}
    assert set(values(usage, "region")) == set(REGIONS[:5])
    assert usage["leaked_at"] == LEAK.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert usage["probes"] >= 1
    assert {sign["name"] for sign in usage["indicators"]} == {
        "new-address",
        "new-agent",
        "many-regions",
        "burst",
        "probing",
        "entitlement",
    }
    assert all(sign["events"] for sign in usage["indicators"])
    assert [change["name"] for change in usage["changes"] if change["of_key"]] == [
        "CreateServiceSpecificCredential"
    ]
    held = {each["name"]: each for each in usage["reach"]["holdings"]}
    assert held["access keys"]["unknown"] is None
    assert held["attached policies"]["values"]


def test_a_file_on_disk_is_enough_to_know_when_its_key_leaked_and_through_whom(
    repository: Path, credentials: dict[str, str], sandbox: Sandbox, leaked: LongTermKey
) -> None:
    seed(sandbox, theft())
    (repository / "app.py").write_text(f"# Put back.\nKEY = '{leaked.key}'\n", encoding="utf-8")
    done = guard("timeline", "--format", "json", cwd=repository, env=credentials, hurried=True)
    assert done.returncode == 1, said(done)
    usage = usage_of(done)
    assert usage["leaked_at"] == LEAK.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (usage["calls"], usage["since_leak"]) == (322, 302)
    ((place,),) = [incident["locations"] for incident in report_of(done)["incidents"]]
    told = git("log", "--max-parents=0", "--format=%H %an <%ae>", cwd=repository).stdout.strip()
    first, _, author = told.partition(" ")
    assert (place["source"], place["line"], place["commit"]) == ("working-tree", 2, first)
    assert place["author"] == author


def test_every_way_to_show_it_is_safe_and_holds_no_key(
    repository: Path, credentials: dict[str, str], sandbox: Sandbox, leaked: LongTermKey
) -> None:
    seed(sandbox, theft())
    written = {}
    for form in ("text", "json", "html"):
        done = timeline(repository, credentials, "--format", form)
        assert done.returncode == 1, said(done)
        written[form] = done.stdout
    assert leaks({"the key": leaked.key}, written) == []
    text, page = written["text"].decode(), written["html"].decode()
    assert "leak" in text
    assert "█" in text
    assert "Signs of abuse" in text
    assert "\x1b" not in text
    assert page.startswith("<!doctype html>")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("throttles", sweep([0, 40, 400], quick=lambda times: times == 40))
def test_ten_thousand_events_in_seventeen_regions_with_throttling(
    throttles: int, repository: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    seed(
        sandbox,
        (
            Row(LEAK + timedelta(seconds=n * 10), REGIONS[n % 17], ip=f"203.0.113.{n % 200}")
            for n in range(10_000)
        ),
    )
    sandbox.aws_faults.add(AWS_THROTTLED, on="cloudtrail:LookupEvents", times=throttles or 1)
    usage = usage_of(timeline(repository, credentials, "--format", "json"))
    found = values(usage, "region")
    missing = {gap["what"].partition(" ")[0] for gap in usage["gaps"]}
    more = usage["by"]["region"]["more_calls"]
    assert usage["complete"] == (usage["gaps"] == [])
    assert usage["calls"] == sum(found.values()) + more
    if usage["complete"]:
        assert usage["calls"] == 10_000
    else:
        assert missing
        assert usage["calls"] < 10_000


def test_a_region_that_refuses_is_named_and_the_run_is_incomplete(
    repository: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    seed(sandbox, theft())
    sandbox.aws_faults.add(
        ACCESS_DENIED, on="cloudtrail:LookupEvents", times=None, region="us-west-*"
    )
    done = timeline(repository, credentials, "--format", "json", "--fail-on", "none")
    assert done.returncode == 4
    report = report_of(done)
    assert not report["complete"]
    gaps = usage_of(done)["gaps"]
    assert {gap["what"] for gap in gaps} == {"us-west-1", "us-west-2"}
    assert all("AccessDenied" in gap["reason"] for gap in gaps)


@pytest.mark.parametrize("named", [True, False])
def test_a_short_term_key_is_followed_with_and_without_its_access_key(
    named: bool, tree: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.trail.names_access_keys = named
    key = sandbox.make_short_term_key(ACCOUNT, role="ml-pipeline")
    (tree / ".env").write_text(f"AWS_BEARER_TOKEN_BEDROCK={key.key}\n", encoding="utf-8")
    arguments = ("timeline", str(tree), "--format", "json")
    guard("verify", str(tree), cwd=tree, env=credentials, hurried=True)
    usage = usage_of(guard(*arguments, cwd=tree, env=credentials, hurried=True))
    assert usage["complete"], usage["gaps"]
    assert usage["subject"] == f"access key {key.access_key_id}"
    assert usage["probes"] >= 2
    assert usage["reach"]["holder"] == f"arn:aws:iam::{ACCOUNT}:role/ml-pipeline"


def test_a_key_that_was_made_in_the_console_is_told(
    tree: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    session = signers.sso_session(sandbox, ACCOUNT, "PowerUser", "sam@example.com")
    key = signers.short_term_key(sandbox, session).key
    assert sandbox.accepts(key)
    done = guard(
        *("timeline", "--stdin", "--format", "json"),
        cwd=tree,
        env=credentials,
        stdin=key.encode(),
        hurried=True,
    )
    (made_in,) = usage_of(done)["by"]["made_in"]["values"]
    assert (made_in["value"], made_in["calls"]) == ("the AWS console", 1)


def test_a_key_on_standard_input_and_a_time_are_enough(
    tree: Path, credentials: dict[str, str], sandbox: Sandbox, leaked: LongTermKey
) -> None:
    seed(sandbox, theft())
    since = (LEAK + timedelta(hours=5, seconds=299)).isoformat()
    done = guard(
        *("timeline", "--stdin", "--since", since, "--format", "json"),
        cwd=tree,
        env=credentials,
        stdin=leaked.key.encode(),
        hurried=True,
    )
    usage = usage_of(done)
    assert usage["calls"] == 3
    assert usage["begin"] == usage["leaked_at"]


def test_without_credentials_it_says_what_was_not_read(
    repository: Path, credentials: dict[str, str]
) -> None:
    bare = {name: value for name, value in credentials.items() if "AWS_ACCESS_KEY" not in name}
    usage = usage_of(timeline(repository, bare, "--format", "json"))
    assert not usage["complete"]
    assert usage["gaps"][0]["what"] == "CloudTrail"


@pytest.mark.parametrize("command", ["verify", "respond"])
def test_the_other_commands_tell_it_where_they_are_asked_to(
    command: str, repository: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    seed(sandbox, theft())
    arguments = (command, str(repository), "--history", "--format", "json")
    silent = report_of(guard(*arguments, cwd=repository, env=credentials, hurried=True))
    assert silent["incidents"][0]["usage"] is None
    done = guard(*arguments, "--timeline", cwd=repository, env=credentials, hurried=True)
    usage = usage_of(done)
    assert usage["calls"] == 322
    assert (usage["responded_at"] is not None) == (command == "respond")


def test_nothing_is_changed_by_looking(
    repository: Path, credentials: dict[str, str], sandbox: Sandbox
) -> None:
    timeline(repository, credentials)
    assert sandbox.writes() == ()
