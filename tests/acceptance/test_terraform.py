"""Hold deploy/terraform to the templates that it deploys, so that both make the same.

It has no policy of its own to compare: each stack's body is the template itself. Arguments are
those of the registry's documentation of the AWS provider.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from tests.cloudformation import DEPLOY, parameters, resources

TERRAFORM = DEPLOY / "terraform"
ARGUMENTS = {
    "aws_cloudformation_stack": {"name", "template_body", "parameters", "capabilities"},
    "aws_organizations_policy": {"name", "description", "type", "content"},
    "aws_organizations_policy_attachment": {"policy_id", "target_id"},
}
EACH_MADE = {"count", "for_each", "__is_block__"}


def plain(node: Any) -> Any:
    """Return a value of the parser without the quotes that it keeps."""
    if isinstance(node, dict):
        return {plain(name): plain(value) for name, value in node.items()}
    if isinstance(node, list):
        return [plain(each) for each in node]
    return node.strip('"') if isinstance(node, str) else node


def blocks(kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in TERRAFORM.glob("*.tf"):
        with path.open(encoding="utf-8") as file:
            found += plain(hcl2.load(file)).get(kind, [])
    return found


def made() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (kind, name): body
        for block in blocks("resource")
        for kind, named in block.items()
        for name, body in named.items()
    }


STACKS = [name for kind, name in made() if kind == "aws_cloudformation_stack"]


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_is_the_template_itself_with_the_parameters_that_are_given(name: str) -> None:
    stack = made()["aws_cloudformation_stack", name]
    assert stack["template_body"] == f'${{file("${{path.module}}/../{name}.yaml")}}'
    assert stack["parameters"] == f"${{var.{name}}}"
    assert (DEPLOY / f"{name}.yaml").is_file()


@pytest.mark.parametrize("name", STACKS)
def test_a_stack_that_names_a_role_says_that_it_may(name: str) -> None:
    named = "RoleName" in str(resources(DEPLOY / f"{name}.yaml", HubRoleArn="a:b:c:d:1:role/x"))
    stack = made()["aws_cloudformation_stack", name]
    assert stack.get("capabilities", []) == (["CAPABILITY_NAMED_IAM"] if named else [])


def test_every_resource_has_arguments_that_the_provider_knows() -> None:
    unknown = {name: set(body) - ARGUMENTS[name[0]] - EACH_MADE for name, body in made().items()}
    assert not any(unknown.values()), unknown


def test_every_variable_is_declared_and_used_and_names_parameters_that_exist() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TERRAFORM.glob("*.tf"))
    declared = {name: body for block in blocks("variable") for name, body in block.items()}
    assert set(re.findall(r"\bvar\.(\w+)", text)) == declared.keys()
    for name in STACKS:
        known = parameters(DEPLOY / f"{name}.yaml").keys()
        words = re.findall(r"[A-Z]\w+", declared[name]["description"])
        assert set(words) - {"The", "Null"} <= known


def test_the_readme_configures_it_with_parameters_that_exist() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?ms)^```hcl\n(.*?)^```$", text)
    (module,) = (body for each in plain(hcl2.loads(block))["module"] for body in each.values())
    assert module["guard"].keys() <= parameters(DEPLOY / "guard.yaml").keys()
    assert module["alerts"].keys() <= parameters(DEPLOY / "alerts.yaml").keys()
    for name in module["service_control_policies"]:
        assert (Path(DEPLOY) / "service-control-policies" / f"{name}.json").is_file()
