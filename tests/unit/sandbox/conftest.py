from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.front.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACCOUNT = "111122223333"


@dataclass(frozen=True)
class Asker:
    """Ask Bedrock for its models with a key, over real TLS."""

    sandbox: Sandbox
    session: requests.Session

    def bedrock(self, key: str) -> requests.Response:
        return self.get("/foundation-models", {"Authorization": f"Bearer {key}"})

    def mantle(self, key: str) -> requests.Response:
        return self.get("/v1/models", {"Authorization": f"Bearer {key}"})

    def get(
        self, path: str, headers: Mapping[str, str] | None = None, timeout: float = 10
    ) -> requests.Response:
        return self.session.get(
            self.sandbox.bedrock.url + path,
            headers=headers,
            timeout=timeout,
            allow_redirects=False,
        )


@pytest.fixture
def iam(sandbox: Sandbox) -> Any:
    return sandbox.client("iam", ACCOUNT)


@pytest.fixture
def ask(sandbox: Sandbox) -> Iterator[Asker]:
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(sandbox.bedrock.ca_bundle)
        yield Asker(sandbox, session)


@pytest.fixture
def alice(iam: Any) -> str:
    iam.create_user(UserName="Alice")
    return "Alice"
