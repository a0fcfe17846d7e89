"""Hold action.yml, the code behind it and the sample workflows to each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from bedrock_key_guard.action.inputs import read_inputs
from bedrock_key_guard.report.report import Result
from tests.acting import WORKFLOWS
from tests.jobs import ACTION, Host


class Asked(dict[str, str]):
    """Remember which inputs were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names |= {name} if name.startswith("INPUT_") else set()
        return super().get(name, default)


def test_every_input_reaches_the_code_and_only_through_its_variable() -> None:
    (variables,) = (dict(step["env"]) for step in ACTION["runs"]["steps"] if "env" in step)
    assert variables == {
        f"INPUT_{name.upper().replace('-', '_')}": f"${{{{ inputs.{name} }}}}"
        for name in ACTION["inputs"]
    }
    asked = Asked({})
    read_inputs(asked)
    assert asked.names == variables.keys()


def test_the_defaults_of_action_yml_are_those_of_the_code() -> None:
    defaults = {
        f"INPUT_{name.upper().replace('-', '_')}": each["default"]
        for name, each in ACTION["inputs"].items()
        if name != "github-token"
    }
    assert read_inputs(defaults) == read_inputs({})


def test_no_script_holds_an_expression() -> None:
    assert [step["run"] for step in ACTION["runs"]["steps"] if "${{" in step["run"]] == []


def test_the_outputs_are_those_that_the_code_writes(host: Host) -> None:
    (host.workspace / "README").touch()
    job = host.job()
    job.run()
    assert job.outputs.keys() == ACTION["outputs"].keys()
    assert {name: each["value"] for name, each in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.guard.outputs.{name} }}}}" for name in ACTION["outputs"]
    } | {"result": "${{ steps.guard.outputs.result || 'error' }}"}


def test_each_result_that_the_code_knows_is_described() -> None:
    described = ACTION["outputs"]["result"]["description"]
    assert re.findall(r"`([a-z]+)`", described) == list(get_args(Result))


@pytest.mark.parametrize("workflow", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_the_sample_workflows_ask_for_no_output_or_input_that_is_not_there(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    steps = yaml.safe_load(text)["jobs"]["guard"]["steps"]
    (used,) = (step.get("with", {}) for step in steps if step.get("id") == "guard")
    assert used.keys() <= ACTION["inputs"].keys()
    assert set(re.findall(r"steps\.guard\.outputs\.([a-z-]+)", text)) <= ACTION["outputs"].keys()
