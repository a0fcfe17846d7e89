from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from bedrock_key_guard.aws.session import Session
from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey
from bedrock_key_guard.model.evidence import IamAnswer
from bedrock_key_guard.model.principals import Account
from bedrock_key_guard.verify.iam_directory import IamDirectory
from sandbox.base.faults import ACCESS_DENIED, Answer, Delay, Fault, ServiceError, html
from sandbox.front.sandbox import Sandbox
from sandbox.front.seeding import LongTermKey as Leaked
from sandbox.iam.credential_store import Owner
from sandbox.iam.credentials_addon import store_of
from sandbox.iam.principals import backend_of
from tests import keysmith
from tests.unit.verify.doubles import ACCOUNT, STRANGER, key_of, long_term

LIST = "iam:ListServiceSpecificCredentials"
BROKEN = ServiceError(400, "InvalidInput", "The marker is not valid.")
NO_CREDENTIALS = "<ServiceSpecificCredentials/>"
LISTED = (
    "<ListServiceSpecificCredentialsResult><IsTruncated>false</IsTruncated>"
    f"{NO_CREDENTIALS}</ListServiceSpecificCredentialsResult>"
)


@pytest.fixture
def directory(session: Session) -> IamDirectory:
    return IamDirectory(session)


def read(leaked: Leaked) -> LongTermKey:
    key = key_of(leaked.key)
    assert isinstance(key, LongTermKey)
    return key


def listings(sandbox: Sandbox) -> list[str]:
    """Return whose credentials were listed, call by call; `*` is everybody's."""
    return [
        "*" if call.parameter("AllUsers") else str(call.parameter("UserName"))
        for call in sandbox.calls()
        if call.action == LIST
    ]


def test_a_credential_is_found_by_its_alias(directory: IamDirectory, sandbox: Sandbox) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice", age_days=30)
    answer = directory.find_credential(read(leaked))
    assert (answer.state, answer.user_name) == ("found", "alice")
    assert answer.account == directory.account == Account(ACCOUNT, "aws")
    record = answer.credential
    assert record is not None
    assert (record.credential_id, record.alias) == (leaked.credential_id, leaked.alias)
    assert (record.status, record.user_name) == ("Active", "alice")
    assert record.service_name == "bedrock.amazonaws.com"
    kept = store_of(ACCOUNT).find(leaked.credential_id)
    assert kept is not None
    assert (record.created_at, record.expires_at) == (kept.created, kept.expires)
    assert listings(sandbox) == ["alice"]


def test_the_users_other_key_is_not_it(directory: IamDirectory, sandbox: Sandbox) -> None:
    sandbox.make_long_term_key(ACCOUNT, "alice")
    second = sandbox.make_long_term_key(ACCOUNT, "alice")
    answer = directory.find_credential(read(second))
    assert answer.credential is not None
    assert answer.credential.credential_id == second.credential_id
    assert second.alias == f"alice+1-at-{ACCOUNT}"


def test_a_key_of_another_service_is_not_it(directory: IamDirectory, sandbox: Sandbox) -> None:
    sandbox.make_long_term_key(ACCOUNT, "alice", service="logs.amazonaws.com")
    assert directory.find_credential(long_term("alice")).state == "absent"


@pytest.mark.parametrize("status", ["Inactive", "Expired"])
def test_a_credential_that_is_not_active_is_found_all_the_same(
    status: str, directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice", age_days=1)
    if status == "Expired":
        sandbox.expire(ACCOUNT, leaked.credential_id)
    else:
        sandbox.client("iam", ACCOUNT).update_service_specific_credential(
            UserName="alice", ServiceSpecificCredentialId=leaked.credential_id, Status=status
        )
    answer = directory.find_credential(read(leaked))
    assert answer.credential is not None
    assert (answer.state, answer.credential.status) == ("found", status)


def test_a_renamed_user_is_found_by_listing_everybody(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.client("iam", ACCOUNT).update_user(UserName="alice", NewUserName="alicia")
    answer = directory.find_credential(read(leaked))
    assert (answer.state, answer.user_name) == ("found", "alicia")
    assert listings(sandbox) == ["alice", "*"]


def test_an_alias_that_nobody_has_is_absent_after_a_whole_listing(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    for number in range(3):
        sandbox.make_long_term_key(ACCOUNT, f"user-{number}")
    answer = directory.find_credential(long_term("ghost"))
    assert (answer.state, answer.credential, answer.account) == (
        "absent",
        None,
        Account(ACCOUNT, "aws"),
    )


@pytest.fixture
def crowd(sandbox: Sandbox) -> Leaked:
    """Give the account more credentials than a page holds, the last of a renamed user."""
    for number in range(120):
        user = backend_of(ACCOUNT).create_user("aws", f"a-user-{number:03}")
        store_of(ACCOUNT).create(Owner(user.id, user.name), "bedrock.amazonaws.com", None)
    leaked = sandbox.make_long_term_key(ACCOUNT, "zoe")
    sandbox.client("iam", ACCOUNT).update_user(UserName="zoe", NewUserName="zora")
    return leaked


def test_a_listing_is_followed_to_its_last_page(
    crowd: Leaked, directory: IamDirectory, sandbox: Sandbox
) -> None:
    assert directory.find_credential(read(crowd)).user_name == "zora"
    assert directory.find_credential(long_term("ghost")).state == "absent"
    assert listings(sandbox) == ["zoe", "*", "*"]


def test_a_page_that_fails_leaves_the_question_open(
    crowd: Leaked, directory: IamDirectory, sandbox: Sandbox
) -> None:
    key = read(crowd)
    directory.find_credential(long_term("a-user-007"))  # found: nobody else was listed
    sandbox.aws_faults.add(Delay(0), on=LIST, times=2)
    sandbox.aws_faults.add(BROKEN, on=LIST, times=None)
    answer = directory.find_credential(key)
    assert answer.state == "unknown"
    assert answer.detail == "IAM would not list credentials (InvalidInput)"
    assert listings(sandbox)[-3:] == ["zoe", "*", "*"]
    assert sandbox.calls()[-1].parameter("Marker")


def test_a_listing_of_nothing_is_a_whole_listing(directory: IamDirectory, sandbox: Sandbox) -> None:
    sandbox.aws_faults.add(Answer(200, f"<R>{LISTED}</R>"), on=LIST, times=None)
    assert directory.find_credential(long_term("ghost")).state == "absent"


class Endless:
    """Be an IAM whose every listing has one more page."""

    class exceptions:  # noqa: N801  # botocore's name
        NoSuchEntityException = KeyError

    def __init__(self) -> None:
        self.pages = 0

    def _page(self, **_: object) -> dict[str, object]:
        self.pages += 1
        marker = {"IsTruncated": True, "Marker": str(self.pages)}
        return {"ServiceSpecificCredentials": [], "AccessKeyMetadata": [], **marker}

    list_service_specific_credentials = list_access_keys = _page

    def get_access_key_last_used(self, **_: object) -> dict[str, str]:
        return {"UserName": "alice"}


def test_a_listing_without_end_is_left(session: Session) -> None:
    directory = IamDirectory(session)
    directory._iam = Endless()
    signed = key_of(keysmith.short_term(ACCOUNT, kind="AKIA"))
    assert isinstance(signed, ShortTermKey)
    for answer in (directory.find_credential(long_term("ghost")), directory.find_signer(signed)):
        assert (answer.state, "EndlessListingError" in answer.detail) == ("unknown", True)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (ACCESS_DENIED, "AccessDenied"),
        (ServiceError(404, "NoSuchEntity", "No such service is supported"), "NoSuchEntity"),
        (html(), "ResponseParserError"),
        (Answer(200, "<a/>"), "KeyError"),
        (Answer(200, f"<R>{LISTED}"), "ResponseParserError"),
        # What lists nothing, not even that there is nothing, is no completed listing.
        (Answer(200, f"<R>{LISTED.replace(NO_CREDENTIALS, '')}</R>"), "KeyError"),
        (Answer(200, f"<R>{LISTED.replace('false', 'true')}</R>"), "KeyError"),
    ],
)
def test_what_iam_does_not_tell_is_unknown_with_its_reason(
    fault: Fault, reason: str, directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(fault, on="iam:*", times=None)
    answer = directory.find_credential(long_term("alice"))
    assert (answer.state, answer.credential) == ("unknown", None)
    assert reason in answer.detail


def test_one_listing_of_everybody_serves_any_number_of_forged_keys(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    keys = [long_term(f"forged-{number}") for number in range(60)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(directory.find_credential, keys))
    assert {answer.state for answer in answers} == {"absent"}
    listed = listings(sandbox)
    assert listed.count("*") == 1
    assert len(listed) <= 2 * 8 + 1


def test_a_listing_that_failed_is_not_tried_again_for_each_forged_key(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.aws_faults.add(Delay(0), on=LIST, times=2)  # alice, and alice+5 who is nobody
    sandbox.aws_faults.add(ACCESS_DENIED, on=LIST, times=1)
    forged = [directory.find_credential(long_term("alice", seed=str(n), n=n)) for n in range(5, 9)]
    assert [answer.state for answer in forged] == ["unknown"] * 4
    assert listings(sandbox).count("*") == 1
    # The real key is found by its user's name, whatever forged keys did to the big listing.
    assert directory.find_credential(read(leaked)).state == "found"


def test_a_big_listing_delays_no_other_users_key(directory: IamDirectory, sandbox: Sandbox) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    asked, go_on = threading.Event(), threading.Event()
    fetch = directory._fetch

    def slow_for_everybody(service: str, user_name: str | None) -> list[object]:
        if user_name is None:
            asked.set()
            assert go_on.wait(10)
        return fetch(service, user_name)  # type: ignore[return-value]

    directory._fetch = slow_for_everybody  # type: ignore[assignment,method-assign]
    with ThreadPoolExecutor(1) as pool:
        forged = pool.submit(directory.find_credential, long_term("ghost"))
        assert asked.wait(10)
        assert directory.find_credential(read(leaked)).state == "found"
        go_on.set()
        assert forged.result().state == "absent"


def test_two_credentials_with_one_alias_are_no_answer(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.make_long_term_key(ACCOUNT, "alice")
    store = store_of(ACCOUNT)
    for known in store.all():
        store._keep(replace(known, alias=leaked.alias))
    answer = directory.find_credential(read(leaked))
    assert (answer.state, answer.credential) == ("unknown", None)
    assert "more than one" in answer.detail


def test_an_alias_in_other_letters_is_another_alias(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    store = store_of(ACCOUNT)
    (known,) = store.all()
    store._keep(replace(known, alias=leaked.alias.upper()))
    assert directory.find_credential(read(leaked)).state == "absent"


def test_a_user_that_iam_would_not_list_leaves_the_question_open(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on=LIST, times=1)
    assert directory.find_credential(long_term("alice")).state == "unknown"
    assert listings(sandbox) == ["alice"]


def test_a_credential_is_found_by_its_id_whoever_owns_it(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.client("iam", ACCOUNT).update_user(UserName="alice", NewUserName="alicia")
    record = directory.by_id(leaked.credential_id)
    assert record is not None
    assert (record.user_name, record.alias) == ("alicia", leaked.alias)
    assert directory.by_id("ACCAQNZGKIQYEXAMPLE22") is None


# ── the access keys that sign short-term keys ───────────────────────────────────────────────────


@pytest.fixture
def signed(sandbox: Sandbox) -> ShortTermKey:
    key = key_of(sandbox.make_short_term_key(ACCOUNT, user="alice").key)
    assert isinstance(key, ShortTermKey)
    return key


def test_an_active_access_key_is_found(
    signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    answer = directory.find_signer(signed)
    assert (answer.state, answer.user_name) == ("found", "alice")
    assert [call.operation for call in sandbox.calls()][1:] == [
        "GetAccessKeyLastUsed",
        "ListAccessKeys",
    ]


def test_an_inactive_access_key_is_inactive(
    signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).update_access_key(
        UserName="alice", AccessKeyId=signed.access_key_id, Status="Inactive"
    )
    assert directory.find_signer(signed).state == "inactive"


def test_a_deleted_access_key_is_absent(
    signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).delete_access_key(
        UserName="alice", AccessKeyId=signed.access_key_id
    )
    answer = directory.find_signer(signed)
    assert (answer.state, answer.account) == ("absent", Account(ACCOUNT, "aws"))


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("<UserName>alice</UserName>", "absent"),  # gone between the two questions
        ("", "unknown"),
    ],
)
def test_an_access_key_that_is_on_no_list(
    answer: str, state: str, signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.client("iam", ACCOUNT).delete_access_key(
        UserName="alice", AccessKeyId=signed.access_key_id
    )
    result = f"<GetAccessKeyLastUsedResult>{answer}</GetAccessKeyLastUsedResult>"
    sandbox.aws_faults.add(Answer(200, f"<R>{result}</R>"), on="iam:GetAccessKeyLastUsed")
    assert directory.find_signer(signed).state == state


def test_every_access_key_of_the_user_is_looked_at(
    signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    iam = sandbox.client("iam", ACCOUNT)
    other = iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    iam.update_access_key(UserName="alice", AccessKeyId=other, Status="Inactive")
    assert directory.find_signer(signed).state == "found"
    assert directory.find_signer(replace(signed, access_key_id=other)).state == "inactive"


@pytest.mark.parametrize("operation", ["GetAccessKeyLastUsed", "ListAccessKeys"])
def test_what_iam_does_not_tell_of_an_access_key_is_unknown(
    operation: str, signed: ShortTermKey, directory: IamDirectory, sandbox: Sandbox
) -> None:
    sandbox.aws_faults.add(ACCESS_DENIED, on=f"iam:{operation}")
    answer: IamAnswer = directory.find_signer(signed)
    assert (answer.state, "AccessDenied" in answer.detail) == ("unknown", True)


def test_iam_is_not_asked_about_temporary_credentials(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    key = key_of(keysmith.short_term(ACCOUNT))
    assert isinstance(key, ShortTermKey)
    before = len(sandbox.calls())
    assert directory.find_signer(key).state == "unknown"
    assert len(sandbox.calls()) == before


def test_a_directory_is_of_the_account_of_its_session(
    directory: IamDirectory, sandbox: Sandbox
) -> None:
    leaked = sandbox.make_long_term_key(STRANGER, "alice")
    assert directory.find_credential(read(leaked)).state == "absent"
