"""Hide keys in every kind of file, and say where each of them is: one table for every door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from tests import keysmith

ISSUED_AT = datetime(2026, 11, 2, 9, 30, tzinfo=timezone.utc)
LONG = keysmith.long_term()
SHORT = keysmith.short_term(kind="AKIA", issued_at=ISSUED_AT)
# What a marker stands for, and whose fingerprint it has.
MARKERS = {
    "@LONG@": (LONG, LONG),
    "@BARE@": (LONG.rstrip("="), LONG),
    "@PERCENT@": (quote(LONG, safe=""), LONG),
    "@ENTITY@": (LONG.replace("=", "&#61;"), LONG),
    "@ESCAPED@": (LONG.replace("=", "\\u003d"), LONG),
    "@BOB@": (keysmith.long_term("bob", n=1), keysmith.long_term("bob", n=1)),
    "@SHORT@": (SHORT, SHORT),
}


@dataclass(frozen=True, slots=True)
class Context:
    """Hold a file: its path, its text with markers, and its encoding.

    `plain_detect_secrets_finds` tells whether detect-secrets with the plugin alone (`-p`), without
    the wrapper, finds the keys; where not, it never shows the file to any plugin.
    """

    path: str
    text: str
    encoding: str = "utf-8"
    plain_detect_secrets_finds: bool = True

    @property
    def data(self) -> bytes:
        text = self.text
        for marker, (written, _) in MARKERS.items():
            text = text.replace(marker, written)
        return text.encode(self.encoding)

    @property
    def findings(self) -> frozenset[tuple[str, int, int, str]]:
        """Say what every door must find: path, line, column in characters, short fingerprint."""
        text, found = self.text.removeprefix("\ufeff"), set()
        while marker := min(filter(text.__contains__, MARKERS), key=text.index, default=""):
            before = text[: text.index(marker)]
            written, key = MARKERS[marker]
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            found.add((self.path, line, column, keysmith.fingerprint_of(key)[:12]))
            text = text.replace(marker, written, 1)
        return frozenset(found)


CONTEXTS = (
    Context(".env", "REGION=us-east-1\nAWS_BEARER_TOKEN_BEDROCK=@LONG@\n"),
    Context("short.env", "AWS_BEARER_TOKEN_BEDROCK=@SHORT@\n"),
    Context("export.sh", "#!/bin/sh\nexport AWS_BEARER_TOKEN_BEDROCK='@LONG@'; run\n"),
    Context("set.bat", "@echo off\r\nset AWS_BEARER_TOKEN_BEDROCK=@LONG@\r\n"),
    Context("setx.cmd", 'setx AWS_BEARER_TOKEN_BEDROCK "@LONG@"\r\n'),
    Context("profile.ps1", '$env:AWS_BEARER_TOKEN_BEDROCK="@LONG@"\n'),
    Context("settings.py", 'import os\n\nKEY = "@LONG@"\nos.environ["X"] = KEY  # é @BOB@\n'),
    Context("bytes.py", "TOKENS = [b'@LONG@', r'@BOB@', '''@SHORT@''']\n"),
    Context("client.js", "const client = new Client({ apiKey: `@LONG@` }); // @BOB@\n"),
    Context("config.ts", "export default {token:'@BARE@',}\n"),
    Context("list.yaml", "name: app\nkeys:\n  - @LONG@\n  - '@BOB@'\n"),
    Context("comment.yaml", "name: app\n# old: @LONG@\nregion: eu-west-1\n"),
    Context("flow.yml", "app: {name: a, keys: [@BARE@, @BOB@], region: b}\n"),
    Context("block.yaml", "run: |\n  set -e\n\n  curl -H 'x-api-key: @LONG@' x\nname: b\n"),
    Context(
        "docker-compose.yml",
        "services:\n  app:\n    image: app\n    environment:\n"
        "      - AWS_BEARER_TOKEN_BEDROCK=@LONG@\n      - REGION=us-east-1\n",
    ),
    Context("secret.yaml", "kind: Secret\nstringData:\n  token: >-\n    @LONG@\n"),
    Context("config.json", '{"region": "us-east-1", "apiKey": "@LONG@"}\n'),
    Context("escaped.json", '{"apiKey": "@ESCAPED@", "url": "https:\\/\\/x\\/@BOB@"}\n'),
    Context("nested.json", '{"body": "{\\"apiKey\\": \\"@LONG@\\", \\"n\\": \\"\\\\n@BOB@\\"}"}\n'),
    Context(
        "notebook.ipynb",
        '{"cells": [{"cell_type": "code", "source": [\n'
        '  "import os\\n",\n  "os.environ[\\"AWS_BEARER_TOKEN_BEDROCK\\"] = \\"@LONG@\\"\\n"\n'
        ' ], "outputs": [{"text": ["@SHORT@\\n"]}]}], "nbformat": 4}\n',
    ),
    Context("bedrock-long-term-api-key.csv", "API key name,API key\r\nkey-1,@LONG@\r\n"),
    Context("main.tf", 'variable "token" {\n  default = "@LONG@"\n}\n'),
    Context("terraform.tfvars", 'token = "@LONG@" # @BOB@\n'),
    Context("Dockerfile", "FROM python:3\nENV AWS_BEARER_TOKEN_BEDROCK=@LONG@ REGION=x\n"),
    Context("request.http", "GET / HTTP/1.1\r\nAuthorization: Bearer @LONG@\r\n\r\n"),
    Context("curl.txt", "curl -H 'Authorization: Bearer @SHORT@' https://example.com\n"),
    Context("url.txt", "https://example.com/?token=@PERCENT@&region=us-east-1\n"),
    Context("change.diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-KEY=@LONG@\n+KEY=@BOB@\n"),
    Context("app.log", "2026-11-02 09:30 DEBUG token=@LONG@; user=bob\n[@SHORT@]\n"),
    Context("config.xml", "<config>\n\t<key name='k'>@LONG@</key><!--@BOB@-->\n</config>\n"),
    Context("page.html", "<p data-key=@ENTITY@>&quot;@LONG@&quot;</p>\n"),
    Context("notes.md", "Use **@LONG@** (or `@BOB@`), please.\n"),
    Context("setup.cfg", "[metadata]\nname = app\n# token: @LONG@\n"),
    Context("app.ini", "[app]\ntoken = @LONG@\n; before: @BOB@\n"),
    Context("app.properties", "app.token=@LONG@\n"),
    Context("pyproject.toml", "[tool.app]\n# @BOB@\ntoken = '@LONG@'\n"),
    Context("query.sql", "INSERT INTO t VALUES (1,'@LONG@'),(2,'@BOB@');\n"),
    Context("Main.java", 'class Main { String k = "@LONG@"; }\n'),
    Context("main.go", 'var k = []string{"@LONG@", `@BOB@`}\n'),
    Context("lone.py", 'client = Client(api_key="@LONG@")\n', plain_detect_secrets_finds=False),
    Context("call.py", 'import app\n\nclient = Client(api_key="@LONG@")\n'),
    Context("long-line.js", f"var a={'[0,1],' * 40_000}k='@LONG@',b='@SHORT@'\n"),
    Context("long-line.json", '{"a": "' + "x y " * 20_000 + '", "k": "@LONG@"}\n'),
    Context("crlf.txt", "one\r\ntwo\r\nkey: @LONG@\r\n@BOB@\r\n"),
    Context("no-newline.txt", "@LONG@"),
    Context("utf-8.txt", "日本語のキー: @LONG@、以上\n"),
    Context("utf-8-bom.txt", "\ufeffkey=@LONG@\n@BOB@\n"),
    Context("latin-1.txt", "clé déjà=@LONG@\n", "latin-1", plain_detect_secrets_finds=False),
    Context("u16-le-bom.txt", "\ufeffa=b\r\nk=@LONG@\r\n", "utf-16-le", False),
    Context("u16-be-bom.txt", "\ufeffa=b\r\nk=@SHORT@\r\n", "utf-16-be", False),
    Context("u16-le.txt", "clé\nk=@LONG@ @BOB@\n", "utf-16-le", plain_detect_secrets_finds=False),
    Context("u16-be.txt", "clé\nk=@LONG@ @BOB@\n", "utf-16-be", plain_detect_secrets_finds=False),
    Context("program.bin", "\x7fELF\0\xff\xfe@LONG@\0\x80\n\xff@BOB@\xff", "latin-1", False),
    Context("core", "\0\xff\0\n@LONG@\0@SHORT@\0", "latin-1", plain_detect_secrets_finds=False),
    Context("logo.svg", "<svg><desc>@LONG@</desc></svg>\n", plain_detect_secrets_finds=False),
    Context("poetry.lock", 'token = "@LONG@"\n', plain_detect_secrets_finds=False),
    Context("package-lock.json", '{"x": "@LONG@"}\n', plain_detect_secrets_finds=False),
    Context("style.css", "/* @LONG@ */\n", plain_detect_secrets_finds=False),
    Context("app.js.map", '{"sourcesContent": ["@LONG@"]}\n', plain_detect_secrets_finds=False),
    Context("swagger/api.yaml", "x: @LONG@\n", plain_detect_secrets_finds=False),
    # Nothing below is a key.
    Context(
        "placeholders.md",
        "export AWS_BEARER_TOKEN_BEDROCK=${api-key}\nABSKxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
        f"bedrock-api-key-...\nbedrock-api-key-<token>\n{LONG[:64]}...\n{SHORT[:300]}...\n",
    ),
    Context(
        "gitleaks.toml",
        "regex = '(ABSK[A-Za-z0-9+/]{109,269}={0,2})'\nkeywords = ['absk', 'ABSK']\n"
        "regex = 'bedrock-api-key-YmVkcm9jay5hbWF6b25hd3MuY29t'\n",
    ),
    Context("random.pem", "".join(f"ABSK{'QUFBQkJCQ0ND' * 5}{n:04}\n" for n in range(50))),
    Context("decoys.env", f"A={LONG[:100]}\nB={LONG[:70]}*{LONG[71:]}\nC={LONG[4:]}\n"),
)
