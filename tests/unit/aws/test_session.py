from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError
from botocore.parsers import ResponseParserError

from bedrock_key_guard import __version__
from bedrock_key_guard.aws.session import NoSession, Session, error_code, open_session, refusal
from bedrock_key_guard.model.principals import Account
from sandbox.base.faults import ACCESS_DENIED, AWS_THROTTLED, UNAVAILABLE, Answer, Fault, html
from sandbox.front.sandbox import GUARD_USER, Sandbox
from tests.unit.variables import use

ACCOUNT = "111122223333"


def opened(environment: dict[str, str]) -> Session:
    session = open_session(environment)
    assert isinstance(session, Session)
    return session


def refused(environment: dict[str, str]) -> str:
    session = open_session(environment)
    assert isinstance(session, NoSession)
    return session.reason


def test_a_session_knows_who_it_is(environment: dict[str, str]) -> None:
    session = opened(environment)
    assert session.account == Account(ACCOUNT, "aws")
    assert session.arn == f"arn:aws:iam::{ACCOUNT}:user/{GUARD_USER}"


def test_a_session_may_be_a_roles(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = sandbox.environment(ACCOUNT, role="guard")
    use(environment, monkeypatch)
    session = opened(environment)
    assert session.account == Account(ACCOUNT, "aws")
    assert session.arn.startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/")


def test_every_call_bears_our_name(environment: dict[str, str], sandbox: Sandbox) -> None:
    session = opened(environment)
    session.global_client("iam").list_users()
    session.client("ssm").describe_parameters()
    calls = [*sandbox.calls()]
    assert [call.action for call in calls] == [
        "sts:GetCallerIdentity",
        "iam:ListUsers",
        "ssm:DescribeParameters",
    ]
    assert all(f"bedrock-key-guard/{__version__}" in call.user_agent for call in calls)


def test_a_bedrock_key_of_the_environment_signs_nothing(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    use({"AWS_BEARER_TOKEN_BEDROCK": "another-key", "AWS_BEARER_TOKEN_IAM": "k"}, monkeypatch)
    opened(environment).global_client("iam").list_users()
    signers = {call.access_key_id for call in sandbox.calls()}
    assert signers == {environment["AWS_ACCESS_KEY_ID"]}


def test_a_client_is_made_once(environment: dict[str, str]) -> None:
    session = opened(environment)
    assert session.global_client("iam") is session.global_client("iam")
    assert session.client("ssm") is session.client("ssm")


def test_global_services_are_asked_at_home_and_others_here(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    use({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}, monkeypatch)
    session = opened(environment)
    session.client("ssm").describe_parameters()
    session.global_client("cloudtrail").lookup_events()
    regions = {call.service: call.region for call in sandbox.calls()}
    assert regions == {"sts": "eu-west-1", "ssm": "eu-west-1", "cloudtrail": "us-east-1"}


@pytest.mark.parametrize(
    ("partition", "home"),
    [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1")],
)
def test_each_partition_has_its_home(
    partition: str, home: str, environment: dict[str, str]
) -> None:
    arn = f"arn:{partition}:iam::{ACCOUNT}:user/somebody"
    assert Session(opened(environment)._boto, arn).home_region == home


def test_without_credentials_there_is_no_session(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    assert refused(environment) == "there are no AWS credentials"
    assert sandbox.calls() == ()


def test_credentials_that_aws_does_not_know_are_refused(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, monkeypatch)
    assert (
        refused(environment) == "AWS would not say whose the credentials are (InvalidClientTokenId)"
    )


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ACCESS_DENIED, "AWS would not say whose the credentials are (AccessDenied)"),
        (UNAVAILABLE, "AWS would not say whose the credentials are (ServiceUnavailable)"),
        (html(), "AWS could not be asked who we are (ResponseParserError)"),
        (Answer(200, "<a/>"), "AWS could not be asked who we are (KeyError)"),
        (
            Answer(
                200,
                "<R><GetCallerIdentityResult><Arn>nobody</Arn></GetCallerIdentityResult></R>",
            ),
            "AWS could not be asked who we are (ValueError)",
        ),
    ],
)
def test_an_answer_that_names_nobody_opens_no_session(
    fault: Fault, reason: str, environment: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(fault, on="sts:*", times=None)
    assert refused(environment) == reason


@pytest.mark.parametrize(
    ("variables", "error"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "EndpointConnectionError"),
        ({"AWS_PROFILE": "nobody"}, "ProfileNotFound"),
        ({"AWS_REGION": "x@127", "AWS_DEFAULT_REGION": "x@127"}, "InvalidRegionError"),
    ],
)
def test_what_keeps_us_from_asking_is_named(
    variables: dict[str, str],
    error: str,
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(variables, monkeypatch)
    assert refused(environment) == f"AWS could not be asked who we are ({error})"


def test_who_has_not_signed_in_is_told_how(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "config"
    configuration.write_text(f"""[profile team]
sso_session = us
sso_account_id = {ACCOUNT}
sso_role_name = dev
[sso-session us]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
""")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    use({"AWS_CONFIG_FILE": str(configuration), "AWS_PROFILE": "team"}, monkeypatch)
    assert refused(environment) == "nobody is signed in to AWS (run `aws sso login`)"
    assert sandbox.calls() == ()


def test_endpoints_of_the_environment_are_ignored_unless_trusted(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    use({"AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:1"}, monkeypatch)
    session = opened(environment)
    assert session.global_client("iam").meta.endpoint_url == "http://127.0.0.1:1"
    del environment["BEDROCK_KEY_GUARD_ENDPOINTS"]
    # The proxy of the tests is a closed port, so that nothing leaves this machine.
    assert "could not be asked" in refused(environment)
    assert len(sandbox.calls()) == 1


def test_a_configuration_file_overrides_no_endpoint_either(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "config"
    configuration.write_text(f"[default]\nendpoint_url = {sandbox.aws_url}\n")
    use({"AWS_CONFIG_FILE": str(configuration), "AWS_ENDPOINT_URL": ""}, monkeypatch)
    del environment["BEDROCK_KEY_GUARD_ENDPOINTS"]
    assert "could not be asked" in refused(environment)
    assert sandbox.calls() == ()


def test_a_model_of_a_service_overrides_no_endpoint_either(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The SDK would take its endpoint rules from there before it takes its own."""
    rules = tmp_path / "sts" / "2011-06-15" / "endpoint-rule-set-1.json"
    rules.parent.mkdir(parents=True)
    region = {"builtIn": "AWS::Region", "type": "String", "required": False, "documentation": ""}
    endpoint = {"url": sandbox.aws_url, "properties": {}, "headers": {}}
    rule = {"conditions": [], "endpoint": endpoint, "type": "endpoint"}
    model = {"version": "1.0", "parameters": {"Region": region}, "rules": [rule]}
    rules.write_text(json.dumps(model))
    use({"AWS_DATA_PATH": str(tmp_path), "AWS_ENDPOINT_URL": ""}, monkeypatch)
    use({"HTTP_PROXY": "", "http_proxy": ""}, monkeypatch)
    del environment["BEDROCK_KEY_GUARD_ENDPOINTS"]
    assert "could not be asked" in refused(environment)
    assert sandbox.calls() == ()


class Hub:
    """Give out credentials of any role, in the place of the SDK and of STS."""

    region_name = "us-east-1"

    def client(self, *_: object, **__: object) -> Hub:
        return self

    def assume_role(self, **_: object) -> dict[str, dict[str, object]]:
        keys = dict.fromkeys(("AccessKeyId", "SecretAccessKey", "SessionToken"), "made-up")
        arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/guard/session"
        return {"Credentials": {**keys, "Expiration": None}, "AssumedRoleUser": {"Arn": arn}}


@pytest.mark.parametrize(
    ("trust", "endpoint"), [(False, "https://iam.amazonaws.com"), (True, "http://127.0.0.1:1")]
)
def test_what_holds_for_our_own_endpoints_holds_for_a_roles(
    trust: bool, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use({"AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:1"}, monkeypatch)
    own = Session(Hub(), f"arn:aws:iam::{ACCOUNT}:user/guard", trust_overrides=trust)  # type: ignore[arg-type]
    assert own.assume({}).global_client("iam").meta.endpoint_url == endpoint


def test_a_roles_session_keeps_the_pace_of_ours() -> None:
    own = Session(Hub(), f"arn:aws:iam::{ACCOUNT}:user/guard")  # type: ignore[arg-type]
    assert own.assume({}).limiter is own.limiter


def test_the_sdk_does_not_ask_cloudtrail_again_behind_our_back(
    environment: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(AWS_THROTTLED, on="cloudtrail:*", times=None)
    cloudtrail = opened(environment).client_in("eu-west-1", "cloudtrail")
    with pytest.raises(ClientError, match="Throttling"):
        cloudtrail.lookup_events()
    assert sum(call.operation == "LookupEvents" for call in sandbox.calls()) == 1


def test_whoever_fetches_our_credentials_ignores_them_too(
    environment: dict[str, str], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token of a workflow is exchanged for credentials by a client that botocore makes."""
    token = tmp_path / "token"
    token.write_text("a-web-identity-token")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    use(
        {
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
            "AWS_ROLE_ARN": sandbox.make_role(ACCOUNT, "guard"),
        },
        monkeypatch,
    )
    del environment["BEDROCK_KEY_GUARD_ENDPOINTS"]
    assert "could not be asked" in refused(environment)
    assert sandbox.calls() == ()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ClientError({"Error": {"Code": "Throttling"}}, "ListUsers"), "Throttling"),
        (ClientError({"Error": {}}, "ListUsers"), "ClientError"),
        (ClientError({}, "ListUsers"), "ClientError"),
        (EndpointConnectionError(endpoint_url="https://x"), "EndpointConnectionError"),
        (HTTPClientError(response=object(), error="x"), "HTTPClientError"),
        (ResponseParserError("x"), "ResponseParserError"),
        (KeyError("a secret"), "KeyError"),
    ],
)
def test_an_error_is_named_by_awss_code_or_its_class(error: Exception, code: str) -> None:
    assert error_code(error) == code


def denied(message: str, code: str = "AccessDenied") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "AttachUserPolicy")


WHO = f"User: arn:aws:iam::{ACCOUNT}:user/guard is not authorized to perform:"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            denied(
                f"{WHO} iam:AttachUserPolicy on resource: user dev because no identity-based "
                "policy allows the iam:AttachUserPolicy action"
            ),
            "AccessDenied for iam:AttachUserPolicy",
        ),
        (
            denied(f"{WHO} ssm:PutParameter", "AccessDeniedException"),
            "AccessDeniedException for ssm:PutParameter",
        ),
        (
            denied(
                "You are not authorized to perform this operation. "
                f"{WHO} ec2:DescribeRegions with an explicit deny in a service control policy",
                "UnauthorizedOperation",
            ),
            "UnauthorizedOperation for ec2:DescribeRegions",
        ),
        (denied("You don't have permissions to access this resource."), "AccessDenied"),
        (denied(f"{WHO} <script>:alert"), "AccessDenied"),
        (denied(f"{WHO} {'x' * 99}:{'y' * 99}"), "AccessDenied"),
        (KeyError("a secret"), "KeyError"),
    ],
)
def test_a_refusal_names_the_action_where_aws_does(error: Exception, told: str) -> None:
    assert refusal(error) == told


def test_importing_the_session_loads_no_sdk() -> None:
    code = (
        "import sys, bedrock_key_guard.aws.session;"
        "raise SystemExit(any(name in sys.modules for name in ('boto3', 'botocore')))"
    )
    assert subprocess.run([sys.executable, "-Ic", code], check=False).returncode == 0


def test_without_the_sdk_people_are_told_what_to_install(tmp_path: Path) -> None:
    code = """
import sys
sys.modules["boto3"] = None
from bedrock_key_guard.aws.session import open_session
from bedrock_key_guard.errors import UsageError
try:
    open_session({})
except UsageError as error:
    print(error, error.remedy)
"""
    ran = subprocess.run(
        [sys.executable, "-Ic", code],
        check=True,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    assert "boto3 is not installed" in ran.stdout
    assert "pip install" in ran.stdout
