"""Keep a reset key's new text in AWS Secrets Manager or SSM Parameter Store.

Facts are those of the two API references: `PutSecretValue` with staging labels other than
AWSCURRENT leaves the current value alone; `PutParameter` without `Overwrite` answers
ParameterAlreadyExists only to a caller who may write.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from bedrock_key_guard.aws.session import Session, refusal
from bedrock_key_guard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bedrock_key_guard.keys.key import Secret

_PLACE = "{credential_id}"
_CHECK_LABEL = "BedrockKeyGuardWriteCheck"
_CHECK_VALUE = "written by bedrock-key-guard to see whether it may"


class StoreError(Exception):
    """Say why a store did not take a write."""


class Store:
    """Keep one key of this run: a second one would push it out, and it would be lost."""

    def __init__(self, client: Any, name: str) -> None:
        """Use the place of this name."""
        self._client = client
        self._name = name
        self._free = threading.Lock()

    def claim(self) -> bool:
        """Take the store for one new key of this run, and return whether it was free."""
        return self._free.acquire(blocking=False)

    def check(self) -> None:
        """Prove that a write would be accepted, and change no current value. Raises StoreError."""
        with _refusals():
            self._check()

    def write(self, secret: Secret) -> None:
        """Make `secret` the current value. Raises StoreError."""
        with _refusals():
            self._write(secret.unseal())

    def _check(self) -> None:
        raise NotImplementedError

    def _write(self, text: str) -> None:
        raise NotImplementedError


class SecretsManagerStore(Store):
    """Keep a key as the current value of a secret, made if it is not there."""

    def _check(self) -> None:
        """Write a version beside the current one, or make the secret."""
        try:
            self._put(_CHECK_VALUE, _CHECK_LABEL)
        except self._client.exceptions.ResourceNotFoundException:
            made = self._client.create_secret(Name=self._name, SecretString=_CHECK_VALUE)
            _need(made, "VersionId")

    def _write(self, text: str) -> None:
        self._put(text, "AWSCURRENT")

    def _put(self, text: str, label: str) -> None:
        answer = self._client.put_secret_value(
            SecretId=self._name, SecretString=text, VersionStages=[label]
        )
        _need(answer, "VersionId")


class ParameterStore(Store):
    """Keep a key as the newest version of a SecureString parameter, made if it is not there."""

    def _check(self) -> None:
        """Make the parameter, or learn that it is there and may be written."""
        with suppress(self._client.exceptions.ParameterAlreadyExists):
            self._put(_CHECK_VALUE, overwrite=False)

    def _write(self, text: str) -> None:
        self._put(text, overwrite=True)

    def _put(self, text: str, *, overwrite: bool) -> None:
        answer = self._client.put_parameter(
            Name=self._name, Value=text, Type="SecureString", Overwrite=overwrite
        )
        _need(answer, "Version")


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn whatever failed into a StoreError that quotes nothing."""
    try:
        yield
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001  # whatever failed, the store took no write
        raise StoreError(refusal(error)) from None


def _need(answer: dict[str, Any], proof: str) -> None:
    """Require what the service alone can say: the SDK takes any page for an empty answer."""
    if proof not in answer:
        raise StoreError("what answered was not AWS")


_STORES: dict[str, tuple[str, Callable[[Any, str], Store]]] = {
    "secretsmanager": ("secretsmanager", SecretsManagerStore),
    "ssm": ("ssm", ParameterStore),
}


def parse_store(text: str) -> tuple[str, str]:
    """Return the kind and the name in `secretsmanager:NAME` or `ssm:NAME`. Raises UsageError.

    A name may hold `{credential_id}`, so that each credential has a place of its own.
    """
    kind, _, name = text.partition(":")
    holds_braces = any(brace in name.replace(_PLACE, "") for brace in "{}")
    if kind not in _STORES or not name or name != name.strip() or holds_braces:
        raise UsageError(
            f"{text!r} names no store for a new key.",
            remedy="Use `secretsmanager:NAME` or `ssm:NAME`; NAME may hold `{credential_id}`.",
        )
    return kind, name


class Stores:
    """Open the store of each credential, and the same one for the same name."""

    def __init__(self, text: str, session: Session) -> None:
        """Take what `text` names, in the region of the environment. Raises UsageError."""
        kind, self._name = parse_store(text)
        service, self._make = _STORES[kind]
        self._client = session.client(service)
        self._opened: dict[str, Store] = {}
        self._lock = threading.Lock()

    def of(self, credential_id: str) -> Store:
        """Return the store for this credential's new key."""
        name = self._name.replace(_PLACE, credential_id)
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._make(self._client, name)
            return self._opened[name]
