from __future__ import annotations

import time
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import botocore.exceptions
import pytest
import requests

from sandbox.base.lag import Lag
from sandbox.bedrock.hosts import place_of
from sandbox.bedrock.operations import CONTROL, MANTLE
from sandbox.bedrock.planes import CONCEALMENTS, Manner
from sandbox.front.internet import Internet
from sandbox.front.seeding import DENY_BOTH_PLANES
from tests.unit.sandbox.bedrock.test_bedrock_faults import deactivate

if TYPE_CHECKING:
    from sandbox.front.sandbox import Sandbox
    from tests.unit.sandbox.conftest import Asker

ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("bedrock.us-east-1.amazonaws.com", ("us-east-1", CONTROL)),
        ("bedrock-fips.us-gov-west-1.amazonaws.com:443", ("us-gov-west-1", CONTROL)),
        ("bedrock.eu-central-1.api.aws", ("eu-central-1", CONTROL)),
        ("bedrock-mantle.eu-central-1.api.aws", ("eu-central-1", MANTLE)),
        ("bedrock.eusc-de-east-1.amazonaws.eu", ("eusc-de-east-1", CONTROL)),
        ("bedrock-mantle.us-east-1.amazonaws.com", None),
        ("bedrock.eusc-de-east-1.amazonaws.com", None),
        ("bedrock.us-east-9.amazonaws.com", None),
        ("bedrock.us-east-1.example.com", None),
        ("127.0.0.1:8443", None),
    ],
)
def test_a_name_stands_for_a_plane_in_a_region(host: str, place: object) -> None:
    found = place_of(host)
    assert (found and (found.region, found.plane)) == place


def test_behind_its_names_each_region_and_plane_answers_for_itself(sandbox: Sandbox) -> None:
    key = sandbox.make_short_term_key(ACCOUNT, role="ml", region="eu-west-1").key
    with Internet(sandbox) as internet, requests.Session() as session:
        internet.lost.append("bedrock.us-east-2.*")
        session.trust_env = False
        session.verify = str(sandbox.bedrock.ca_bundle)
        session.proxies = {"https": internet.environment(ACCOUNT)["HTTPS_PROXY"]}
        session.headers["Authorization"] = f"Bearer {key}"

        def status(host: str, path: str = "/foundation-models") -> int:
            return session.get(f"https://{host}{path}", timeout=10).status_code

        assert status("bedrock.eu-west-1.amazonaws.com") == 200
        assert status("bedrock-mantle.eu-west-1.api.aws", "/v1/models") == 200
        assert status("bedrock-mantle.eu-west-1.api.aws") == 404
        assert status("bedrock.us-west-2.amazonaws.com") == 403
        for nowhere in ("bedrock.us-east-2.amazonaws.com", "bedrock.us-east-9.amazonaws.com"):
            with pytest.raises(requests.exceptions.ProxyError):
                status(nowhere)


def test_one_host_behind_a_name_hears_of_a_change_late(
    sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    made = sandbox.make_long_term_key(ACCOUNT, "alice")
    sandbox.bedrock.nodes = 2
    sandbox.bedrock.delay(Lag(probes=9), on="bedrock:*", node=1)
    ask.bedrock(made.key)
    deactivate(iam, made.credential_id)
    seen = set()
    for _ in range(2):
        ask.session.close()  # the next connection is dealt to the next host
        seen.add(ask.bedrock(made.key).status_code)
    assert seen == {200, 403}
    assert ask.mantle(made.key).status_code == 401


@pytest.mark.parametrize("name", CONCEALMENTS)
def test_mantle_conceals_a_denial_in_any_words(
    name: str, sandbox: Sandbox, ask: Asker, iam: Any
) -> None:
    key = sandbox.make_long_term_key(ACCOUNT, "alice").key
    iam.put_user_policy(
        UserName="alice", PolicyName="no", PolicyDocument=str(DENY_BOTH_PLANES).replace("'", '"')
    )
    sandbox.bedrock.manner = Manner(mantle_conceals=CONCEALMENTS[name])
    said = ask.mantle(key)
    assert (said.status_code, said.text) == (CONCEALMENTS[name].status, CONCEALMENTS[name].body)
    assert ask.bedrock(key).status_code == 403


def test_the_servers_clock_can_be_another_than_ours(sandbox: Sandbox, ask: Asker, iam: Any) -> None:
    sandbox.set_clock(ahead=timedelta(hours=1))
    ahead = parsedate_to_datetime(ask.bedrock("ABSKnot-a-key").headers["Date"]).timestamp()
    assert 3500 < ahead - time.time() < 3700
    with pytest.raises(botocore.exceptions.ClientError, match="Signature expired"):
        iam.list_users()
    sandbox.set_clock(ahead=timedelta(hours=-1))
    with pytest.raises(botocore.exceptions.ClientError, match="not yet current"):
        iam.list_users()
    sandbox.reset()
    assert sandbox.client("iam", ACCOUNT).list_users()["Users"]
