"""Read the ARN of whoever acts: a user, a role, one session of it, or somebody nobody can change.

Forms are those of the IAM user guide, "IAM identifiers" and "AWS JSON policy elements: Principal".
An ARN of STS names a role without its path, so where a path matters IAM has to be asked.
"""

from __future__ import annotations

from bedrock_key_guard.model.principals import Principal, PrincipalKind


def read_principal(arn: str | None) -> Principal | None:
    """Return who an ARN names, or None where it names nobody of these kinds."""
    parts = (arn or "").split(":", 5)
    if arn is None or len(parts) != 6 or parts[0] != "arn":
        return None
    _, partition, service, _, account_id, resource = parts
    form, _, rest = resource.partition("/")
    kind = _FORMS.get((service, form))
    name, session = rest.rpartition("/")[2], None
    if form == "assumed-role":
        name, _, session = rest.partition("/")
    if kind is None or not (name or kind == "root") or session == "":
        return None
    return Principal(arn, partition, account_id, kind, name or form, session)


def is_same(arn: str, other: str) -> bool:
    """Return whether two ARNs name one user or role: each run of a role is a session of its own."""
    one, two = read_principal(arn), read_principal(other)
    return one is not None and two is not None and one.identity == two.identity


_FORMS: dict[tuple[str, str], PrincipalKind] = {
    ("iam", "root"): "root",
    ("iam", "user"): "user",
    ("iam", "role"): "role",
    ("sts", "assumed-role"): "role",
    ("sts", "federated-user"): "federated-user",
}
