from __future__ import annotations

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_key_guard.model.evidence import BedrockAnswer, Plane
from bedrock_key_guard.verify.classify import is_transient, read_answer
from tests.rows import each
from tests.unit.verify.doubles import NOW

PLANES: tuple[Plane, ...] = get_args(Plane)
ARN = "arn:aws:iam::111122223333:user/BedrockAPIKey-ex4m"
DENIED = f"User: {ARN} is not authorized to perform: bedrock:CallWithBearerToken"
LIST = "bedrock:ListFoundationModels"
WHY = "because no identity-based policy allows the bedrock:ListFoundationModels action"
INVALID = "Authentication failed: Please make sure your API Key is valid."
NO_KEY = "Invalid API Key format: Must start with pre-defined prefix"
BLOCKED = "Your account is not authorized to invoke this API operation."
EXPIRED = "Bearer Token has expired"
INVALID_ON_MANTLE = "Invalid bearer token"
MODELS = {"modelSummaries": [{"modelId": "amazon.nova-example-v1:0"}]}
MANTLE_MODELS = {"object": "list", "data": [{"id": "openai.gpt-oss-example-1:0"}]}
HTML = b"<!doctype html><html><body><h1>Please sign in</h1></body></html>"


def read(status: int, document: Any, plane: Plane = "bedrock") -> BedrockAnswer:
    return read_bytes(status, json.dumps(document).encode(), plane)


def read_bytes(status: int, body: bytes, plane: Plane) -> BedrockAnswer:
    asked = BedrockAnswer(plane, "us-east-1", "unknown", NOW)
    answer = read_answer(asked, status, body)
    assert (answer.plane, answer.region, answer.asked_at) == (plane, "us-east-1", NOW)
    assert (answer.status, answer.refusals) == (status, int(answer.state in ("refused", "expired")))
    return answer


def message(text: object, plane: Plane = "bedrock") -> dict[str, object]:
    if plane == "bedrock":
        return {"Message": text}
    return {"error": {"code": "x", "message": text, "param": None, "type": "x"}}


def user(arn: str, action: str = LIST) -> str:
    return f"User: {arn} is not authorized to perform: {action} {WHY}"


@pytest.mark.parametrize(
    ("plane", "status", "document", "state"),
    [
        ("bedrock", 200, MODELS, "accepted"),
        ("bedrock-mantle", 200, MANTLE_MODELS, "accepted"),
        ("bedrock", 403, message(INVALID), "refused"),
        ("bedrock", 401, {"message": INVALID}, "refused"),
        ("bedrock", 400, message(INVALID), "refused"),
        # Both are also said of keys that are good: neither refuses.
        *(
            (plane, status, message(text, plane), "unknown")
            for plane in PLANES
            for status in (401, 403)
            for text in (NO_KEY, BLOCKED)
        ),
        ("bedrock", 403, message(EXPIRED), "expired"),
        ("bedrock", 403, message(DENIED), "denied"),
        ("bedrock", 401, {"message": f"{DENIED} {WHY}"}, "denied"),
        ("bedrock-mantle", 401, message(INVALID_ON_MANTLE, "bedrock-mantle"), "refused"),
        ("bedrock-mantle", 403, message(INVALID, "bedrock-mantle"), "refused"),
        # The second plane refuses in any words, and by 404, unless it names somebody.
        ("bedrock-mantle", 401, message("Nope", "bedrock-mantle"), "refused"),
        ("bedrock-mantle", 403, {"detail": "Forbidden"}, "refused"),
        ("bedrock-mantle", 404, {"message": "Not Found"}, "refused"),
        ("bedrock-mantle", 400, message("Nope", "bedrock-mantle"), "unknown"),
        ("bedrock-mantle", 429, message("Nope", "bedrock-mantle"), "unknown"),
        ("bedrock-mantle", 403, message(f"What {ARN} may do", "bedrock-mantle"), "unknown"),
        ("bedrock-mantle", 401, message(EXPIRED, "bedrock-mantle"), "expired"),
        ("bedrock", 404, {"message": "Not Found"}, "unknown"),
        ("bedrock", 403, message("Nope"), "unknown"),
        ("bedrock", 401, message(INVALID_ON_MANTLE), "unknown"),
        ("bedrock-mantle", 403, message(DENIED, "bedrock-mantle"), "denied"),
    ],
)
def test_what_bedrock_was_seen_to_say(
    plane: Plane, status: int, document: object, state: str
) -> None:
    assert read(status, document, plane).state == state


@pytest.mark.parametrize(
    ("text", "principal", "action"),
    [
        (DENIED, ARN, "bedrock:CallWithBearerToken"),
        (user(ARN), ARN, LIST),
        (
            f"{DENIED} on resource: * with an explicit deny in a service control policy",
            ARN,
            "bedrock:CallWithBearerToken",
        ),
        *(
            (user(arn), arn, LIST)
            for arn in (
                "arn:aws:iam::111122223333:user/teams/ml/alice",
                "arn:aws:sts::111122223333:assumed-role/ml-pipeline/run-7",
                "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_0/sam+x=y,z@example.com",
                "arn:aws:sts::111122223333:federated-user/sam",
                "arn:aws:iam::111122223333:root",
                "arn:aws-us-gov:iam::111122223333:user/alice",
            )
        ),
        (
            user(ARN, "bedrock-mantle:CallWithBearerToken"),
            ARN,
            "bedrock-mantle:CallWithBearerToken",
        ),
    ],
)
@pytest.mark.parametrize("plane", PLANES)
def test_a_denial_names_the_principal_and_the_action(
    text: str, principal: str, action: str, plane: Plane
) -> None:
    reading = read(403, message(text, plane), plane)
    assert (reading.state, reading.principal, reading.denied_action) == (
        "denied",
        principal,
        action,
    )


@each(
    "text",
    [
        "",
        INVALID.lower(),
        INVALID + " ",
        f"Proxy: {INVALID}",
        INVALID.removesuffix("."),
        INVALID.replace("A", "\u0410", 1),  # a Cyrillic A
        INVALID_ON_MANTLE,
        EXPIRED.upper(),
        f"The {EXPIRED}",
        DENIED.lower(),
        f"Hello {DENIED}",
        DENIED.replace("not ", ""),
        DENIED.replace("User: ", ""),
        DENIED.replace("User: ", "User:\n"),
        DENIED.replace("User: ", "User:  "),
        user("arn:aws:iam::111122223333:user/al\nice"),
        user("arn:aws:iam::111122223333:user/alice bob"),
        user("arn:aws:iam::111122223333:user/\u0430lice"),
        user(
            "arn:aws:iam::\u0661\u0661\u0661\u0661\u0662\u0662\u0662\u0662\u0663\u0663\u0663\u0663:user/a"
        ),
        user("arn:aws:iam::1111222233334:user/alice"),
        user("arn:aws:iam::11112222333:user/alice"),
        user("arn:aws:iam:us-east-1:111122223333:user/alice"),
        user("arn:aws:s3::111122223333:user/alice"),
        user("arn:azure:iam::111122223333:user/alice"),
        user("arn:aws:iam::111122223333:"),
        user("alice"),
        user(ARN, "everything"),
        user(ARN, "bedrock:"),
        "Missing Authentication Token",
        "The security token included in the request is invalid.",
        "Signature expired: 20261123T060000Z is now earlier than 20261123T061500Z",
        "Rate exceeded",
        7,
        None,
        [INVALID],
        {"Message": INVALID},
        True,
    ],
)
@each("status", [400, 401, 403])
def test_words_that_only_look_like_bedrocks_prove_nothing(status: int, text: object) -> None:
    reading = read(status, message(text))
    assert (reading.state, is_transient(status)) == ("unknown", False)
    assert reading.principal is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        [MODELS],
        "modelSummaries",
        None,
        7,
        {"modelSummaries": []},
        {"modelSummaries": None},
        {"modelSummaries": 7},
        {"modelSummaries": {}},
        {"modelSummaries": {"modelId": "x"}},
        {"modelSummaries": "modelId"},
        {"modelSummaries": ["modelId"]},
        {"modelSummaries": [None]},
        {"modelSummaries": [{}]},
        {"modelSummaries": [{"modelId": None}]},
        {"modelSummaries": [{"modelId": ["x"]}]},
        {"modelSummaries": [*MODELS["modelSummaries"], {}]},
        {"modelsummaries": MODELS["modelSummaries"]},
        {"output": MODELS},
        MANTLE_MODELS,
        message(INVALID),
        message(DENIED),
    ],
)
def test_200_without_a_list_of_models_is_not_bedrock(document: object) -> None:
    reading = read(200, document)
    assert (reading.state, is_transient(200)) == ("unknown", False)


@pytest.mark.parametrize("document", [MODELS, {"data": []}, {"data": [{"modelId": "x"}]}])
def test_each_plane_has_its_own_list(document: object) -> None:
    assert read(200, document, "bedrock-mantle").state == "unknown"


@each(
    ("status", "retry"),
    [
        *((status, True) for status in (429, 500, 502, 503, 504, 599)),
        *((status, False) for status in (201, 204, 299, 300, 301, 302, 303, 304, 307, 308, 399)),
        *((status, False) for status in (402, 404, 405, 407, 409, 418, 451, 499)),
    ],
)
@each("document", [MODELS, message(INVALID), message(DENIED)])
def test_no_other_status_proves_anything(status: int, retry: bool, document: object) -> None:
    reading = read(status, document)
    assert (reading.state, is_transient(status)) == ("unknown", retry)
    assert str(status) in reading.detail
    assert ("redirect" in reading.detail) is (300 <= status < 400)


@pytest.mark.parametrize(
    ("status", "document", "told"),
    [
        (200, MODELS, "answered with its list of models"),
        (200, {}, "answered 200 without a list of models, so it is not Bedrock"),
        (302, {}, "answered 302, a redirect, which was not followed"),
        (429, {}, "answered 429: throttled or failing"),
        (503, {}, "answered 503: throttled or failing"),
        (404, {}, "answered 404, which proves nothing"),
        (403, {}, "answered 403 in words that Bedrock is not known to use"),
        (403, message(INVALID), INVALID),
        (403, message(EXPIRED), EXPIRED),
        (403, message(NO_KEY), "called it no key, which it also says of keys that may not be used"),
        (
            403,
            message(BLOCKED),
            "knows the key, and says that AWS does not let its account use Bedrock",
        ),
        (403, message(user(ARN)), f"named {ARN} and denied {LIST}"),
    ],
)
def test_what_people_are_told(status: int, document: object, told: str) -> None:
    assert read(status, document).detail == told


@each("status", [200, 302, 401, 403, 407, 429, 503])
@each(
    "body",
    [
        HTML,
        b"",
        b"\x00",
        b"\xff\xfe",
        b"null",
        b"NaN",
        json.dumps(MODELS).encode()[:-1],
        json.dumps(MODELS).encode() + HTML,
        b"[" * 100_000,
        b'{"Message":' * 100_000,
        b'{"modelSummaries":[' + b"[" * 50_000 + b"]" * 50_000 + b"]}",
        b"9" * 5_000,
        b"x" * (4 << 20),
    ],
)
@each("plane", PLANES)
def test_what_is_no_document_of_bedrocks_proves_nothing(
    plane: Plane, body: bytes, status: int
) -> None:
    # The second plane may refuse without a word.
    refuses = plane == "bedrock-mantle" and not body and status in (401, 403)
    assert read_bytes(status, body, plane).state == ("refused" if refuses else "unknown")


def test_the_second_plane_refuses_by_404_and_without_a_word() -> None:
    assert read_bytes(404, b"", "bedrock-mantle").state == "refused"
    assert read_bytes(404, b"", "bedrock").state == "unknown"
    assert read_bytes(404, HTML, "bedrock-mantle").state == "unknown"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([INVALID]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Message", "message", "error", "modelSummaries", "modelId", "data"])
            | st.text(max_size=4),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
bodies = st.binary(max_size=80) | json_values.map(lambda value: json.dumps(value).encode())
statuses = st.integers(100, 599) | st.sampled_from([200, 400, 401, 403])


@given(st.sampled_from(PLANES), statuses, bodies)
def test_nothing_is_proven_where_the_structure_is_not_there(
    plane: Plane, status: int, body: bytes
) -> None:
    reading = read_bytes(status, body, plane)
    if reading.state == "accepted":
        assert status == 200
        assert re.search(rb'"(modelSummaries|data)": ?\[\{', body)
    if reading.state == "refused" and plane == "bedrock-mantle":
        assert status in (400, 401, 403, 404)
        assert not body or body.strip().startswith(b"{")
    elif reading.state in ("refused", "denied", "expired"):
        assert status in (400, 401, 403, 404)[: 3 if plane == "bedrock" else 4]
        assert b"essage" in body
    assert (reading.principal is None) == (reading.state != "denied")


@given(st.text(max_size=20), st.text(max_size=20))
def test_a_principal_holds_only_what_an_arn_may_hold(before: str, after: str) -> None:
    reading = read(403, message(f"User: {before}{ARN}{after} is not authorized to perform: {LIST}"))
    if reading.state == "denied":
        assert re.fullmatch(
            r"arn:aws:iam::111122223333:user/[\w+=,.@/-]+", reading.principal or "", re.ASCII
        )
