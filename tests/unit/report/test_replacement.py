"""What is to be used instead of a key follows from where it stood, and what is offered works."""

from __future__ import annotations

import shlex

import pytest
import yaml

from bedrock_key_guard.report.document import Item
from bedrock_key_guard.report.replacement import (
    ROLES,
    SHORT_LIVED,
    UNSET,
    Stood,
    replacements,
    stood_in,
)
from tests.unit.report import samples


@pytest.mark.parametrize(
    ("stood", "paths"),
    [
        (
            "pipeline",
            (
                ".github/workflows/ask.yml",
                "tools/.github/actions/x/run.sh",
                ".gitlab-ci.yml",
                "Jenkinsfile",
                ".circleci/config.yml",
                "ci/buildspec.yaml",
                "action.yml",
            ),
        ),
        (
            "container",
            (
                "Dockerfile",
                "docker/api.Dockerfile",
                "Dockerfile.dev",
                "compose.yaml",
                "docker-compose.override.yml",
                "deploy/k8s/chat.yaml",
                "charts/chat/values.yaml",
                "ecs/task-definition.json",
            ),
        ),
        (
            "function",
            ("serverless.yml", "template.yaml", "src/lambda/ask.py", "lambda_function.py"),
        ),
        ("server", ("deploy/user-data.sh", "etc/chat.service", "ansible/roles/chat/vars.yml")),
        ("elsewhere", (".env", "~/.zshrc", "src/app.py", "notebooks/chat.ipynb", "<stdin>", "")),
        ("container", ("deploy\\K8S\\chat.yaml",)),
    ],
)
def test_who_reads_a_file_is_told_by_its_name(stood: Stood, paths: tuple[str, ...]) -> None:
    assert {path: stood_in(path) for path in paths} == dict.fromkeys(paths, stood)


def instead(*paths: str, named: bool = True) -> tuple[Item, ...]:
    case = samples.case(locations=tuple(map(samples.at, paths)))
    (section,) = replacements([(case, named)])
    return section.items


def test_a_role_for_each_kind_of_place_comes_before_a_key_that_lives_for_an_hour() -> None:
    assert instead("Dockerfile", ".github/workflows/a.yml", "b.Dockerfile") == (
        ROLES["pipeline"],
        ROLES["container"],
        UNSET,
        SHORT_LIVED,
    )


def test_each_way_is_named_once_for_all_keys() -> None:
    case = samples.case(locations=(samples.at(".env"),))
    (section,) = replacements([(case, True), (case, True)])
    assert section.items == (ROLES["elsewhere"], UNSET, SHORT_LIVED)


def test_where_a_key_stood_is_not_told_by_what_to_use_instead() -> None:
    assert instead("Dockerfile", named=False) == instead("serverless.yml", named=False)


def test_nothing_takes_the_place_of_a_part_of_a_key() -> None:
    assert list(replacements([(samples.case(samples.malformed()), True)])) == []


def test_the_program_that_is_offered_runs() -> None:
    """Compile it, and find what it imports."""
    from aws_bedrock_token_generator import provide_token

    compile("\n".join(SHORT_LIVED.code), "offered", "exec")
    assert callable(provide_token)


def test_the_workflow_that_is_offered_is_yaml() -> None:
    read = yaml.safe_load("\n".join(ROLES["pipeline"].code))
    assert read["permissions"]["id-token"] == "write"
    assert read["steps"][0]["with"]["role-to-assume"].startswith("arn:aws:iam::")


def test_the_commands_that_are_offered_are_those_of_the_services() -> None:
    """Hold each to the model of its API that botocore has; `aws sso login` is the CLI's own."""
    import botocore.session

    session = botocore.session.get_session()
    commands = [line for role in ROLES.values() if role.language == "sh" for line in role.code]
    for command in commands:
        _, service, operation, *options = shlex.split(command)
        if service == "sso":
            continue
        model = session.get_service_model(service)
        names = {name.replace("-", "").lower(): name for name in model.operation_names}
        shape = model.operation_model(names[operation.replace("-", "").lower()]).input_shape
        assert shape is not None
        known = {name.lower() for name in shape.members} | {"cliinputjson"}
        asked = {each[2:].replace("-", "") for each in options if each.startswith("--")}
        assert asked <= known, command
