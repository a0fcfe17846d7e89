"""Say what a guard needs in its environment, and keep the shell's own AWS settings out of it."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.aws.aws_server import AwsServer
    from sandbox.bedrock.bedrock_server import BedrockServer
    from sandbox.front.seeding import AccessKey

LOOPBACK = "127.0.0.1,localhost"
KEPT = "AWS_EC2_METADATA_DISABLED"


def variables(
    key: AccessKey, region: str, aws: AwsServer, bedrock: BedrockServer
) -> dict[str, str]:
    """Point a guard at the servers, with an access key."""
    token = {} if key.session_token is None else {"AWS_SESSION_TOKEN": key.session_token}
    return token | {
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": aws.url,
        "AWS_ENDPOINT_URL_BEDROCK": bedrock.url,
        "AWS_ENDPOINT_URL_BEDROCK_MANTLE": bedrock.url,
        "AWS_CA_BUNDLE": str(bedrock.ca_bundle),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        KEPT: "true",
        "BEDROCK_KEY_GUARD_ENDPOINTS": "trust",
        "NO_PROXY": LOOPBACK,
        "no_proxy": LOOPBACK,
    }


@contextlib.contextmanager
def without_aws_settings() -> Iterator[None]:
    """Take the variables of the AWS SDKs out of this process for a while.

    A session token or a profile of the person's own, left beside the sandbox's access key, would
    break its clients, moto's and those of every child.
    """
    names = [name for name in os.environ if name.startswith("AWS_") and name != KEPT]
    taken = {name: os.environ.pop(name) for name in names}
    try:
        yield
    finally:
        os.environ.update(taken)
