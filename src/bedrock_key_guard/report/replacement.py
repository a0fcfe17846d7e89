"""Say what to put in a key's place, by where it stood.

Sources: the README of aws-actions/configure-aws-credentials; the IAM user guide, "Create a role for
OpenID Connect federation"; the Amazon ECS developer guide, "Task IAM role"; the Amazon EKS user
guide, "EKS Pod Identities"; the AWS Lambda developer guide, "Execution role"; the Amazon EC2 user
guide, "IAM roles for Amazon EC2"; and the README of aws/aws-bedrock-token-generator-python. That an
SDK prefers a key in its environment to a role is in botocore, `handlers.py`.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, Literal

from bedrock_key_guard.report.document import Item, Items

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bedrock_key_guard.model.findings import Case

Stood = Literal["pipeline", "container", "function", "server", "elsewhere"]
"""Name what reads the file in which a key stood."""

_FILES: dict[Stood, str] = {
    "pipeline": "*/.github/* */.circleci/* */.buildkite/* */.gitlab-ci*.yml */jenkinsfile* "
    "*/azure-pipelines*.y*ml */bitbucket-pipelines.yml */buildspec*.y*ml */action.y*ml",
    "function": "*/serverless.y*ml */samconfig.* */template.y*ml */template.json "
    "*/lambda_function.* */lambda/* */lambdas/* */functions/*",
    "container": "*/dockerfile* *.dockerfile */containerfile* */compose*.y*ml "
    "*/docker-compose*.y*ml */task-def*.json */taskdef*.json */k8s/* */kubernetes/* */helm/* "
    "*/charts/* */manifests/*",
    "server": "*/user-data* */user_data* */cloud-init* */cloud-config* *.service */systemd/* "
    "*/ansible/*",
}
_ANYWHERE: tuple[Stood, ...] = ("pipeline",)
_ROLE = "arn:aws:iam::ACCOUNT:role/ROLE"
UNSET = Item(
    "With a role, take `AWS_BEARER_TOKEN_BEDROCK` out of the settings: SDKs prefer a key to a role."
)
SHORT_LIVED = Item(
    "Where a program wants a Bedrock API key: one that lives for an hour, made as it is needed",
    language="python",
    code=(
        "# pip install aws-bedrock-token-generator",
        "import os",
        "from datetime import timedelta",
        "from aws_bedrock_token_generator import provide_token",
        "",
        'os.environ["AWS_BEARER_TOKEN_BEDROCK"] = provide_token(expiry=timedelta(hours=1))',
    ),
)


def _role(text: str, *code: str, language: str = "sh") -> Item:
    return Item(text, code=code, language=language)


_POD = "eks create-pod-identity-association --cluster-name CLUSTER --namespace NAMESPACE"
_PROFILE = "--instance-id INSTANCE --iam-instance-profile Name=PROFILE"
ROLES: dict[Stood, Item] = {
    "pipeline": _role(
        "In a pipeline: a role that its OIDC provider may assume, and no key. In GitHub Actions:",
        "permissions:",
        "  id-token: write",
        "  contents: read",
        "steps:",
        "  - uses: aws-actions/configure-aws-credentials@v6",
        "    with:",
        f"      role-to-assume: {_ROLE}",
        "      aws-region: us-east-1",
        language="yaml",
    ),
    "function": _role(
        "In a function: the role that it runs as, and no key",
        f"aws lambda update-function-configuration --function-name FUNCTION --role {_ROLE}",
    ),
    "container": _role(
        "In a container: the role of its task (Amazon ECS) or of its pod (Amazon EKS), and no key",
        f"aws ecs register-task-definition --cli-input-json file://TASK --task-role-arn {_ROLE}",
        f"aws {_POD} --service-account SERVICE_ACCOUNT --role-arn {_ROLE}",
    ),
    "server": _role(
        "On a server: the role of its instance, and no key",
        f"aws ec2 associate-iam-instance-profile {_PROFILE}",
    ),
    "elsewhere": _role(
        "On a person's machine: a sign-in, whose credentials end by themselves, and no key",
        "aws sso login",
    ),
}


def stood_in(path: str) -> Stood:
    """Return what reads a file, by its name; most are somebody's own."""
    name = "/" + path.replace("\\", "/").lower()
    known = (
        stood for stood, names in _FILES.items() if any(fnmatchcase(name, n) for n in names.split())
    )
    return next(known, "elsewhere")


def replacements(cases: Iterable[tuple[Case, bool]]) -> Iterator[Items]:
    """Yield what to use instead of some keys, each way once.

    Of each case it is said whether its places may be named: where they may not, neither may what
    they are. A part of a key has nothing in its place.
    """
    whole = [(case, named) for case, named in cases if case.is_whole]
    found = set(chain.from_iterable(_stood(case) if named else _ANYWHERE for case, named in whole))
    roles = [item for stood, item in ROLES.items() if stood in found]
    if roles:
        yield Items("What to use instead", (*roles, UNSET, SHORT_LIVED))


def _stood(case: Case) -> Iterator[Stood]:
    return (stood_in(at.path) for at in case.incident.locations)
