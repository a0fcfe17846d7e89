"""Teach moto's IAM the service-specific credentials, which no emulator has for API keys.

moto has no plug-in entry point, so `install` puts a subclass of its response class into the url
table that its server reads; no method is patched. The state lives in moto's own backend, so that
moto's reset clears it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult, EmptyResult
from moto.iam import urls
from moto.iam.exceptions import IAMException
from moto.iam.responses import IamResponse

from sandbox.base.accounts import backend_of
from sandbox.iam.credential_store import KEY_PREFIXES, CredentialStore, Owner
from sandbox.iam.principals import signer_of, users_of
from sandbox.iam.simulation import decisions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.iam.credential_store import Credential

STORE = "service_specific_credentials"
PAGE = 100


def install() -> None:
    """Put the extended IAM into moto; call it before the server builds its IAM application."""
    urls.url_paths = {"{0}/$": IamWithServiceCredentials.dispatch}


def store_of(account_id: str) -> CredentialStore:
    """Give an account's credentials, kept among the attributes of moto's IAM backend."""
    attributes = vars(backend_of(account_id))
    store: CredentialStore = attributes.setdefault(STORE, CredentialStore(account_id))
    return store


class IamWithServiceCredentials(IamResponse):
    """Answer the five operations, and refuse to delete a user who still has credentials."""

    def create_service_specific_credential(self) -> ActionResult:
        owner = self._owner()
        credential = self._store.create(
            owner, self._get_param("ServiceName"), self._get_param("CredentialAgeDays")
        )
        answer = _described(credential, owner.user_name)
        return ActionResult({"ServiceSpecificCredential": answer | _secret(credential)})

    def list_service_specific_credentials(self) -> ActionResult:
        names = {user.id: user.name for user in users_of(self.current_account)}
        chosen, marker = self._page(self._listed())
        answer = [_described(credential, names[credential.user_id]) for credential in chosen]
        return ActionResult(
            {
                "ServiceSpecificCredentials": answer,
                "IsTruncated": marker is not None,
                "Marker": marker,
            }
        )

    def update_service_specific_credential(self) -> ActionResult:
        owner, credential = self._addressed()
        self._store.set_status(credential.credential_id, owner, self._get_param("Status"))
        return EmptyResult()

    def reset_service_specific_credential(self) -> ActionResult:
        owner, credential = self._addressed()
        renewed = self._store.reset(credential.credential_id, owner)
        answer = _described(renewed, owner.user_name)
        return ActionResult({"ServiceSpecificCredential": answer | _secret(renewed)})

    def delete_service_specific_credential(self) -> ActionResult:
        owner, credential = self._addressed()
        self._store.delete(credential.credential_id, owner)
        return EmptyResult()

    def put_user_permissions_boundary(self) -> ActionResult:
        """Keep the boundary where moto keeps a role's; it has none for users."""
        user = self.backend.get_user(self._get_param("UserName"))
        vars(user)["permissions_boundary_arn"] = self._get_param("PermissionsBoundary")
        return EmptyResult()

    def simulate_principal_policy(self) -> ActionResult:
        """Judge the calls that nobody makes, which moto does not."""
        found = decisions(
            self.current_account,
            self._get_param("PolicySourceArn"),
            self._get_param("ActionNames", []),
            self._get_param("ResourceArns", []) or ["*"],
            {
                entry["ContextKeyName"]: tuple(entry["ContextKeyValues"])
                for entry in self._get_param("ContextEntries", [])
            },
        )
        if found is None:
            raise IAMException("NoSuchEntity", "The entity cannot be found.")
        return ActionResult({"EvaluationResults": found, "IsTruncated": False})

    def delete_user(self) -> ActionResult:
        if self._store.of_user(self._owner().user_id):
            text = "Cannot delete entity, must remove referenced objects first."
            raise IAMException("DeleteConflict", text)
        return super().delete_user()

    @property
    def _store(self) -> CredentialStore:
        return store_of(self.current_account)

    def _owner(self) -> Owner:
        """Find the user who is meant: the named one, else the caller; a role owns no credential."""
        name = self._get_param("UserName")
        if name:
            return Owner(self.backend.get_user(name).id, name)
        caller = self._calling_user()
        if caller is None:
            text = "Must specify userName when calling with non-User credentials"
            raise IAMException("ValidationError", text)
        return caller

    def _calling_user(self) -> Owner | None:
        signer = signer_of(self.access_key)
        if signer is None or signer.principal.kind != "IAMUser":
            return None
        return Owner(signer.principal.unique_id, signer.principal.name)

    def _addressed(self) -> tuple[Owner, Credential]:
        owner = self._owner()
        return owner, self._store.owned(self._get_param("ServiceSpecificCredentialId"), owner)

    def _listed(self) -> tuple[Credential, ...]:
        service = self._get_param("ServiceName")
        if not self._get_param("AllUsers"):
            return self._store.of_user(self._owner().user_id, service)
        if self._get_param("UserName"):
            raise IAMException("ValidationError", "UserName cannot be combined with AllUsers")
        return self._store.all(service)

    def _page(self, credentials: Iterable[Credential]) -> tuple[list[Credential], str | None]:
        """Cut a page; the marker is the id of its last credential, so that deletions do no harm."""
        marker = self._get_param("Marker")
        rest = [c for c in credentials if marker is None or c.credential_id > marker]
        size = self._get_param("MaxItems", PAGE)
        page = rest[:size]
        return page, page[-1].credential_id if len(rest) > size else None


def _described(credential: Credential, user_name: str) -> dict[str, Any]:
    has_password = KEY_PREFIXES[credential.service] is None
    alias = "ServiceUserName" if has_password else "ServiceCredentialAlias"
    return {
        "ServiceSpecificCredentialId": credential.credential_id,
        "UserName": user_name,
        "ServiceName": credential.service,
        "Status": credential.status,
        "CreateDate": credential.created,
        "ExpirationDate": credential.expires,
        alias: credential.alias,
    }


def _secret(credential: Credential) -> dict[str, str]:
    has_password = KEY_PREFIXES[credential.service] is None
    return {"ServicePassword" if has_password else "ServiceCredentialSecret": credential.secret}
