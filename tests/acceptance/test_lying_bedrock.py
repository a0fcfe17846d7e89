"""Let Bedrock, or what plays it, say something else than the truth: it proves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest

from bedrock_key_guard.keys.key import LongTermKey as ParsedKey
from bedrock_key_guard.model.evidence import AllowedAccounts, Clock, Evidence
from bedrock_key_guard.pipeline import pipeline as engine
from bedrock_key_guard.pipeline.options import Responding, Surroundings, Verifying
from bedrock_key_guard.respond.plan import Policy
from bedrock_key_guard.scan.containers.decoded import matches
from bedrock_key_guard.scan.scanning import Scanning
from bedrock_key_guard.verify.bedrock import PLANES, HttpsProber
from bedrock_key_guard.verify.verdict import verdict_from
from sandbox.base.faults import (
    AcceptEverything,
    Answer,
    Fault,
    Hang,
    NamePrincipal,
    html,
    redirect,
)
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey
from tests import keysmith
from tests.jobs import ACCOUNT, STRANGER, guard, report_of, said, verdicts
from tests.leaks import leak, status
from tests.sweeps import sweep
from tests.unit.verify.doubles import FakeTime

LIES: Mapping[str, Fault] = {
    "a page of a captive portal": html(),
    "a page with a refusal's status": html(403),
    "an empty list of models": Answer(200, '{"modelSummaries": [], "data": []}'),
    "models that are none": Answer(200, '{"modelSummaries": ["x"], "data": ["x"]}'),
    "no object": Answer(200, '["modelSummaries"]'),
    "something half sent": Answer(200, '{"modelSummaries": [{"modelId": "x"}'),
    "a list nested beyond reason": Answer(200, "[" * 100_000),
    "no content": Answer(204),
    "what is no gzip": Answer(200, "x", (("Content-Encoding", "gzip"),)),
    "a refusal in unknown words": Answer(403, '{"Message": "You shall not pass"}'),
    "a refusal without words": Answer(403, '{"Message": ["x"]}'),
    "a principal of another account": NamePrincipal(f"arn:aws:iam::{STRANGER}:user/eve"),
    "another user of the account": NamePrincipal(f"arn:aws:iam::{ACCOUNT}:user/eve"),
    "a role of the account": NamePrincipal(f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"),
    "a principal of another partition": NamePrincipal(
        f"arn:aws-us-gov:iam::{ACCOUNT}:user/BedrockAPIKey-ex4m"
    ),
    "a principal of another account that may not use keys": NamePrincipal(
        f"arn:aws:iam::{STRANGER}:user/BedrockAPIKey-ex4m", "bedrock:CallWithBearerToken"
    ),
}


# What each answer proves, a table of tests/unit/verify/test_classify.py says.
@pytest.mark.parametrize("name", sweep(LIES, quick=lambda name: name.startswith(("a p", "an e"))))
def test_an_answer_that_is_not_bedrocks_proves_nothing(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey, name: str
) -> None:
    leak(tree, leaked.key)
    sandbox.bedrock.faults.add(LIES[name], times=None)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert done.returncode == 1, said(done)
    assert verdicts(report_of(done)) == ["unverified"]
    assert sandbox.writes() == ()
    assert status(sandbox, leaked) == "Active"


def test_a_redirect_is_not_followed_to_a_server_that_would_accept(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    leak(tree, leaked.key)
    for plane, path in (("bedrock", "/foundation-models"), ("bedrock-mantle", "/v1/models")):
        there = redirect(f"{sandbox.bedrock.url}{path}?accepts", 307)
        sandbox.bedrock.faults.add(there, on=f"{plane}:*", times=1)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert verdicts(report_of(done)) == ["unverified"]
    assert len(sandbox.bedrock.log.calls()) == 2
    assert sandbox.writes() == ()


def test_a_bedrock_that_hangs_proves_nothing(
    sandbox: Sandbox, credentials: dict[str, str], leaked: LongTermKey
) -> None:
    sandbox.bedrock.faults.add(Hang(), times=None)
    key = matches(leaked.key.encode())[0].key
    assert isinstance(key, ParsedKey)
    # As the command does, only that it would wait longer.
    prober = HttpsProber(credentials, deadline=0.2)
    answers = tuple(prober.ask(plane, key, "us-east-1") for plane in PLANES)
    allowed = AllowedAccounts(ACCOUNT, frozenset({ACCOUNT}))
    evidence = Evidence(key, Clock(datetime.now(timezone.utc)), allowed, answers)
    verdict = verdict_from(evidence)
    assert verdict.state == "unverified"
    assert verdict.reason.count("did not answer in time") == len(PLANES)


def test_a_bedrock_that_accepts_everything_says_nothing_of_another_account(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str]
) -> None:
    leak(tree, keysmith.long_term(account=STRANGER), keysmith.short_term(STRANGER))
    sandbox.bedrock.faults.add(AcceptEverything(), times=None)
    done = guard("respond", "--format", "json", ".", cwd=tree, env=credentials, hurried=True)
    assert verdicts(report_of(done)) == ["foreign", "foreign"]
    assert sandbox.bedrock.log.calls() == ()
    assert sandbox.writes() == ()


def test_a_bedrock_that_accepts_a_key_of_nobody_makes_nothing_be_changed(
    tree: Path, sandbox: Sandbox, credentials: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    leak(tree, keysmith.long_term("nobody"))
    sandbox.bedrock.faults.add(AcceptEverything(), times=None)
    for name, value in credentials.items():
        monkeypatch.setenv(name, value)
    time = FakeTime()
    report = engine.run(
        Scanning((tree,)),
        Verifying(),
        Responding(Policy(), tree / "ledger"),
        # IAM knows no such alias, so Bedrock is asked again two minutes later.
        Surroundings(sleep=time.sleep, clock=time.clock),
    )
    (case,) = report.cases
    assert case.verdict is not None
    assert case.verdict.state == "live"
    assert "tell AWS Support" in " ".join(case.verdict.evidence.notes)
    assert sandbox.writes() == ()
