"""Ask IAM about credentials: by the exact alias, never by a name that a key claims.

Facts are those of the IAM API reference (`ListServiceSpecificCredentials`, `GetAccessKeyLastUsed`,
`ListAccessKeys`). botocore has no paginator for the first, so its markers are followed here.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from bedrock_key_guard.aws.session import error_code
from bedrock_key_guard.model import Account, CredentialRecord, IamAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey


class Directory(Protocol):
    """Know the credentials of one account."""

    @property
    def account(self) -> Account:
        """Name the account."""
        ...

    def find_credential(self, key: LongTermKey) -> IamAnswer:
        """Return the service-specific credential with the key's exact alias."""
        ...

    def find_signer(self, key: ShortTermKey) -> IamAnswer:
        """Return the state of the access key that signed a short-term key."""
        ...


class IamDirectory:
    """Look credentials up in IAM, and list a whole account at most once."""

    def __init__(self, session: Session) -> None:
        """Ask with the credentials of `session`, about its own account."""
        self.account = session.account
        self._iam = session.global_client("iam")
        self._lock = threading.Lock()
        self._by_user: dict[tuple[str, str], list[CredentialRecord]] = {}
        self._all: dict[str, Future[list[CredentialRecord]]] = {}

    def find_credential(self, key: LongTermKey) -> IamAnswer:
        """Return `found`, `absent` after a completed listing, or `unknown` with AWS's reason.

        The user that the alias names is only where to look first: users get renamed, and their
        credentials keep the alias.
        """
        try:
            with self._lock:
                records = list(self._matching(key))
        except Exception as error:  # noqa: BLE001  # whatever failed, the answer is `unknown`
            return self._unknown(f"IAM would not list credentials ({error_code(error)})")
        if len(records) > 1:
            return self._unknown("IAM lists more than one credential with this alias")
        if not records:
            return self._answer("absent", detail="IAM lists no credential with this alias")
        return self._answer("found", credential=records[0], user_name=records[0].user_name)

    def find_signer(self, key: ShortTermKey) -> IamAnswer:
        """Return whether the access key may still sign; IAM knows those of users alone."""
        if not key.access_key_id.startswith("AKIA"):
            return self._unknown("IAM does not tell about temporary credentials")
        try:
            return self._signer(key.access_key_id)
        except Exception as error:  # noqa: BLE001  # whatever failed, the answer is `unknown`
            return self._unknown(f"IAM would not tell about the access key ({error_code(error)})")

    def by_id(self, credential_id: str) -> CredentialRecord | None:
        """Return the credential with this id, whoever owns it now.

        Raises whatever AWS's refusal raises.
        """
        records = self._list(None, AllUsers=True)
        return next((record for record in records if record.credential_id == credential_id), None)

    def _matching(self, key: LongTermKey) -> Iterator[CredentialRecord]:
        service = key.family.service_name
        if service not in self._all:
            for name in key.user_name_candidates:
                owned = [r for r in self._of_user(name, service) if r.alias == key.alias]
                if owned:
                    yield from owned
                    return
        yield from (record for record in self._everyone(service) if record.alias == key.alias)

    def _everyone(self, service: str) -> list[CredentialRecord]:
        """List the account, once: a listing that failed is not tried again for each forged key."""
        listing = self._all.get(service)
        if listing is None:
            listing = self._all[service] = Future()
            try:
                listing.set_result(list(self._list(service, AllUsers=True)))
            except Exception as error:  # noqa: BLE001  # it is raised to everyone who asks
                listing.set_exception(error)
        return listing.result()

    def _of_user(self, name: str, service: str) -> list[CredentialRecord]:
        if (name, service) not in self._by_user:
            try:
                self._by_user[name, service] = list(self._list(service, UserName=name))
            except self._iam.exceptions.NoSuchEntityException:
                self._by_user[name, service] = []
        return self._by_user[name, service]

    def _list(self, service: str | None, **whose: Any) -> Iterator[CredentialRecord]:
        """Follow the markers to the end of a listing, of one service or of all."""
        request = {"ServiceName": service, **whose} if service else whose
        while True:
            page = self._iam.list_service_specific_credentials(**request)
            for item in page.get("ServiceSpecificCredentials", ()):
                yield _record(item)
            if not page.get("IsTruncated"):
                return
            request["Marker"] = page["Marker"]

    def _signer(self, access_key_id: str) -> IamAnswer:
        try:
            used = self._iam.get_access_key_last_used(AccessKeyId=access_key_id)
        except self._iam.exceptions.NoSuchEntityException:
            return self._answer("absent", detail="IAM knows no such access key")
        name = used.get("UserName")
        if not name:
            return self._unknown("IAM does not say whose access key it is")
        pages = self._iam.get_paginator("list_access_keys").paginate(UserName=name)
        for page in pages:
            for item in page["AccessKeyMetadata"]:
                if item["AccessKeyId"] == access_key_id:
                    active = item["Status"] == "Active"
                    return self._answer("found" if active else "inactive", user_name=name)
        return self._answer("absent", user_name=name, detail="IAM lists no such access key")

    def _answer(self, state: Any, **more: Any) -> IamAnswer:
        return IamAnswer(state=state, asked_at=_now(), account=self.account, **more)

    def _unknown(self, detail: str) -> IamAnswer:
        return self._answer("unknown", detail=detail)


def _record(item: dict[str, Any]) -> CredentialRecord:
    return CredentialRecord(
        credential_id=item["ServiceSpecificCredentialId"],
        user_name=item["UserName"],
        alias=item.get("ServiceCredentialAlias", ""),
        service_name=item["ServiceName"],
        status=item["Status"],
        created_at=item["CreateDate"],
        expires_at=item.get("ExpirationDate"),
    )


def _now() -> datetime:
    return datetime.now(timezone.utc)
