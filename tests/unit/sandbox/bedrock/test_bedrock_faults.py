from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.base.faults import (
    THROTTLED,
    UNAVAILABLE,
    AcceptEverything,
    Answer,
    Delay,
    Drop,
    Hang,
    NamePrincipal,
    html,
    redirect,
)
from sandbox.base.lag import Lag

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"
ARN = "arn:aws:iam::210987654321:user/somebody-else"
NOT_A_KEY = "ABSKnot-a-key"


def test_a_fault_of_one_plane_leaves_the_other_alone(sandbox: Sandbox, ask: Asker) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    sandbox.bedrock.faults.add(UNAVAILABLE, on="bedrock:*", times=None)
    assert (ask.bedrock(key).status_code, ask.mantle(key).status_code) == (503, 200)


def test_throttling_ends_after_its_count(sandbox: Sandbox, ask: Asker) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    sandbox.bedrock.faults.add(THROTTLED, on="bedrock:*", times=2)
    assert [ask.bedrock(key).status_code for _ in range(3)] == [429, 429, 200]


def test_errors_are_in_the_format_of_the_plane(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(THROTTLED, times=2)
    control, mantle = ask.bedrock(NOT_A_KEY), ask.mantle(NOT_A_KEY)
    assert control.json() == {"Message": "Rate exceeded"}
    assert control.headers["x-amzn-ErrorType"] == "ThrottlingException"
    assert mantle.json()["error"]["message"] == "Rate exceeded"


def test_any_answer_can_be_given(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(Answer(418, "short", (("X-Tea", "pot"),)))
    given = ask.bedrock(NOT_A_KEY)
    assert (given.status_code, given.text, given.headers["X-Tea"]) == (418, "short", "pot")


def test_a_page_of_a_proxy_is_given(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(html())
    given = ask.bedrock(NOT_A_KEY)
    assert (given.status_code, given.headers["Content-Type"]) == (200, "text/html")


def test_a_redirect_names_where_to_go(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(redirect("https://127.0.0.1:9/"))
    given = ask.bedrock(NOT_A_KEY)
    assert (given.status_code, given.headers["Location"]) == (302, "https://127.0.0.1:9/")


def test_everything_can_be_accepted(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(AcceptEverything(), times=None)
    assert ask.bedrock(NOT_A_KEY).json()["modelSummaries"]
    assert ask.mantle(NOT_A_KEY).json()["data"]


def test_any_principal_can_be_named(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(NamePrincipal(ARN, "bedrock:CallWithBearerToken"))
    sandbox.bedrock.faults.add(NamePrincipal(ARN))
    bearer, listing = ask.bedrock(NOT_A_KEY), ask.bedrock(NOT_A_KEY)
    said = f"User: {ARN} is not authorized to perform: bedrock:"
    assert bearer.json()["Message"].startswith(f"{said}CallWithBearerToken on resource: * ")
    assert listing.json()["Message"].startswith(f"{said}ListFoundationModels ")


def test_a_dropped_connection_has_no_answer(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(Drop(), times=None)
    with pytest.raises(requests.ConnectionError):
        ask.bedrock(NOT_A_KEY)


def test_a_hanging_server_outlasts_its_clients_patience(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(Hang())
    with pytest.raises(requests.Timeout):
        ask.get("/foundation-models", timeout=0.2)


def test_a_delayed_answer_is_the_usual_one(sandbox: Sandbox, ask: Asker) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    sandbox.bedrock.faults.add(Delay(0.01))
    assert ask.bedrock(key).status_code == 200


def deactivate(iam: Any, credential_id: str) -> None:
    iam.update_service_specific_credential(
        UserName="alice", ServiceSpecificCredentialId=credential_id, Status="Inactive"
    )


def test_a_change_arrives_after_some_probes_of_each_plane(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.bedrock.lag = Lag(probes=2)
    assert (ask.bedrock(made.key).status_code, ask.mantle(made.key).status_code) == (200, 200)
    deactivate(iam, made.credential_id)
    assert [ask.bedrock(made.key).status_code for _ in range(4)] == [200, 200, 403, 403]
    assert [ask.mantle(made.key).status_code for _ in range(4)] == [200, 200, 401, 401]


def test_a_change_arrives_after_some_time(sandbox: Sandbox, ask: Asker, iam: Any) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.bedrock.lag = Lag(seconds=0.05)
    assert ask.bedrock(made.key).status_code == 200
    deactivate(iam, made.credential_id)
    assert ask.bedrock(made.key).status_code == 200
    deadline = time.monotonic() + 10
    while ask.bedrock(made.key).status_code == 200:
        assert time.monotonic() < deadline


def test_a_change_that_is_undone_in_time_is_never_seen(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.bedrock.lag = Lag(probes=1)
    statuses = [ask.bedrock(made.key).status_code]
    for status in ("Inactive", "Active", "Inactive"):
        iam.update_service_specific_credential(
            UserName="alice", ServiceSpecificCredentialId=made.credential_id, Status=status
        )
        statuses.append(ask.bedrock(made.key).status_code)
    assert statuses == [200, 200, 200, 200]
    assert ask.bedrock(made.key).status_code == 403


def test_a_reset_forgets_faults_lag_and_requests(sandbox: Sandbox, ask: Asker) -> None:
    sandbox.bedrock.faults.add(AcceptEverything(), times=None)
    sandbox.bedrock.lag = Lag(probes=1)
    ask.bedrock(NOT_A_KEY)
    sandbox.reset()
    assert sandbox.bedrock.log.calls() == ()
    assert sandbox.bedrock.lag == Lag()
    assert ask.bedrock(NOT_A_KEY).status_code == 403
