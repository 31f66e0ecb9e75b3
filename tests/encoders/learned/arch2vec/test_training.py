"""What arch2vec minimises, on which cells, and in which mode."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from archenc.encoders.learned.arch2vec.network import Arch2VecNetwork, Decoded, Latent
from archenc.encoders.learned.arch2vec.training import (
    KL_WEIGHT,
    Arch2VecTask,
    CellTensors,
    clean_loss,
    kl_of_nodes,
    published_loss,
    reconstruction,
)
from archenc.encoders.learned.pretraining import Schedule, run
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.spaces import space


def made(
    name: str, n: int = 2, published: bool = False, seed: int = 0, archs: list[Architecture] | None = None
) -> Arch2VecTask:
    frame = TokenFrame.of(name, rewire=False if published else "none")
    graphs = frame.graphs(space(name).sample(n, seed) if archs is None else archs)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Arch2VecNetwork(frame.n_tokens - 2)
    network.dropout.p = 0.3 if published else 0.0
    return Arch2VecTask(network, graphs, frame, published, seed)


def random_output(cells: CellTensors) -> tuple[Decoded, Latent]:
    generator = torch.Generator().manual_seed(0)
    B, N, V = cells.ops.shape
    z = torch.randn(B, N, N, generator=generator, dtype=torch.float64)
    latent = Latent(*torch.randn(2, B, N, 16, generator=generator, dtype=torch.float64))
    return Decoded(torch.randn(B, N, V, generator=generator, dtype=torch.float64), z + z.mT), latent


def nb101_cells(n: int = 12) -> CellTensors:
    frame = TokenFrame.of("nasbench101")
    return CellTensors.of(frame.graphs(space("nasbench101").sample(n, 0)), frame, torch.float64)


def has_unlinked_twins(graphs: TokenGraphs) -> bool:
    """Refine colours until nothing changes; the slow twin of equal codes."""
    links = graphs.links[0] | graphs.links[0].T
    nodes = np.flatnonzero(graphs.real[0])
    colours = {i: str(graphs.tokens[0, i]) for i in nodes}
    for _ in nodes:
        colours = {i: f"{colours[i]}({sorted(colours[j] for j in nodes if links[i, j])})" for i in nodes}
        names = {colour: str(number) for number, colour in enumerate(sorted(set(colours.values())))}
        colours = {i: names[colour] for i, colour in colours.items()}
    return any(colours[i] == colours[j] and not links[i, j] for i in nodes for j in nodes if i < j)


def bce(logit: float, target: float) -> float:
    p = 1 / (1 + math.exp(-logit))
    return -math.log(p if target else 1 - p)


def test_the_divergence_has_its_closed_form():
    zero = torch.zeros(3, 4, 16)
    assert kl_of_nodes(Latent(zero, zero)).abs().max() == 0
    mu, s = torch.randn(2, 3, 4, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    normal = torch.distributions.Normal
    expected = torch.distributions.kl_divergence(normal(mu, s.exp()), normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(kl_of_nodes(Latent(mu, s)), expected)


def test_the_clean_loss_counts_real_nodes_and_pairs_once():
    cells = nb101_cells()
    assert not cells.real.all()
    decoded, latent = random_output(cells)
    ops, links, kls = [], [], []
    for b, (real, links_of) in enumerate(zip(cells.real, cells.links, strict=True)):
        nodes = np.flatnonzero(real)
        for i in nodes:
            ops += [bce(float(a), float(t)) for a, t in zip(decoded.ops[b, i], cells.ops[b, i], strict=True)]
            kls.append(float(kl_of_nodes(latent)[b, i]))
            links += [bce(float(decoded.links[b, i, j]), float(links_of[i, j])) for j in nodes if i < j]
    expected = np.mean(ops) + np.mean(links) + KL_WEIGHT * np.mean(kls)
    assert float(clean_loss(decoded, latent, cells)) == pytest.approx(expected)
    assert float(clean_loss(decoded, latent, cells, 5.0)) == pytest.approx(expected + 4 * np.mean(ops))


def test_the_published_loss_is_diluted():
    cells = nb101_cells()
    decoded, latent = random_output(cells)
    B, N, V = cells.ops.shape
    ops = sum(
        bce(float(a), float(t)) for a, t in zip(decoded.ops.flatten(), cells.ops.flatten(), strict=True)
    )
    links = sum(
        bce(float(decoded.links[b, i, j]), float(cells.links[b, i, j]))
        for b in range(B)
        for i in range(N)
        for j in range(i + 1, N)
    )
    kl = float(kl_of_nodes(latent).mean()) / (B * N)
    expected = ops / (B * N * V) + links / (B * N * N) + kl
    assert float(published_loss(decoded, latent, cells)) == pytest.approx(expected)


def test_what_is_held_out_is_never_trained_on():
    for published in (False, True):
        task = made("nasbench201", 100, published)
        assert len(task.held_out_rows) == 10
        for epoch in range(3):
            assert sorted(task.items(epoch)) == sorted(set(range(100)) - set(task.held_out_rows))


def test_the_presets_split_and_order_differently():
    clean, published = made("nasbench201", 100), made("nasbench201", 100, published=True)
    assert list(published.held_out_rows) == list(range(90, 100))
    assert list(clean.held_out_rows) != list(range(90, 100))
    assert list(published.items(0)) == list(published.items(5))
    assert list(clean.items(0)) != list(clean.items(1))
    assert list(clean.items(1)) == list(clean.items(1))


def test_the_mode_in_every_step(monkeypatch: pytest.MonkeyPatch):
    """Clean: training mode throughout. Published: eval mode from the second epoch on."""
    modes: list[bool] = []
    whole = Arch2VecTask.loss

    def watched(self: Arch2VecTask, items: np.ndarray) -> torch.Tensor:
        modes.append(self.network.training)
        return whole(self, items)

    monkeypatch.setattr(Arch2VecTask, "loss", watched)
    run(made("nasbench201", 70), Schedule(3, 32))
    assert modes == [True] * 6
    modes.clear()
    run(made("nasbench201", 70, published=True), Schedule(3, 32))
    assert modes == [True] * 2 + [False] * 4


def test_reconstruction_counts_what_is_right():
    cells = nb101_cells(20)
    nodes, pairs = cells.real.sum(1), (cells.real.sum(1) * (cells.real.sum(1) - 1) // 2)
    right = Decoded(cells.ops * 2 - 1, cells.links * 2 - 1)
    assert reconstruction(right, cells) == (1, 1, 1)
    ops, links = right.ops.clone(), right.links.clone()
    ops[0, 0] = -ops[0, 0]
    links[1, 0, 1] = -links[1, 0, 1]
    links[2, 1, 0] = -links[2, 1, 0]  # below the diagonal: not looked at
    expected = 1 - 1 / int(nodes.sum()), 1 - 1 / int(pairs.sum()), 0.9
    assert reconstruction(Decoded(ops, links), cells) == pytest.approx(expected)


@pytest.mark.slow
def test_it_learns_64_cells_by_heart():
    """Cells without unlinked nodes of one code, which a product of codes must take for linked."""
    frame = TokenFrame.of("nasbench101")
    archs = [a for a in space("nasbench101").sample(200, 0) if not has_unlinked_twins(frame.graphs([a]))]
    task = made("nasbench101", archs=archs[:64])
    task.train_rows = task.held_out_rows = np.arange(64)
    last = run(task, Schedule(450, 64, lr=5e-3, clip=5.0)).history[-1]
    assert last["held_out_exact"] >= 0.85  # .91 when it was set
    assert min(last["held_out_op_accuracy"], last["held_out_edge_accuracy"]) >= 0.97


def test_one_cell_is_too_few():
    with pytest.raises(InvalidArgument, match="needs two"):
        made("nasbench201", 1)
