"""Switch off the credential of a long-term key: for now, for a new secret, or for good.

All three begin with `Inactive`, which alone can be undone. The order is what keeps them safe: a
reset has its store tried before anything is touched, and nothing is deleted that Bedrock has not
been seen to refuse.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bedrock_key_guard.aws.session import refusal
from bedrock_key_guard.model.actions import CredentialAction
from bedrock_key_guard.respond.changes.change import Change, Obstacle, Ready
from bedrock_key_guard.respond.ledger.records import StatusChange
from bedrock_key_guard.respond.stores import StoreError

if TYPE_CHECKING:
    from bedrock_key_guard.model import CredentialRecord
    from bedrock_key_guard.respond.account_access import AccountAccess
    from bedrock_key_guard.respond.stores import Store


class Disabling(Change[CredentialAction]):
    """Set the credential Inactive."""

    deed = "set it Inactive"

    @property
    def credential(self) -> CredentialRecord:
        """Return the credential that is changed."""
        return self.action.credential

    @property
    def subject(self) -> str:
        """Name the credential."""
        return f"credential {self.credential.credential_id} of user {self.credential.user_name}"

    def promise(self) -> str:
        """Say what would be done."""
        return f"would set {self.subject} Inactive"

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready: IAM was asked beside the first probe."""
        return self.ready(access, f"{self.subject} is Inactive")

    def ready(self, access: AccountAccess, result: str, status_after: str = "Inactive") -> Ready:
        """Return how the credential is set Inactive, which every change begins with."""
        write = partial(access.credentials.set_status, self.credential, "Inactive")
        return Ready(self.record(status_after), result, write)

    def record(self, status_after: str) -> StatusChange:
        """Return what the ledger is told."""
        return StatusChange(
            user_name=self.credential.user_name,
            credential_id=self.credential.credential_id,
            alias=self.credential.alias,
            status_before=self.credential.status,
            status_after=status_after,
        )


class Resetting(Disabling):
    """Set the credential Inactive, and give its owner a new key."""

    def promise(self) -> str:
        """Say what would be done."""
        end = "and set it Active again" if self.policy.reactivate else "and leave it Inactive"
        return f"would reset {self.subject} {end}; a reset cannot be undone"

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready where the store accepts a write."""
        if access.store_of is None:
            return Obstacle("there is no store for the new key")
        store = access.store_of(self.credential.credential_id)
        try:
            store.check()
        except StoreError as error:
            return Obstacle(f"the store for the new key does not accept a write ({error})")
        end = "Active" if self.policy.reactivate else "Inactive"
        result = f"{self.subject} was reset, its new key stored, and it is {end}"
        return replace(self.ready(access, result, end), follow=partial(self._renew, store, access))

    def _renew(self, store: Store, access: AccountAccess) -> str | None:
        """Make a new key and store it; return what was left undone.

        Nothing is lost on the way: the credential stays Inactive, and it can be reset again.
        """
        if not store.claim():
            return "it is Inactive, but not reset: the store holds another new key of this run"
        try:
            secret = access.credentials.reset(self.credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"it is Inactive, but IAM did not reset it ({refusal(error)})"
        with suppress(Exception):  # where nothing can be printed, nothing is shown
            access.mask(secret)
        try:
            store.write(secret)
        except StoreError as error:
            return f"it is Inactive and reset, but the store took no key ({error})"
        return self._reactivated(access) if self.policy.reactivate else None

    def _reactivated(self, access: AccountAccess) -> str | None:
        try:
            access.credentials.set_status(self.credential, "Active")
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"the new key is stored, but Inactive ({refusal(error)})"
        return None


class Deleting(Disabling):
    """Set the credential Inactive, and delete it once Bedrock is confirmed to refuse the key."""

    unfinished = "it is Inactive, but not deleted: that waits for the confirmation"

    @property
    def result(self) -> str:
        """Say that it is gone."""
        return f"{self.subject} was deleted"

    def promise(self) -> str:
        """Say what would be done."""
        return f"would delete {self.subject}; that cannot be undone"

    def prepare(self, access: AccountAccess) -> Ready | Obstacle:
        """Be ready: IAM was asked beside the first probe."""
        return replace(self.ready(access, self.result), finish=partial(self._finish, access))

    def _finish(self, access: AccountAccess) -> str | None:
        try:
            access.credentials.delete(self.credential)
        except Exception as error:  # noqa: BLE001  # whatever failed, people have to hear of it
            return f"it is Inactive, but IAM did not delete it ({refusal(error)})"
        return None
