"""One kernel: operations on nodes are operations on the edges that enter them, and places have no order."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archenc.predictors.gated.kernel import GatedStack, flow

V, D, E = 6, 5, 3


def _graph(seed: int) -> tuple[torch.Generator, list[tuple[int, int]]]:
    generator = torch.Generator().manual_seed(seed)
    pairs = [(j, i) for i in range(V) for j in range(i)]
    return generator, [pair for pair in pairs if torch.rand((), generator=generator) < 0.6]


def _places(edges: list[tuple[int, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    gather, scatter = torch.zeros(1, len(edges), V), torch.zeros(1, V, len(edges))
    for place, (source, target) in enumerate(edges):
        gather[0, place, source] = scatter[0, target, place] = 1.0
    return gather, scatter


@given(st.integers(0, 40), st.sampled_from(["all", 1, 2]), st.booleans())
def test_on_nodes_equals_on_edges(seed: int, residual: int, backward: bool) -> None:
    generator, edges = _graph(seed)
    stack = GatedStack((4, D, D), E, residual, bias=True, backward=backward)  # type: ignore[arg-type]
    parameters = stack.init(generator)
    x, e = torch.randn(1, V, 4, generator=generator), torch.randn(1, V, E, generator=generator)
    adjacency = torch.zeros(1, V, V)
    for source, target in edges:
        adjacency[0, target, source] = 1.0
    gather, scatter = _places(edges)
    on_nodes = stack.run(parameters, stack.enter(parameters, x), adjacency, None, stack.gates(parameters, e))[
        0
    ]
    carried = e[:, [target for _, target in edges]]
    on_edges = stack.run(
        parameters, stack.enter(parameters, x), gather, scatter, stack.gates(parameters, carried)
    )[0]
    torch.testing.assert_close(on_edges, on_nodes, atol=1e-6, rtol=1e-5)


def _layer(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two operations between every two nodes that are joined, as in ENAS cells."""
    generator, edges = _graph(seed)
    gather, scatter = _places(edges + edges)
    gates = torch.rand(1, 2 * len(edges), D, generator=generator)
    return torch.randn(1, V, D, generator=generator), gather, gates, scatter


def test_parallel_edges_add_up() -> None:
    states, gather, gates, scatter = _layer()
    half = gather.shape[1] // 2
    both = flow(states, gather, gates, scatter)[0]
    apart = [
        flow(states, gather[:, part], gates[:, part], scatter[..., part])[0]
        for part in (slice(half), slice(half, None))
    ]
    torch.testing.assert_close(both, apart[0] + apart[1])
    torch.testing.assert_close(flow(states, gather, gates, scatter / 2)[0], (apart[0] + apart[1]) / 2)


def test_the_order_of_places_means_nothing() -> None:
    states, gather, gates, scatter = _layer()
    order = torch.randperm(gather.shape[1], generator=torch.Generator().manual_seed(1))
    moved = flow(states, gather[:, order], gates[:, order], scatter[..., order])[0]
    torch.testing.assert_close(moved, flow(states, gather, gates, scatter)[0])


def test_a_place_of_zeros_is_no_place() -> None:
    states, gather, gates, scatter = _layer()
    gather[:, 2] = 0.0
    scatter[..., 2] = 0.0
    rest = [k for k in range(gather.shape[1]) if k != 2]
    without = flow(states, gather[:, rest], gates[:, rest], scatter[..., rest])[0]
    torch.testing.assert_close(flow(states, gather, gates, scatter)[0], without)


@pytest.mark.parametrize(("backward", "kept"), [(False, [0, 1]), (True, [V - 2, V - 1])])
def test_the_residual_is_of_the_first_or_the_last_nodes(backward: bool, kept: list[int]) -> None:
    stack = GatedStack((D, D), E, 2, bias=False, backward=backward)
    parameters = stack.init(torch.Generator().manual_seed(0))
    states = torch.randn(1, V, D)
    nothing = torch.zeros(1, V, V)
    out = stack.run(parameters, states, nothing, None, torch.ones(1, V, D))[0]
    expected = torch.zeros(1, V, D)
    expected[:, kept] = states[:, kept]
    torch.testing.assert_close(out, expected)


def test_an_open_gate_is_exactly_one() -> None:
    stack = GatedStack((D, D), E)
    parameters = stack.init(torch.Generator().manual_seed(0))
    open_ = torch.tensor([[1.0], [0.0]])
    gates = stack.gates(parameters, torch.randn(2, E), open_)
    assert (gates[0] == 1).all()
    assert (gates[1] < 1).all()


def test_published_distribution() -> None:
    parameters = GatedStack((96, 128, 128), 48).init(torch.Generator().manual_seed(0))
    bound = 128**-0.5
    for name in ("0.weight", "1.weight", "0.bias", "1.bias"):
        assert parameters[name].abs().max() <= bound
        assert parameters[name].abs().max() > 0.9 * bound
    assert parameters["gate.weight"].abs().max() <= 48**-0.5
