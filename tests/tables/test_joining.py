from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import Metric
from archenc.tables.importing import NOT_MEASURED, REPEATS, SENTINEL, Field, Sheet, Source
from archenc.tables.joining import Join, mean_of_repeats
from archenc.tables.rows import Rows, whole_space

NB201 = space("nb201")
ACCURACY = Metric("acc", "cifar10", "accuracy", unit="percent")
PARAMS = Metric("params", "cifar10", "params")


@pytest.fixture(scope="module")
def rows() -> Rows:
    return Rows(NB201, whole_space)


def source(name: str, *fields: Field) -> Source:
    def read(_: Path) -> list[Sheet]:
        return []

    return Source(name, read, fields or (Field("acc", ACCURACY),))


def sheet(keys: Sequence[int], values: Sequence[float], column: str = "acc") -> Sheet:
    return Sheet(list(keys), "index", {column: np.array(values, dtype=np.float64)})


def spelt(index: int, style: str) -> str:
    return NB201.format(NB201.parse(index), style)


def test_missing_is_missing_with_its_reason(rows: Rows):
    join = Join(rows)
    field = Field("acc", ACCURACY, scale=2.0, rules=(SENTINEL, NOT_MEASURED))
    join.add(source("a", field), [sheet(range(6), [0.0, np.nan, -1e8, -1.0, np.inf, 3.0])])
    join.settle("keep")
    np.testing.assert_array_equal(join.columns["acc"][:7], [0, np.nan, np.nan, np.nan, np.nan, 6, np.nan])
    assert join.missing()["acc"] == {
        "blank in the source": 1,
        SENTINEL.reason: 1,
        NOT_MEASURED.reason: 1,
        "infinite in the source": 1,
        "not in the source": 15625 - 6,
    }


def test_large_values_are_sentinels_only_where_the_source_says_so(rows: Rows):
    join = Join(rows)
    join.add(source("a", Field("acc", PARAMS)), [sheet([0], [5.6e7])])
    assert join.columns["params"][0] == 5.6e7


def test_agreement_fills_gaps_and_is_reported(rows: Rows):
    join = Join(rows)
    join.add(source("a"), [sheet([0, 1, 2], [10, 20, np.nan])])
    join.add(source("b"), [sheet([1, 2, 3], [20, 30, 40])])
    join.settle("fail")
    np.testing.assert_array_equal(join.columns["acc"][:5], [10, 20, 30, 40, np.nan])
    (comparison,) = join.comparisons
    assert (comparison.kept_source, comparison.other_source) == ("a", "b")
    assert (comparison.rows, comparison.filled, comparison.conflicts) == (1, 2, ())
    assert join.metrics["acc"].source == "a; b"
    assert join.missing()["acc"] == {"not in the source": 15621}


def contradiction(rows: Rows) -> Join:
    join = Join(rows)
    join.add(source("a"), [sheet([0, 1, 2], [10, 20, 30])])
    join.add(source("b"), [sheet([0, 1, 2], [10, 20.5, 30 * (1 + 1e-12)])])
    return join


def test_a_contradiction_is_reported_and_the_first_source_kept(rows: Rows):
    join = contradiction(rows)
    join.settle("keep")
    (conflict,) = join.comparisons[0].conflicts
    assert (conflict.metric, conflict.architecture) == ("acc", spelt(1, "native"))
    assert (conflict.kept, conflict.kept_source, conflict.other, conflict.other_source) == (
        20,
        "a",
        20.5,
        "b",
    )
    assert str(conflict) == f"acc, {spelt(1, 'native')}: 20.0 in a, 20.5 in b"
    assert join.columns["acc"][1] == 20
    assert join.metrics["acc"].source == "a"


def test_a_contradiction_may_become_missing_or_fail(rows: Rows):
    join = contradiction(rows)
    join.settle("missing")
    assert np.isnan(join.columns["acc"][1])
    assert join.missing()["acc"]["the sources contradict each other"] == 1
    with pytest.raises(DataError, match=r"1 contradicting values, the first: acc, .*20\.5 in b"):
        contradiction(rows).settle("fail")


def test_a_third_source_is_compared_with_where_the_value_came_from(rows: Rows):
    join = Join(rows)
    join.add(source("a"), [sheet([0], [10])])
    join.add(source("b"), [sheet([1], [20])])
    join.add(source("c"), [sheet([0, 1], [11, 21])])
    assert [(c.kept_source, c.other_source) for c in join.comparisons[1].conflicts] == [
        ("a", "c"),
        ("b", "c"),
    ]


def test_units_are_changed_before_comparing(rows: Rows):
    join = Join(rows)
    join.add(source("a", Field("acc", PARAMS)), [sheet([0], [802426])])
    join.add(source("b", Field("acc", PARAMS, scale=1e6)), [sheet([0], [0.802426])])
    assert join.comparisons[0].conflicts == ()


def test_an_absent_column_is_named(rows: Rows):
    with pytest.raises(DataError, match="a: no column 'acc'; it has other"):
        Join(rows).add(source("a"), [sheet([0], [1], column="other")])


def test_repeats_give_their_mean_their_number_and_the_first_reason(rows: Rows):
    join = Join(rows)
    values = np.array([1.0, 0.1, 3.0, np.nan, 0.1, -1e8, np.nan, 0.1, np.nan])
    repeated = Sheet([7, 2, 7, 7, 2, 5, 5, 2, 4], "index", {"acc": values}, repeats="mean")
    count = Metric("count", "cifar10", "rows")
    join.add(source("a", Field("acc", ACCURACY, rules=(SENTINEL,)), Field(REPEATS, count)), [repeated])
    np.testing.assert_array_equal(join.columns["acc"][:8], [np.nan, np.nan, 0.1, *[np.nan] * 4, 2.0])
    np.testing.assert_array_equal(join.columns["count"][:8], [np.nan, np.nan, 3, np.nan, 1, 2, np.nan, 3])
    assert join.missing()["acc"] == {
        "blank in the source": 1,
        SENTINEL.reason: 1,
        "not in the source": 15625 - 4,
    }


def test_the_mean_of_repeats_is_that_of_each_row():
    rng = np.random.default_rng(0)
    rows, values = rng.integers(50, size=400), rng.normal(size=400)
    values[rng.random(400) < 0.3] = np.nan
    reason = np.where(np.isnan(values), 3, 0).astype(np.int8)
    unique, mean, why = mean_of_repeats(rows, values, reason)
    assert unique.tolist() == sorted(set(rows.tolist()))
    for row, value, code in zip(unique, mean, why, strict=True):
        present = [v for r, v in zip(rows, values, strict=True) if r == row and not np.isnan(v)]
        assert (code == 0) == bool(present)
        assert value == pytest.approx(np.mean(present)) if present else np.isnan(value)


def test_the_number_of_repeats_is_no_column_where_repeats_are_refused(rows: Rows):
    with pytest.raises(DataError, match="no column 'rows of the file'"):
        Join(rows).add(source("a", Field(REPEATS, ACCURACY)), [sheet([0], [1])])
