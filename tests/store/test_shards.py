from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from archenc.errors import DataError, InvalidArgument
from archenc.store import content_key
from archenc.store.shards import Shards

KEY = content_key("what the table was computed from")
TABLE = pa.table({"x": [1.0, 2.0]})


def test_computed_once_then_read(tmp_path: Path):
    shards, calls = Shards(tmp_path), []

    def compute() -> pa.Table:
        calls.append(1)
        return TABLE

    assert KEY not in shards
    assert shards.get_or_compute(KEY, compute).equals(TABLE)
    assert Shards(tmp_path).get_or_compute(KEY, compute).equals(TABLE)
    assert len(calls) == 1


def test_absent_damaged_and_illegal(tmp_path: Path):
    shards = Shards(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        shards.get(KEY)
    shards.put(KEY, TABLE)
    shards.path(KEY).write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="truncated or altered"):
        shards.get(KEY)
    with pytest.raises(InvalidArgument, match="64 lower-case hex"):
        shards.path("../../etc")
