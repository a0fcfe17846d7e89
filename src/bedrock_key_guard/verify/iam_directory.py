"""Ask IAM about credentials: by the exact alias, never by a name that a key claims.

Facts are those of the IAM API reference (`ListServiceSpecificCredentials`, `GetAccessKeyLastUsed`,
`ListAccessKeys`).
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from bedrock_key_guard.aws.cloudtrail import Trail
from bedrock_key_guard.aws.listings import pages, service_specific_credentials
from bedrock_key_guard.aws.session import NoSession, refusal
from bedrock_key_guard.model.evidence import CredentialRecord, IamAnswer
from bedrock_key_guard.model.times import utc_now
from bedrock_key_guard.verify.denials import find_denial
from bedrock_key_guard.verify.signer import trace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bedrock_key_guard.aws.session import Session
    from bedrock_key_guard.aws.sessions import Sessions
    from bedrock_key_guard.keys.key import LongTermKey, ShortTermKey, WholeKey
    from bedrock_key_guard.model.evidence import PolicyAnswer, TrailAnswer
    from bedrock_key_guard.model.principals import Account
    from bedrock_key_guard.verify.signer import Signer


class CredentialDirectory(Protocol):
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

    def trace_signer(self, key: ShortTermKey) -> TrailAnswer:
        """Return whom CloudTrail knows by that access key, in the key's own region."""
        ...

    def find_denial(self, key: WholeKey, signer: Signer) -> PolicyAnswer:
        """Return the policies that deny the holder of `signer` the use of keys anywhere."""
        ...


class Directories:
    """Keep one directory for each account, so that each is listed at most once in a run."""

    def __init__(self, sessions: Sessions) -> None:
        """Ask each account by its session."""
        self._sessions = sessions
        self._lock = threading.Lock()
        self._made: dict[Session, IamDirectory] = {}

    def of(self, account_id: str | None) -> IamDirectory | NoSession:
        """Return the directory of an account, or say why it cannot be asked."""
        session = self._sessions.of(account_id)
        if isinstance(session, NoSession):
            return session
        with self._lock:
            return self._made.setdefault(session, IamDirectory(session))


class IamDirectory:
    """Look credentials up in IAM, and list a whole account at most once."""

    def __init__(self, session: Session) -> None:
        """Ask with the credentials of `session`, about its own account."""
        self.account = session.account
        self._session = session
        self._iam = session.global_client("iam")
        self._lock = threading.Lock()
        self._listings: dict[tuple[str | None, str | None], Future[list[CredentialRecord]]] = {}

    def find_credential(self, key: LongTermKey) -> IamAnswer:
        """Return `found`, `absent` after a completed listing, or `unknown` with AWS's reason.

        The user that the alias names is only where to look first: users get renamed, and their
        credentials keep the alias.
        """
        try:
            records = self._matching(key)
        except Exception as error:  # noqa: BLE001  # whatever failed, the answer is `unknown`
            return self._unknown(f"IAM would not list credentials ({refusal(error)})")
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
            return self._unknown(f"IAM would not tell about the access key ({refusal(error)})")

    def trace_signer(self, key: ShortTermKey) -> TrailAnswer:
        """Return whom CloudTrail knows by the access key, in the key's own region."""
        return trace(key, Trail(self._session))

    def find_denial(self, key: WholeKey, signer: Signer) -> PolicyAnswer:
        """Return the policies of its own that deny the holder of `signer` the use of keys."""
        return find_denial(key, signer, self._iam)

    def by_id(self, credential_id: str) -> CredentialRecord | None:
        """Return the credential with this id, whoever owns it, by one listing for all that ask.

        Raises whatever AWS's refusal raises.
        """
        records = self._listed(None, None)
        return next((record for record in records if record.credential_id == credential_id), None)

    def _matching(self, key: LongTermKey) -> list[CredentialRecord]:
        service = key.family.service_name
        if not self._knows_everyone(service):
            for name in key.user_name_candidates:
                owned = _with_alias(key.alias, self._listed(service, name))
                if owned:
                    return owned
        return _with_alias(key.alias, self._listed(service, None))

    def _knows_everyone(self, service: str) -> bool:
        listing = self._listings.get((service, None))
        return listing is not None and listing.done() and listing.exception() is None

    def _listed(self, service: str | None, user_name: str | None) -> list[CredentialRecord]:
        """Return the credentials of a user or of all (None), asked for once, failures included.

        However many forged keys there are, they cost one listing, and delay no other user's.
        """
        with self._lock:
            is_new = (service, user_name) not in self._listings
            listing = self._listings.setdefault((service, user_name), Future())
        if is_new:
            try:
                listing.set_result(self._fetch(service, user_name))
            except Exception as error:  # noqa: BLE001  # it is raised to everyone who asks
                listing.set_exception(error)
        return listing.result()

    def _fetch(self, service: str | None, user_name: str | None) -> list[CredentialRecord]:
        if user_name is None:
            return list(self._list(service, AllUsers=True))
        try:
            return list(self._list(service, UserName=user_name))
        except self._iam.exceptions.NoSuchEntityException:
            return []

    def _list(self, service: str | None, **whose: Any) -> Iterator[CredentialRecord]:
        """List the credentials of one service or of all."""
        request = {"ServiceName": service, **whose} if service else whose
        yield from map(_record, service_specific_credentials(self._iam, **request))

    def _signer(self, access_key_id: str) -> IamAnswer:
        try:
            used = self._iam.get_access_key_last_used(AccessKeyId=access_key_id)
        except self._iam.exceptions.NoSuchEntityException:
            return self._answer("absent", detail="IAM knows no such access key")
        name = used.get("UserName")
        if not name:
            return self._unknown("IAM does not say whose access key it is")
        for page in pages(self._iam.list_access_keys, UserName=name):
            for item in page["AccessKeyMetadata"]:
                if item["AccessKeyId"] == access_key_id:
                    active = item["Status"] == "Active"
                    return self._answer("found" if active else "inactive", user_name=name)
        return self._answer("absent", user_name=name, detail="IAM lists no such access key")

    def _answer(self, state: Any, **more: Any) -> IamAnswer:
        return IamAnswer(state=state, asked_at=utc_now(), account=self.account, **more)

    def _unknown(self, detail: str) -> IamAnswer:
        return self._answer("unknown", detail=detail)


def _with_alias(alias: str, records: list[CredentialRecord]) -> list[CredentialRecord]:
    return [record for record in records if record.alias == alias]


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
