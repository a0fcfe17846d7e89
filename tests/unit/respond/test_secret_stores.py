from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.errors import UsageError
from bedrock_key_guard.keys.key import Secret
from bedrock_key_guard.respond.secret_stores import Store, StoreError, Stores, parse_store
from sandbox.base.faults import ACCESS_DENIED, Fault, ServiceError, html
from sandbox.front.sandbox import Sandbox
from tests.needles import leaks_in
from tests.unit.respond.doubles import NEW_KEY
from tests.unit.verify.doubles import ACCOUNT

NAME = "team/bedrock-key"
KINDS = ("secretsmanager", "ssm")
Current = Callable[[str], str | None]
Fill = Callable[[str], None]


@pytest.fixture
def secrets(sandbox: Sandbox) -> Any:
    return sandbox.client("secretsmanager", ACCOUNT)


@pytest.fixture
def parameters(sandbox: Sandbox) -> Any:
    return sandbox.client("ssm", ACCOUNT)


@pytest.fixture
def current(secrets: Any, parameters: Any) -> Current:
    """Return what whoever uses the store reads there."""

    def read(kind: str) -> str | None:
        if kind == "ssm":
            found = parameters.get_parameters(Names=[NAME], WithDecryption=True)["Parameters"]
            return found[0]["Value"] if found else None
        try:
            return str(secrets.get_secret_value(SecretId=NAME)["SecretString"])
        except secrets.exceptions.ResourceNotFoundException:
            return None

    return read


@pytest.fixture
def fill(secrets: Any, parameters: Any) -> Fill:
    """Put a value there that somebody uses."""

    def write(kind: str) -> None:
        if kind == "ssm":
            parameters.put_parameter(Name=NAME, Value="in use", Type="SecureString")
        else:
            secrets.create_secret(Name=NAME, SecretString="in use")

    return write


def store(kind: str, session: Session) -> Store:
    return Stores(f"{kind}:{NAME}", session).of("ACCAQNZGKIQYEXAMPLE22")


@pytest.mark.parametrize("kind", KINDS)
def test_a_check_leaves_what_is_in_use_alone(
    kind: str, session: Session, fill: Fill, current: Current
) -> None:
    fill(kind)
    store(kind, session).check()
    store(kind, session).check()
    assert current(kind) == "in use"


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_that_is_not_there_is_made(kind: str, session: Session, current: Current) -> None:
    assert current(kind) is None
    kept = store(kind, session)
    kept.check()
    assert current(kind) == "written by bedrock-key-guard to see whether it may"
    kept.write(Secret(NEW_KEY))
    assert current(kind) == NEW_KEY


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_key_becomes_the_current_value(
    kind: str, session: Session, fill: Fill, current: Current
) -> None:
    fill(kind)
    kept = store(kind, session)
    kept.check()
    kept.write(Secret(NEW_KEY))
    assert current(kind) == NEW_KEY


def test_a_parameter_is_kept_encrypted(session: Session, parameters: Any) -> None:
    kept = store("ssm", session)
    kept.check()
    kept.write(Secret(NEW_KEY))
    found = parameters.get_parameter(Name=NAME)["Parameter"]
    assert found["Type"] == "SecureString"
    assert found["Value"].startswith("kms:")


def test_the_value_before_the_new_key_can_be_had_again(
    session: Session, fill: Fill, secrets: Any
) -> None:
    fill("secretsmanager")
    kept = store("secretsmanager", session)
    kept.check()
    kept.write(Secret(NEW_KEY))
    before = secrets.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "in use"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("there", [False, True])
def test_a_store_that_may_not_be_written_says_so_before_and_after(
    kind: str, there: bool, session: Session, sandbox: Sandbox, fill: Fill, current: Current
) -> None:
    if there:
        fill(kind)
    before, kept = current(kind), store(kind, session)
    for step in (kept.check, lambda: kept.write(Secret(NEW_KEY))):
        sandbox.aws_faults.add(ACCESS_DENIED, on=f"{kind}:*")
        with pytest.raises(StoreError, match="AccessDenied"):
            step()
    assert current(kind) == before


def test_a_secret_that_may_be_written_but_not_made_is_refused(
    session: Session, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on="secretsmanager:CreateSecret")
    with pytest.raises(StoreError, match="AccessDenied"):
        store("secretsmanager", session).check()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ServiceError(400, "InternalServiceError", "no"), "InternalServiceError"),
        (html(), "what answered was not AWS"),
    ],
)
def test_what_is_no_answer_of_the_service_is_no_store_and_quotes_no_key(
    kind: str, fault: Fault, reason: str, session: Session, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(fault, on=f"{kind}:*", times=None)
    with pytest.raises(StoreError, match=reason):
        store(kind, session).check()
    with pytest.raises(StoreError, match=reason) as error:
        store(kind, session).write(Secret(NEW_KEY))
    assert error.value.__cause__ is None
    assert leaks_in(NEW_KEY, repr(error.value).encode()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_is_taken_by_one_key_in_a_run(kind: str, session: Session) -> None:
    kept = store(kind, session)
    assert [kept.claim(), kept.claim(), kept.claim()] == [True, False, False]
    assert store(kind, session).claim()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ssm:/team/key", ("ssm", "/team/key")),
        ("secretsmanager:key", ("secretsmanager", "key")),
        (
            "secretsmanager:arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf",
            (
                "secretsmanager",
                "arn:aws:secretsmanager:us-east-1:111122223333:secret:key-AbCdEf",
            ),
        ),
    ],
)
def test_a_store_is_named_by_its_kind_and_its_name(text: str, expected: tuple[str, str]) -> None:
    assert parse_store(text) == expected


@pytest.mark.parametrize(
    "text", ["", "ssm", "ssm:", ":key", "vault:key", "SSM:key", "ssm: key", "ssm:key ", "key"]
)
def test_any_other_text_names_no_store(text: str, session: Session) -> None:
    for read in (parse_store, lambda text: Stores(text, session)):
        with pytest.raises(UsageError, match="names no store") as refused:
            read(text)
        assert "secretsmanager:NAME" in refused.value.remedy


@pytest.mark.parametrize("name", ["keys/{credential_id}", "{credential_id}", "fixed"])
def test_each_credential_has_the_place_that_its_name_gives_it(name: str, session: Session) -> None:
    stores = Stores(f"ssm:{name}", session)
    assert stores.of("ACCA1") is stores.of("ACCA1")
    assert (stores.of("ACCA1") is stores.of("ACCA2")) is (name == "fixed")
    assert stores.of("ACCA1").claim()
    assert stores.of("ACCA2").claim() is (name != "fixed")


@pytest.mark.parametrize(
    "name", ["{account_id}", "{credential_id", "a}", "{}", "{{credential_id}}"]
)
def test_a_name_holds_no_other_place(name: str) -> None:
    with pytest.raises(UsageError):
        parse_store(f"ssm:{name}")
