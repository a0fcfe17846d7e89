"""Give the Action what it cannot use: it says so, and whatever it did is told all the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests.jobs import ACCOUNT, HURRIED, REPOSITORY, Host, annotated, said, verdicts

# Nothing listens there; port 9 is "discard", and closed wherever tests run.
NOWHERE = "http://127.0.0.1:9"
FILES = {"list-of-names": "BedrockAPIKey-ex4m\n", "no.json": "results: {}\n"}


@pytest.fixture
def files(tree: Path) -> Path:
    for name, text in FILES.items():
        (tree / name).write_text(text, encoding="utf-8")
    return tree


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"fail_on": "some"}, "fail-on"),
        ({"fail_on": "any\nlive"}, "fail-on"),
        ({"fail_on": "100%"}, "100%25"),
        ({"fail_on": "live", "verify": "false"}, "no key would ever fail"),
        ({"scan": "all"}, "scan"),
        ({"short_term": "${{ inputs.short-term }}"}, "short-term"),
        ({"timeline": "yes"}, "timeline"),
        ({"path": "--help"}, "--help"),
        ({"path": "a\nb"}, "There is no"),
        ({"external_id": "x"}, "role"),
        ({"role_to_assume_template": "arn:aws:iam::1:role/x"}, "role"),
        ({"verify": "perhaps"}, "verify"),
        ({"respond": "grant"}, "respond"),
        ({"respond": "reset"}, "store"),
        ({"respond": "reset", "reset_store": "nowhere"}, "nowhere"),
        ({"report_issue": "sometimes"}, "report-issue"),
        ({"summary": "short"}, "summary"),
        ({"allowed_account_ids": "1234"}, "1234"),
        ({"path": "nowhere"}, "nowhere"),
        ({"allow_list": "nowhere"}, "nowhere"),
        ({"allow_list": "list-of-names"}, "line 1"),
        ({"baseline": "no.json"}, "baseline"),
    ],
    ids=str,
)
def test_an_input_that_cannot_be_used_is_named_before_anything_is_touched(
    inputs: dict[str, str], words: str, files: Path, host: Host, sandbox: Sandbox
) -> None:
    job = host.job(python=HURRIED)
    annotated(job.run(**inputs), 2, words)
    assert job.outputs == {"result": "error"}
    assert sandbox.calls() == ()
    assert host.github.exchanges == []


@pytest.fixture
def leaked(leaked: LongTermKey, tree: Path) -> LongTermKey:
    (tree / "leak.env").write_text(f"TOKEN={leaked.key}\n", encoding="utf-8")
    return leaked


def test_with_aws_and_github_unreachable_the_report_says_what_was_tried(
    host: Host, leaked: LongTermKey
) -> None:
    services = ("", "_BEDROCK", "_BEDROCK_MANTLE")
    settings = dict.fromkeys((f"AWS_ENDPOINT_URL{name}" for name in services), NOWHERE)
    job = host.job(settings={"GITHUB_API_URL": NOWHERE, **settings}, python=HURRIED)
    done = job.run()
    assert (done.returncode, said(done)) == (1, "")
    assert verdicts(job.report) == ["unverified"]
    assert "EndpointConnectionError" in str(job.report)
    assert "An issue could not be written" in done.stdout.decode()
    assert "got no answer" in job.summary
    assert job.run(fail_on="live").returncode == 4


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"github_token": "ghp_unknown"}, "401 Bad credentials. Give the token what is missing"),
        ({"github_token": "two words"}, "Pass the token as it was issued"),
        ({"github_token": "ümläut"}, "Pass the token as it was issued"),
        ({"issue_repository": "nonsense"}, "Write it as owner/name"),
        ({"issue_repository": "../.."}, "Write it as owner/name"),
        ({"issue_repository": "acme/other"}, "404 Not Found. Give the token what is missing"),
    ],
    ids=str,
)
def test_what_keeps_an_issue_from_being_opened_is_told_beside_what_was_done(
    inputs: dict[str, str], words: str, host: Host, leaked: LongTermKey, sandbox: Sandbox
) -> None:
    job = host.job(python=HURRIED)
    done = job.run(**inputs)
    assert (done.returncode, said(done)) == (1, "")
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    assert words in done.stdout.decode()
    assert words in re.sub(r"[`\\]", "", job.summary)
    assert host.github.issues(REPOSITORY) == []


@pytest.mark.parametrize(
    "payload", ["", "not JSON", "[]", '{"repository": 5}', "[" * 100_000], ids=lambda text: text[:9]
)
def test_an_event_that_cannot_be_read_is_not_trusted(
    host: Host, leaked: LongTermKey, sandbox: Sandbox, payload: str
) -> None:
    job = host.job(python=HURRIED)
    (job.folder / "event.json").write_text(payload, encoding="utf-8")
    done = job.run()
    assert (done.returncode, said(done)) == (1, "")
    if payload.startswith("{"):
        return
    assert sandbox.writes() == ()


@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_a_full_disk_is_told_after_the_key_is_dead(
    host: Host, leaked: LongTermKey, sandbox: Sandbox, name: str
) -> None:
    done = host.job(settings={name: "/dev/full"}).run()
    assert sandbox.credential_status(ACCOUNT, leaked.credential_id) == "Inactive"
    assert b"dead now" in done.stdout.lower()
    assert done.returncode == 4
    (told,) = said(done).splitlines()
    assert "'/dev/full' cannot be written (No space left on device)." in told
