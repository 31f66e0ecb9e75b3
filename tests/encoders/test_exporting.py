"""Codes as a parquet file: the same bytes, wherever the run was stopped."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from archenc.encoders import Adjacency, GraphFeatures
from archenc.encoders import exporting as room
from archenc.encoders.exporting import export
from archenc.errors import DataError, InvalidArgument
from archenc.spaces import space

NB201 = space("nb201")
ARCHS = NB201.sample(50, 0)


class Killed(Exception):
    """Stands for a kill."""


def test_a_row_an_architecture_and_a_column_a_feature(tmp_path: Path):
    encoder = Adjacency("ordinal").fit(ARCHS)
    export(encoder, iter(ARCHS), 50, tmp_path / "codes.parquet", described={"why": "test"}, portion=16)
    table = pq.read_table(tmp_path / "codes.parquet")
    assert table.column_names == ["key", "architecture", *encoder.get_feature_names_out()]
    assert table["key"].to_pylist() == [NB201.key(arch) for arch in ARCHS]
    assert table["architecture"].to_pylist() == [NB201.format(arch) for arch in ARCHS]
    codes = np.stack([table[name].to_numpy() for name in encoder.get_feature_names_out()], axis=1)
    np.testing.assert_array_equal(codes, encoder.transform(ARCHS))
    said = json.loads(table.schema.metadata[b"archenc"])
    assert (said["why"], said["space"], said["architectures"]) == ("test", "nasbench201", 50)
    assert [path.name for path in tmp_path.iterdir()] == ["codes.parquet"]


def test_a_killed_run_ends_with_the_same_file(tmp_path: Path):
    encoder = GraphFeatures().fit(ARCHS)
    export(encoder, ARCHS, 50, tmp_path / "a.parquet", portion=8)
    for left in (1, 2, 3):

        def note(done: int, total: int, steps: list[int] = [], left: int = left) -> None:  # noqa: B006
            steps.append(done)
            if len(steps) == left:
                raise Killed

        note.__defaults__ = ([], left)
        with pytest.raises(Killed):
            export(encoder, ARCHS, 50, tmp_path / "b.parquet", portion=8, progress=note)
        assert not (tmp_path / "b.parquet").exists()
    seen: list[int] = []
    export(encoder, ARCHS, 50, tmp_path / "b.parquet", portion=8, progress=lambda done, _: seen.append(done))
    assert seen[-1] == 50
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_portion_that_is_there_is_not_encoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    encoder = Adjacency().fit(ARCHS)
    calls: list[int] = []
    real = room._table

    def table(given: Adjacency, archs: list) -> object:
        calls.append(len(archs))
        if len(calls) == 3:
            raise Killed
        return real(given, archs)

    monkeypatch.setattr(room, "_table", table)
    with pytest.raises(Killed):
        export(encoder, ARCHS, 50, tmp_path / "a.parquet", portion=10)
    export(encoder, ARCHS, 50, tmp_path / "a.parquet", portion=10)
    assert len(calls) == 3 + 3
    export(encoder, ARCHS, 50, tmp_path / "a.parquet", portion=10)  # finished: nothing to do
    assert len(calls) == 6


def test_other_codes_do_not_go_on_there(tmp_path: Path):
    out = tmp_path / "a.parquet"
    export(Adjacency().fit(ARCHS), ARCHS, 50, out)
    with pytest.raises(InvalidArgument, match="other encoder"):
        export(Adjacency("ordinal").fit(ARCHS), ARCHS, 50, out)
    with pytest.raises(InvalidArgument, match="other architectures"):
        export(Adjacency().fit(ARCHS), ARCHS[:20], 20, out)
    out.write_bytes(out.read_bytes()[:100])
    with pytest.raises(DataError, match=r"a\.parquet"):
        export(Adjacency().fit(ARCHS), ARCHS, 50, out)


def test_a_wrong_total_is_noticed(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="total=60, but there were 50"):
        export(Adjacency().fit(ARCHS), ARCHS, 60, tmp_path / "a.parquet")
