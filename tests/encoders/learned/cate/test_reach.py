from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.encoders.learned.cate.reach import backwards, closure, pack, unpack
from archenc.errors import InvalidArgument


def dags(m: int, nodes: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.triu(rng.random((m, nodes, nodes)) < rng.random((m, 1, 1)), 1)


def reached(links: np.ndarray) -> np.ndarray:
    return unpack(closure(links), links.shape[1])


def test_a_chain():
    links = np.zeros((1, 3, 3), dtype=bool)
    links[0, 0, 1] = links[0, 1, 2] = True
    np.testing.assert_array_equal(reached(links)[0], [[0, 1, 1], [0, 0, 1], [0, 0, 0]])


@pytest.mark.parametrize("nodes", [2, 7, 8, 9, 15, 17, 33])
def test_equals_networkx_on_random_graphs(nodes: int):
    links = dags(150, nodes, nodes)
    for one, ours in zip(links, reached(links), strict=True):
        graph = nx.from_numpy_array(one, create_using=nx.DiGraph)
        expected = nx.to_numpy_array(nx.transitive_closure(graph), nodelist=range(nodes))
        np.testing.assert_array_equal(ours, expected)


def test_the_order_of_the_nodes_does_not_matter():
    links = dags(50, 7, 3)
    order = np.random.default_rng(0).permutation(7)
    shuffled = links[:, order][:, :, order]
    np.testing.assert_array_equal(reached(shuffled), reached(links)[:, order][:, :, order])


@given(st.integers(0, 2**32 - 1), st.integers(1, 20))
def test_is_idempotent_and_has_no_diagonal(seed: int, nodes: int):
    links = dags(20, nodes, seed)
    once = reached(links)
    np.testing.assert_array_equal(reached(once), once)
    assert not once[:, np.arange(nodes), np.arange(nodes)].any()
    np.testing.assert_array_equal(unpack(backwards(closure(links)), nodes), once.swapaxes(1, 2))


@pytest.mark.parametrize(("nodes", "kind"), [(8, np.uint8), (9, np.uint16), (17, np.uint32), (64, np.uint64)])
def test_rows_are_as_small_as_they_can_be(nodes: int, kind: type):
    links = dags(4, nodes, 0)
    assert pack(links).dtype == kind
    np.testing.assert_array_equal(unpack(pack(links), nodes), links)


def test_refuses_more_than_64_nodes():
    with pytest.raises(InvalidArgument, match="65"):
        closure(np.zeros((1, 65, 65), dtype=bool))
