"""Lay many forged keys about a live one: it is probed, answered and reported all the same."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_faults import SECONDARY, Fault
from sandbox.github.github_server import GitHubServer
from sandbox.github.http_messages import Refusal, Request
from tests import keysmith
from tests.jobs import (
    ACCOUNT,
    HURRIED,
    REPOSITORY,
    STRANGER,
    Host,
    guard,
    report_of,
    said,
    verdicts,
)
from tests.leaks import probed, status
from tests.sweeps import sweep

PROBES = 200
"""How many the Action makes where nothing else is said."""
NOBODY = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
FORGED = {
    "of many aliases": lambda n: keysmith.long_term(f"user-{n}"),
    "of one alias": lambda n: keysmith.long_term("nobody", seed=str(n)),
    "of another credential": lambda n: keysmith.long_term("healthy", seed=str(n)),
    "of both": lambda n: keysmith.long_term("healthy" if n % 2 else f"user-{n}", seed=str(n)),
}


def write(folder: Path, name: str, keys: Iterable[str]) -> None:
    text = "".join(f"TOKEN={key}\n" for key in keys)
    (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def healthy(sandbox: Sandbox) -> LongTermKey:
    return sandbox.make_long_term_key(ACCOUNT, "healthy")


ROWS = product(product(FORGED, ("az", "za")), (PROBES // 5, PROBES))


@pytest.mark.parametrize(
    ("laid", "bound"),
    sweep(ROWS, quick=lambda row: row[1] < PROBES or row[0] == ("of both", "az")),
    ids=str,
)
def test_forged_keys_take_no_probe_from_a_live_one(
    laid: tuple[str, str],
    bound: int,
    host: Host,
    sandbox: Sandbox,
    leaked: LongTermKey,
    healthy: LongTermKey,
) -> None:
    forged, files = laid
    write(host.workspace, files[0], map(FORGED[forged], range(bound + 30)))
    write(host.workspace, files[1], [leaked.key])
    job = host.job(python=HURRIED)
    inputs = {} if bound == PROBES else {"max_probes": str(bound)}
    done = job.run(report_issue="never", **inputs)
    assert (done.returncode, said(done)) == (1, "")
    assert len(probed(sandbox)) == bound
    assert (status(sandbox, leaked), status(sandbox, healthy)) == ("Inactive", "Active")
    assert job.outputs["live"] == job.outputs["responded"] == "1"
    reasons = [each["reason"] for each in job.report["not_scanned"]]
    assert reasons == ["31 keys were not verified: the run met max-probes."]


def test_the_bounds_of_the_action_are_its_inputs(
    host: Host, sandbox: Sandbox, leaked: LongTermKey, healthy: LongTermKey
) -> None:
    write(host.workspace, "a.env", [*map(FORGED["of both"], range(9)), leaked.key, healthy.key])
    job = host.job(python=HURRIED)
    job.run(max_probes="2", max_responses="1", max_issues="3")
    assert len(probed(sandbox)) == 2
    states = sorted(str(status(sandbox, key)) for key in (leaked, healthy))
    assert states.count("Inactive") == 1 == int(job.outputs["responded"])
    assert len(host.github.issues(REPOSITORY)) == 3
    assert job.report["complete"] is False


def test_the_live_key_has_its_issue_when_github_asks_to_be_left_alone(
    host: Host, leaked: LongTermKey, github: GitHubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(host.workspace, "a.env", (keysmith.long_term(f"u{n}", STRANGER) for n in range(25)))
    write(host.workspace, "z.env", [leaked.key])
    opened, take = list[Request](), github.faults.take

    def limited(request: Request) -> Fault | None:
        if request.method != "POST" or not request.path.endswith("/issues"):
            return take(request)
        opened.append(request)
        return Fault(Refusal(403, SECONDARY).answer) if len(opened) > 1 else None

    monkeypatch.setattr(github.faults, "take", limited)
    accounts = f"{ACCOUNT},{STRANGER}"
    done = host.job(python=HURRIED).run(allowed_account_ids=accounts, protect=leaked.user_name)
    (issue,) = github.issues(REPOSITORY)
    assert leaked.alias in issue["body"]
    assert b"An issue could not be written" in done.stdout


def test_a_file_of_samples_does_not_flood_the_issues(host: Host, github: GitHubServer) -> None:
    write(host.workspace, "a.env", map(FORGED["of many aliases"], range(60)))
    for name in ("first", "second"):
        job = host.job(name, settings=NOBODY, python=HURRIED)
        job.run()
        assert len(github.issues(REPOSITORY)) == 10
        assert "51 keys got no issue of their own: the run met max-issues." in job.summary
    assert [i["title"] for i in github.issues(REPOSITORY)].count(
        "More leaked Amazon Bedrock API keys"
    ) == 1


def test_the_command_probes_the_worst_first_too(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    write(tree, "a.env", [*map(FORGED["of many aliases"], range(20)), leaked.key])
    arguments = ("verify", "--max-probes", "1", "--format", "json", ".")
    done = guard(*arguments, cwd=tree, env=credentials, hurried=True)
    assert probed(sandbox) == {keysmith.fingerprint_of(leaked.key)}
    assert sorted(map(str, verdicts(report_of(done)))) == ["live", *["unverified"] * 20]
