from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from archenc.errors import DataError
from archenc.store.parquet import open_parquet, read_parquet, write_parquet

TABLE = pa.table({"a": np.arange(1000.0), "b": [f"name {i}" for i in range(1000)]})


def test_round_trip_and_columns(tmp_path: Path):
    write_parquet(TABLE, tmp_path / "t.parquet")
    assert read_parquet(tmp_path / "t.parquet").equals(TABLE)
    assert read_parquet(tmp_path / "t.parquet", ["b"]).column_names == ["b"]
    with open_parquet(tmp_path / "t.parquet") as file:
        assert file.metadata.num_rows == 1000


def test_the_same_table_gives_the_same_bytes(tmp_path: Path):
    write_parquet(TABLE, tmp_path / "1")
    write_parquet(TABLE, tmp_path / "2")
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_an_empty_table(tmp_path: Path):
    write_parquet(TABLE.slice(0, 0), tmp_path / "t")
    assert read_parquet(tmp_path / "t").num_rows == 0


@pytest.mark.parametrize("keep", [0, 3, 100, 2000])
def test_a_truncated_file(tmp_path: Path, keep: int):
    path = tmp_path / "t.parquet"
    write_parquet(TABLE, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"t\.parquet: not a whole parquet file"):
        read_parquet(path)


def test_a_flipped_byte_in_a_page(tmp_path: Path):
    path = tmp_path / "t.parquet"
    write_parquet(TABLE, path)
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError, match="altered"):
        read_parquet(path)


def test_absent_file_and_absent_column(tmp_path: Path):
    with pytest.raises(DataError, match="no such file"):
        read_parquet(tmp_path / "none")
    write_parquet(TABLE, tmp_path / "t")
    with pytest.raises(DataError, match=r"no column 'c'; it has \['a', 'b'\]"):
        read_parquet(tmp_path / "t", ["a", "c"])
