"""Read a call of an AWS API off the wire, and write a refusal as its service would.

IAM and STS speak the query protocol, EC2 one of its own, the other services of the sandbox JSON 1.1
(their API references, "Making requests"; of EC2 "Error codes").
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from sandbox.base.accounts import account_of
from sandbox.base.faults import Answer, ServiceError
from sandbox.base.wire import AwsCall, kept
from sandbox.iam.principals import signer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.iam.principals import Signer

QUERY_SERVICES = frozenset({"iam", "sts"})


@dataclass(frozen=True, slots=True)
class Request:
    """Hold one call with all of its parameters, and who signed it, if anybody did.

    Lists of the query protocol stay flat: `Tags.member.1.Key`.
    """

    service: str
    operation: str
    region: str
    access_key_id: str | None
    user_agent: str
    source_ip: str
    parameters: Mapping[str, Any] = field(repr=False)
    signature: Signature | None = field(default=None, repr=False)

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def signer(self) -> Signer | None:
        return None if self.access_key_id is None else signer_of(self.access_key_id)

    def call(self) -> AwsCall:
        """Give what may be written down of it."""
        return AwsCall(
            service=self.service,
            operation=self.operation,
            account_id=account_of(self.access_key_id or ""),
            access_key_id=self.access_key_id,
            region=self.region,
            user_agent=self.user_agent,
            parameters=kept(self.parameters),
        )

    def text(self, name: str) -> str:
        return str(self.parameters.get(name) or "")

    def pairs(self, name: str) -> dict[str, str]:
        """Read a list of keys and values, such as `Tags`."""
        numbered = range(1, 51)
        keys = [f"{name}.member.{number}" for number in numbered]
        return {
            self.text(f"{key}.Key"): self.text(f"{key}.Value")
            for key in keys
            if f"{key}.Key" in self.parameters
        }


@dataclass(frozen=True, slots=True)
class Signature:
    """Hold what a signature of version 4 covers, and the signature itself."""

    authorization: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def read_request(environ: dict[str, Any]) -> Request:
    """Say who calls which operation, from the signature's scope and the body."""
    authorization = str(environ.get("HTTP_AUTHORIZATION", ""))
    scope = authorization.partition("Credential=")[2].partition(",")[0]
    access_key_id, _, region, service = ([*scope.split("/"), "", "", "", ""])[:4]
    body = _read_body(environ)
    parameters = _parameters(environ, body)
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    return Request(
        service=service or "sts",
        operation=str(parameters.get("Action", target)),
        region=region,
        access_key_id=access_key_id or None,
        user_agent=environ.get("HTTP_USER_AGENT", ""),
        source_ip=environ.get("REMOTE_ADDR", ""),
        parameters=parameters,
        signature=Signature(
            authorization=authorization,
            method=environ["REQUEST_METHOD"],
            path=environ.get("PATH_INFO", "/"),
            query=environ.get("QUERY_STRING", ""),
            headers=_headers(environ),
            body=body,
        ),
    )


def rendered(error: ServiceError, service: str) -> Answer:
    """Write an error as the service's protocol wants it: XML of the query APIs, else JSON."""
    if service not in {*QUERY_SERVICES, "ec2"}:
        body = json.dumps({"__type": error.code, "message": error.message})
        return Answer(error.status, body, (("Content-Type", "application/x-amz-json-1.1"),))
    detail = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    if service == "ec2":
        body = f"<Response><Errors><Error>{detail}</Error></Errors></Response>"
        return Answer(error.status, body, (("Content-Type", "text/xml"),))
    body = f"<ErrorResponse><Error><Type>Sender</Type>{detail}</Error></ErrorResponse>"
    return Answer(error.status, body, (("Content-Type", "text/xml"),))


def _read_body(environ: dict[str, Any]) -> bytes:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _parameters(environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    if "HTTP_X_AMZ_TARGET" in environ:
        read: dict[str, Any] = json.loads(body)
        return read
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _headers(environ: Mapping[str, Any]) -> dict[str, str]:
    named = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return named | {
        "content-type": environ.get("CONTENT_TYPE", ""),
        "content-length": environ.get("CONTENT_LENGTH", ""),
    }
