from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from archenc.errors import DataError
from archenc.spaces import space
from archenc.tables import Metric
from archenc.tables.importing import NOT_MEASURED, SENTINEL, Field, Sheet, Source
from archenc.tables.joining import Join
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
