"""Show by examples how each command is used. A test parses every line."""

from __future__ import annotations

from bedrock_key_guard.console.standard_streams import PROGRAM

_ROLE = "'arn:aws:iam::{account_id}:role/BedrockKeyGuard'"
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "": (
        ("scan", "find keys in the files of this folder"),
        ("verify --history", "prove which keys of the whole history are live"),
        ("respond --dry-run", "say what would be done about those"),
    ),
    "scan": (
        ("scan", "the files of this folder"),
        ("scan --staged", "what the next commit brings"),
        ("scan --range --branches --not --remotes", "what was not pushed yet"),
        ("scan --format sarif --output keys.sarif", "a report for code scanning"),
        ("scan - < build.log", "standard input"),
    ),
    "verify": (
        ("verify", "the keys of this folder's files"),
        ("verify --history --timeline", "those of the history, and who used them"),
        ("verify --fail-on live --format json --output keys.json", "a report for a script"),
    ),
    "respond": (
        ("respond --dry-run", "say what would be done"),
        ("respond", "do it, after asking"),
        ("respond --yes --protect break-glass", "do it without asking, but never to that user"),
        ("respond --short-term quarantine chat.py", "stop short-term keys too"),
        ("respond --action reset --reset-store ssm:bedrock/chat", "replace the key"),
        (
            f"respond --allowed-account-ids organization --role-to-assume-template {_ROLE}",
            "in all accounts of the organisation",
        ),
    ),
    "timeline": (
        ("timeline --format html --output incident.html", "a page with every call"),
        ("timeline --since 2026-11-20 .env", "from that day on"),
    ),
    "restore": (
        ("restore --account 111122223333 --dry-run", "list what can be given back there"),
        (
            "restore --account 111122223333 --change 20261129T093015Z-3f9a1c2e",
            "give one change back, after asking",
        ),
        ("restore --yes", "all that this machine's ledger records, without asking"),
    ),
    "lift": (
        ("lift --dry-run", "say which denials no key needs any more"),
        ("lift --yes --account 111122223333 --search", "lift them there, without asking"),
    ),
    "init": (
        ("init --dry-run", "show what it would write"),
        ("init --account 111122223333", "write it, after asking"),
        ("init --yes --hooks pre-commit", "write it without asking"),
    ),
    "hooks": (
        ("hooks install", "in this repository"),
        ("hooks install --server /srv/git/app.git", "where others push to"),
        ("hooks uninstall", "leave all as it was"),
    ),
    "allow": (
        (
            "allow 3f5a9c0d1e2b --path 'docs/*.md' --reason 'an example' --allow-list known-keys",
            "let it stand there, and nowhere else",
        ),
    ),
    "org": (
        ("org sweep --from addresses.txt --work sweep", "all repositories of a list, here"),
        ("org plan --owner acme --shards 20 --output plan.json", "share them out to jobs"),
        ("org scan --plan plan.json --shard 3 --output rows.jsonl", "one of those jobs"),
        ("org reduce --plan plan.json rows.jsonl", "verify what they found"),
    ),
    "doctor": (
        ("doctor", "all of it"),
        ("doctor git hooks --offline", "what needs no network"),
        ("doctor --drill --yes", "let the guard stop a key that is made for it"),
    ),
    "detect-secrets-plugin": (("detect-secrets-plugin", "the file for `detect-secrets -p`"),),
    "explain": (("explain < key.txt", "say offline what a key is"),),
}


def examples(command: str) -> str:
    """Return the examples of a command, or of the program (""), as help shows them."""
    lines = (f"  {PROGRAM} {line}\n      {says}" for line, says in EXAMPLES[command])
    return "\n".join(("examples:", *lines))
