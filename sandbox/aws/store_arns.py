"""Name what is kept in Secrets Manager and in Systems Manager's Parameter Store."""

from __future__ import annotations

from moto.secretsmanager.models import secretsmanager_backends

from sandbox.base.accounts import partition_of


def secret_arn(account_id: str, region: str, secret_id: str) -> str:
    """Give a secret's ARN, which ends in six characters that AWS chose; else one without them."""
    if secret_id.startswith("arn:"):
        return secret_id
    secrets = secretsmanager_backends[account_id][region].secrets
    secret = secrets.get(secret_id)
    if secret is not None:
        return str(secret.arn)
    start = f"arn:{partition_of(account_id)}:secretsmanager:{region}:{account_id}"
    return f"{start}:secret:{secret_id}"


def parameter_arn(account_id: str, region: str, name: str) -> str:
    """Give a parameter's ARN; the slash that a path begins with is in it once."""
    start = f"arn:{partition_of(account_id)}:ssm:{region}:{account_id}"
    return f"{start}:parameter/{name.removeprefix('/')}"
