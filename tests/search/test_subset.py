"""Parts of a space by the size of cells: CATE's experiment outside the search space."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.search.study import Task
from archenc.search.subset import OUTSIDE_DISJOINT, OUTSIDE_LEARNED, OUTSIDE_SEARCHED, Sizes
from archenc.spaces import space
from archenc.spaces.nb101_cells import specs
from archenc.spaces.nb101_wiring import edges
from archenc.tables import BenchmarkTable, Metric
from archenc.testing.unchecked import unchecked

NB101 = space("nasbench101")


@pytest.mark.slow
def test_the_parts_of_nas_bench_101_have_their_published_sizes():
    sizes = [(spec.n, len(edges(spec.n, spec.bits))) for spec in specs()]

    def count(*parts: Sizes) -> int:
        return sum(
            all(one.nodes[0] <= n <= one.nodes[1] and one.edges[0] <= m <= one.edges[1] for one in parts)
            for n, m in sizes
        )

    assert count(OUTSIDE_LEARNED) == 10_026
    assert count(OUTSIDE_SEARCHED) == 60_669
    assert count(OUTSIDE_DISJOINT) == 53_760
    assert count(OUTSIDE_LEARNED, OUTSIDE_SEARCHED) == 6_909
    assert count(OUTSIDE_LEARNED, OUTSIDE_DISJOINT) == 0


def test_a_search_may_be_among_cells_of_a_size():
    archs = list({NB101.key(arch): arch for arch in NB101.sample(400, 0, by="spec")}.values())
    values = np.arange(float(len(archs)))
    metrics = [Metric("gain", "x", "gain", direction="max")]
    table = BenchmarkTable.from_columns("nasbench101", archs, {"gain": values}, metrics)
    problem = Task(table, "gain", where=OUTSIDE_SEARCHED).problem(5)
    inside = [arch for arch in archs if arch.cells[0].n_nodes == 6 and len(arch.cells[0].edges) >= 7]
    assert 2 < len(problem.domain) == len(inside) < len(archs)
    assert sorted(problem.values) == sorted(values[archs.index(arch)] for arch in inside)
    with pytest.raises(InvalidArgument, match="0 labelled architectures of this size"):
        Task(table, "gain", where=Sizes(nodes=(9, 9))).problem(5)


@unchecked()
def test_sizes_are_from_least_to_most():
    with pytest.raises(InvalidArgument, match="nodes="):
        Sizes(nodes=(6, 2))
