"""What a sweep tells of its progress is counted from what its shards have written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_key_guard.org.rows import Found, Row
from bedrock_key_guard.org.state import as_json
from bedrock_key_guard.org.sweep import Shard, table

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_are_counted_as_they_are_written(tmp_path: Path) -> None:
    key = Found("f" * 64, "exact", "blob", 1, 1)
    part = Found("e" * 64, "malformed", "blob", 1, 1)
    rows = (Row("a", "read", found=(key, key, part)), Row("b", "read"), Row("c", "failed", "x"))
    file = tmp_path / "rows"
    file.write_text("".join(f"{as_json(row)}\n" for row in rows) + '{"name":"cut', "utf-8")
    shards = (Shard(1, 1_200, file), Shard(2, 5, tmp_path / "none"))
    assert table(each.progress() for each in shards).splitlines() == [
        "shard  repositories  read  not read   left  places of keys",
        "    1         1,200     2         1  1,197               2",
        "    2             5     0         0      5               0",
    ]
