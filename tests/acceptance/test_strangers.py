"""Run the Action where strangers read along: no text of it leads them to a key that may work."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal, get_args

import pytest

from sandbox.base.faults import UNAVAILABLE
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from sandbox.github.github_server import GitHubServer
from tests import keysmith
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, STRANGER, Host, push
from tests.sweeps import sweep
from tests.verdict_rows import BEARER, policy

FILE, UNREAD = "deep/secrets.env", "vendor/old.7z"
NOBODY = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "")
SEVEN_ZIP = b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(24)
Seen = Literal["public", "unknown", "private"]
Keys = Callable[[Sandbox, LongTermKey], str]


def inactive(sandbox: Sandbox, leaked: LongTermKey) -> str:
    sandbox.client("iam", ACCOUNT).update_service_specific_credential(
        UserName=leaked.user_name,
        ServiceSpecificCredentialId=leaked.credential_id,
        Status="Inactive",
    )
    return leaked.key


def itself(_: Sandbox, leaked: LongTermKey) -> str:
    return leaked.key


def denied(sandbox: Sandbox, leaked: LongTermKey) -> str:
    """Deny its user the use of keys: what denies it may be lifted any day."""
    sandbox.client("iam", ACCOUNT).put_user_policy(
        UserName=leaked.user_name,
        PolicyName="no",
        PolicyDocument=json.dumps(policy("Deny", *BEARER)),
    )
    return leaked.key


def inactive_while_a_plane_is_silent(sandbox: Sandbox, leaked: LongTermKey) -> str:
    sandbox.bedrock.faults.add(UNAVAILABLE, on="bedrock-mantle:*", times=None)
    return inactive(sandbox, leaked)


def forged(_: Sandbox, leaked: LongTermKey) -> str:
    return keysmith.long_term(leaked.user_name, seed="forged")


def of_a_stranger(_: Sandbox, _leaked: LongTermKey) -> str:
    return keysmith.long_term("somebody", STRANGER)


@dataclass(frozen=True, slots=True)
class Ending:
    """Name the state of a key at the end, how a run comes to it, and whether its place harms."""

    state: str
    make: Keys
    harmless: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.state


ENDINGS = (
    Ending("live", itself, inputs={"respond": "off"}),
    Ending("contained", denied, inputs={"respond": "off"}),
    Ending("unverified", itself, settings=NOBODY),
    Ending("rejected", forged),
    Ending("foreign", of_a_stranger),
    Ending("dead", inactive, harmless=True),
    Ending("dead, second plane unasked", inactive_while_a_plane_is_silent),
    Ending("made dead", itself, harmless=True),
)
SEEN: tuple[Seen, ...] = get_args(Seen)


def seen_by(seen: Seen, github: GitHubServer) -> dict[str, Any]:
    """Let these read along, and return the event of a push that says so, if anything does."""
    if seen == "unknown":
        github.faults.server_error(method="GET", path=f"/repos/{REPOSITORY}$", times=99)
        return {"ref": "refs/heads/main"}
    github.state.repositories[REPOSITORY].visibility = seen
    return push(seen)


@pytest.mark.parametrize(
    ("ending", "seen"),
    sweep([*product(ENDINGS, SEEN)], quick=lambda row: "live" in str(row[0]) or row[1] == "public"),
    ids=str,
)
def test_which_text_of_a_run_names_a_place(
    ending: Ending, seen: Seen, host: Host, sandbox: Sandbox, leaked: LongTermKey
) -> None:
    for name, data in {FILE: ending.make(sandbox, leaked).encode(), UNREAD: SEVEN_ZIP}.items():
        path = host.workspace / name
        path.parent.mkdir()
        path.write_bytes(data)
    job = host.job(settings=ending.settings, event=seen_by(seen, host.github), python=HURRIED)
    done = job.run(report_issue="always", **ending.inputs)
    (incident,) = job.report["incidents"]
    verdict = incident["verdict"]
    became = "made dead" if job.outputs["responded"] == "1" else verdict["state"]
    if (became, verdict["second_plane"]) == ("dead", "unasked"):
        became += ", second plane unasked"
    assert became == ending.state, incident
    (issue,) = host.github.issues(REPOSITORY)
    log = done.stdout.decode()
    annotations = "".join(line for line in log.splitlines() if line.startswith("::error"))
    named = ending.harmless or seen == "private"
    texts = {"log": log, "summary": job.summary, "annotations": annotations}
    told = {name for name, text in (texts | {"issue": issue["body"]}).items() if FILE in text}
    assert told == ({"log", "summary", "annotations", "issue"} if named else set())
    unread = {name for name, text in texts.items() if UNREAD in text}
    assert unread == ({"log", "summary"} if named else set())
    # The report stays on the runner, and holds everything.
    assert FILE in json.dumps(job.report["incidents"])
    assert UNREAD in json.dumps(job.report["not_scanned"])
