"""Saliencies of operations: looked up by spelling, kept in a file, found by name."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from archenc import space
from archenc.errors import DataError, InvalidArgument, MissingScore
from archenc.proxies import OperationScores, operation_scores
from archenc.store.parquet import write_parquet

NB201 = space("nb201")
ARCHS = NB201.sample(5, 0)


def some(n: int = 5) -> OperationScores:
    values = np.random.default_rng(0).normal(size=(n, 6, 3))
    values[1, 2] = np.nan
    return OperationScores.of(ARCHS[:n], values, ("snip", "plain", "grasp"))


def test_a_file_gives_back_what_was_written(tmp_path: Path):
    scores = some()
    scores.save(tmp_path / "one.parquet")
    again = OperationScores.load(tmp_path / "one.parquet")
    assert (again.space, again.keys, again.names) == ("nasbench201", scores.keys, scores.names)
    np.testing.assert_array_equal(again.values, scores.values)
    again.save(tmp_path / "other.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "other.parquet").read_bytes()


def test_a_name_a_folder_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ARCHENC_HOME", str(tmp_path))
    folder = tmp_path / "operations" / "mine"
    some().save(folder / "operations.parquet")
    found = operation_scores("mine")
    assert found.keys == some().keys
    assert operation_scores(folder) is operation_scores(folder / "operations.parquet") is found
    some(3).save(folder / "operations.parquet")
    assert len(operation_scores("mine").keys) == 3, "the file has changed"
    with pytest.raises(DataError, match=r"operations/other.*archenc score"):
        operation_scores("other")


def test_another_file_is_refused(tmp_path: Path):
    write_parquet(pa.table({"spelling": ["a"], "snip": [1.0]}), tmp_path / "other.parquet")
    with pytest.raises(DataError, match="no scores of operations"):
        operation_scores(tmp_path / "other.parquet")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and so on")
    with pytest.raises(DataError, match=r"torn\.parquet"):
        operation_scores(tmp_path / "torn.parquet")


def test_isomorphic_cells_have_their_own_operations():
    """Of one hash in NAS-Bench-101, with the two operations in the other order."""
    nb101 = space("nb101")
    one = nb101.parse("10000-1110-001-01-1|c3,c3,c1,mp")
    other = nb101.parse("10000-1110-001-01-1|c3,mp,c1,c3")
    assert nb101.key(one) == nb101.key(other)
    values = np.arange(10.0).reshape(2, 5, 1)
    found = OperationScores.of([one, other], values)([other, one])
    assert found[0].ravel().tolist() == [5, 6, 7, 8]
    assert found[1].ravel().tolist() == [0, 1, 2, 3]


def test_what_is_not_there_is_missing():
    with pytest.raises(MissingScore, match=r"no saliencies of '\|.*2 others"):
        some(2)(ARCHS)
    with pytest.raises(InvalidArgument, match="transnasbench101"):
        some()(space("tnb101").sample(1, 0))


def test_copies_are_the_thing_itself():
    scores = some()
    assert copy.deepcopy(scores) is scores


@pytest.mark.parametrize(
    ("values", "names"), [(np.ones((5, 6)), ()), (np.ones((4, 6, 1)), ()), (np.ones((5, 6, 2)), ("snip",))]
)
def test_refuses_another_shape(values: np.ndarray, names: tuple[str, ...]):
    with pytest.raises(InvalidArgument, match="expected"):
        OperationScores.of(ARCHS, values, names)
