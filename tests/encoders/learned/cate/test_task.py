from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from archenc.encoders.learned.cate.costs import cell_costs
from archenc.encoders.learned.cate.network import CateNetwork, Size
from archenc.encoders.learned.cate.published import published_graphs
from archenc.encoders.learned.cate.task import CateTask, Rules
from archenc.encoders.learned.pretraining import Schedule, run
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.errors import InvalidArgument
from archenc.spaces import space

SMALL = Size(width=16, heads=4, graph=2, graph_inner=32, cross=2, cross_inner=32, dropout=0.0)


def made(
    name: str = "nb101", n: int = 300, published: bool = False, size: Size = SMALL, **how: Any
) -> CateTask:
    archs = space(name).sample(n, 0)
    frame = TokenFrame.of(archs[0].space, False if published else "none")
    graphs = frame.graphs(archs)
    if published:
        graphs = published_graphs(graphs, frame)
    n_tokens = 5 if published else frame.n_tokens
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = CateNetwork(n_tokens, size, spare_norms=published)
    rules = Rules(n_tokens, published, how.pop("direction", "succ"), size.heads)
    how = {"k": 2, "delta": 1e6, "limit": None, "seed": 0} | how
    return CateTask(network, graphs, cell_costs(archs, "params"), rules, **how)


def test_pairs_stay_within_either_part():
    task = made()
    assert len(task.train_rows) == 285
    assert not set(task.train_rows) & set(task.held_out_rows)
    assert set(task.items(0).ravel()) <= set(task.train_rows)
    assert len(task.items(0)) == len(task.items(1))
    assert not np.array_equal(task.items(0), task.items(1))
    np.testing.assert_array_equal(task.items(3), task.items(3))
    assert len(made(limit=50).items(0)) == 50


def test_published_sizes_of_the_parts():
    tokens = np.full((423_624, 2), 2, dtype=np.uint8)
    graphs = TokenGraphs(tokens, np.zeros((423_624, 2, 2), dtype=bool))
    rules = Rules(5, True, "succ", 4)
    task = CateTask(
        CateNetwork(5, SMALL), graphs, np.arange(423_624.0), rules, k=2, delta=5.0, limit=None, seed=0
    )
    assert (len(task.train_rows), len(task.held_out_rows)) == (402_442, 21_182)
    assert task.train_rows[-1] == 402_441  # the first ones, by index


@pytest.mark.parametrize("published", [False, True])
def test_held_out_loss_is_the_same_every_time(published: bool):
    task = made(published=published)
    task.network.eval()
    with torch.inference_mode():
        first = task.held_out()
        task.loss(task.items(0)[:20])
        assert task.held_out() == first
    assert set(first) == {"loss", "accuracy"}


def test_clean_rules_reserve_two_ids_and_published_ones_none():
    clean, published = made().rules, made(published=True).rules
    assert (clean.mask, clean.drawn, clean.legal.tolist()) == (1, range(2, 7), [False] * 2 + [True] * 5)
    assert (published.mask, published.drawn) == (1, range(5))
    assert published.legal.tolist() == [False, True, True, True, True]


def test_batches_do_not_know_padding():
    """A clean loss is the same with more slots, for the hidden tokens are real ones."""
    archs = [arch for arch in space("nb101").sample(400, 1) if arch.cells[0].n_nodes < 7]
    frame = TokenFrame.of("nasbench101")
    graphs, cost = frame.graphs(archs), cell_costs(archs, "params")
    wide = TokenGraphs(
        np.insert(graphs.tokens, [5, 5, 5], 0, axis=1),
        np.insert(np.insert(graphs.links, [5, 5, 5], False, axis=1), [5, 5, 5], False, axis=2),
    )
    network = CateNetwork(7, SMALL).double().eval()
    states = []
    for some in (graphs, wide):
        task = CateTask(network, some, cost, Rules(7, False, "both", 4), k=2, delta=1e9, limit=None, seed=0)
        cells = task._cells
        allowed = task.rules.allowed(cells.reach, torch.device("cpu")).double()
        states.append(
            network.graph(torch.from_numpy(cells.tokens).int(), allowed)[torch.from_numpy(some.real)]
        )
    torch.testing.assert_close(states[0], states[1], rtol=0, atol=1e-6)


def test_it_learns_64_cells_by_heart():
    size = Size(width=32, heads=4, graph=2, graph_inner=64, cross=2, cross_inner=64, dropout=0.0)
    task = made(n=64, size=size)
    fixed = task._batch(task.items(0)[:48], np.random.default_rng(0))
    optimiser = torch.optim.AdamW(task.network.parameters(), 3e-3, weight_decay=0.0)
    right = 0.0
    for _ in range(150):
        loss, right = task._measured(fixed)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert right > 0.9


def test_a_run_is_repeatable_and_keeps_the_best_weights():
    schedule = Schedule(
        2, 64, 3e-3, weight_decay=0.01, warmup=2, decay="linear", validate_every=2, keep="best", seed=0
    )
    dropping = Size(width=16, heads=4, graph=2, graph_inner=32, cross=2, cross_inner=32, dropout=0.1)
    one, two = (run(made(n=120, size=dropping), schedule) for _ in range(2))
    assert one.history == two.history
    for name, value in one.tensors.items():
        np.testing.assert_array_equal(two.tensors[name], value)
    assert one.history[-1]["held_out_loss"] < one.history[0]["held_out_loss"] * 1.05


def test_the_key_says_what_training_follows_from():
    keys = {made().key, made(seed=1).key, made(k=1).key, made(direction="both").key, made(limit=9).key}
    assert len(keys) == 5
    assert made().key == made().key


def test_refuses_too_few_cells():
    with pytest.raises(InvalidArgument, match="3 cells"):
        made(n=3)
