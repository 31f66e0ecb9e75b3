"""Sizes as published, and what the network must not depend on."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from archenc.predictors import flan_network as network
from archenc.predictors.flan_network import FlanConfig, count, init, score


def _init(config: FlanConfig, seed: int = 0) -> dict[str, torch.Tensor]:
    return init(config, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("options", "total"),
    [
        ({}, 727_489),
        ({"supplement": 13}, 737_089),
        ({"supplement": 32}, 739_521),
        ({"supplement": 77}, 745_281),
        ({"timesteps": 1}, 694_465),
        ({"backward_gnn": "dgf"}, 612_289),
        ({"gnn": "dgf", "backward_gnn": "dgf"}, 501_185),
        ({"gnn": "gat", "backward_gnn": "gat"}, 503_745),
        ({"gnn": "gat", "backward_gnn": "gat", "gat_heads": 4}, 1_182_657),
    ],
)
def test_published_sizes(options: dict[str, object], total: int) -> None:
    assert count(_init(FlanConfig(paper_size=True, **options))) == total


def test_trainable_size() -> None:
    assert count(_init(FlanConfig(paper_size=True)), trainable=True) == 727_441


@pytest.mark.parametrize(
    ("prefixes", "size"),
    [
        (("op.table",), 12_288),
        (("op.input", "op.output"), 96),
        (("node.input", "node.other"), 96),
        (("node.0",), 4_704),
        (("forward",), 220_928),
        (("backward",), 229_120),
        (("f2b",), 33_024),
        (("update",), 45_232),
        (("supplement",), 24_496),
        (("cells",), 49_408),
        (("size",), 96),
        (("head",), 108_001),
    ],
)
def test_published_component_sizes(prefixes: tuple[str, ...], size: int) -> None:
    parameters = _init(FlanConfig(paper_size=True))
    assert sum(v.numel() for k, v in parameters.items() if k.startswith(prefixes)) == size


def test_only_what_is_used_is_built_by_default() -> None:
    names = _init(FlanConfig(timesteps=1, rows=5))
    assert not any(k.startswith(("supplement", "cells", "size", "backward", "f2b", "update")) for k in names)
    assert names["op.table"].shape == (5, 48)


def _graphs(b: int = 6, v: int = 7, k: int = 5, seed: int = 0) -> list[torch.Tensor]:
    """Random cells: adjacency, one-hot operations, real nodes, supplement, size."""
    generator = torch.Generator().manual_seed(seed)
    adjacency = torch.triu((torch.rand(b, 1, v, v, generator=generator) < 0.5).float(), diagonal=1)
    ops = torch.randint(2, 2 + k, (b, 1, v), generator=generator)
    ops[..., 0], ops[..., -1] = 0, 1
    one_hot = torch.nn.functional.one_hot(ops, 2 + k).float()
    return [adjacency, one_hot, torch.ones(b, 1, v), torch.rand(b, 3, generator=generator), torch.zeros(b, 0)]


CONFIG = FlanConfig(rows=5, used=(0, 1, 2, 3, 4), supplement=3, timesteps=3)


def _naive_embed(
    config: FlanConfig, p: dict[str, torch.Tensor], a: torch.Tensor, ops: torch.Tensor
) -> torch.Tensor:
    """Embed one cell with nothing shared between nodes, steps or graphs."""
    v = len(ops)
    e = network.operations(config, p)[ops.argmax(-1)][None]
    other = p["node.other"].expand(1, v - config.input_nodes, -1)
    nodes = torch.cat([p["node.input"].expand(1, config.input_nodes, -1), other], dim=1)
    x = nodes @ p["node.0.weight"] + p["node.0.bias"]

    def part(name: str) -> dict[str, torch.Tensor]:
        return {k.removeprefix(name + "."): value for k, value in p.items() if k.startswith(name + ".")}

    def mlp(name: str, value: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(value @ p[f"{name}.0.weight"] + p[f"{name}.0.bias"])
        return hidden @ p[f"{name}.1.weight"] + p[f"{name}.1.bias"]

    for t in range(config.timesteps):
        y = config.forward.apply(part("forward"), x, a.T[None], e)
        if t == config.timesteps - 1:
            break
        b0 = torch.zeros(1, v, network.HIDDEN)
        b0[:, -1] = mlp("f2b", y[:, -1])
        back = config.backward.apply(part("backward"), b0, a[None], e)
        e = e + 0.1 * mlp("update", torch.cat([e, y, back], dim=-1))
    return y[0, config.input_nodes :].mean(0)


def test_embedding_equals_the_naive_one() -> None:
    parameters = _init(CONFIG)
    adjacency, ops, nodes, *_ = _graphs()
    fast = network.embed(CONFIG, parameters, adjacency[:, 0], ops[:, 0], nodes[:, 0])
    slow = [_naive_embed(CONFIG, parameters, a, o) for a, o in zip(adjacency[:, 0], ops[:, 0], strict=True)]
    torch.testing.assert_close(fast, torch.stack(slow), atol=2e-5, rtol=1e-5)


def test_one_step_does_not_depend_on_the_backward_weights() -> None:
    config = dataclasses.replace(CONFIG, timesteps=1, paper_size=True)
    parameters = _init(config)
    changed = {k: v + 1.0 if k.startswith("backward") else v for k, v in parameters.items()}
    torch.testing.assert_close(
        score(config, changed, *_graphs()), score(config, parameters, *_graphs()), rtol=0, atol=0
    )


def test_a_zero_update_makes_more_steps_equal_one() -> None:
    parameters = _init(CONFIG)
    still = {k: torch.zeros_like(v) if k.startswith("update.1") else v for k, v in parameters.items()}
    one = dataclasses.replace(CONFIG, timesteps=1)
    torch.testing.assert_close(score(CONFIG, still, *_graphs()), score(one, parameters, *_graphs()))


def test_gradients_stop_where_the_paper_stops_them() -> None:
    """Nothing reaches the operation table through the stopped copies when the other paths are cut."""
    config = dataclasses.replace(CONFIG, timesteps=2)
    parameters = {k: v.requires_grad_() for k, v in _init(config).items()}
    score(config, parameters, *_graphs()).sum().backward()
    assert parameters["backward.0.weight"].grad is not None
    assert parameters["backward.0.weight"].grad.abs().sum() > 0
    assert parameters["op.input"].grad is None


@pytest.mark.parametrize("mask", ["mult", "neg_inf"])
def test_renumbering_inner_nodes_changes_nothing(mask: str) -> None:
    config = dataclasses.replace(CONFIG, mask=mask)
    adjacency, ops, *rest = _graphs()
    order = torch.tensor([0, 3, 1, 5, 2, 4, 6])
    parameters = _init(config)
    moved = score(config, parameters, adjacency[:, :, order][..., order], ops[:, :, order], *rest)
    torch.testing.assert_close(moved, score(config, parameters, adjacency, ops, *rest), atol=1e-5, rtol=1e-5)


def test_padding_changes_nothing_with_the_correct_mask() -> None:
    config = dataclasses.replace(CONFIG, mask="neg_inf")
    adjacency, ops, nodes, *rest = _graphs()
    b, _, v, k = ops.shape
    keep = [*range(v - 1), v + 1]  # two padded nodes go before the output
    wide, wide_ops, real = (
        torch.zeros(b, 1, v + 2, v + 2),
        torch.zeros(b, 1, v + 2, k),
        torch.zeros(b, 1, v + 2),
    )
    wide[:, :, torch.tensor(keep)[:, None], torch.tensor(keep)] = adjacency
    wide_ops[:, :, keep], real[:, :, keep] = ops, nodes
    parameters = _init(config)
    torch.testing.assert_close(
        score(config, parameters, wide, wide_ops, real, *rest),
        score(config, parameters, adjacency, ops, nodes, *rest),
        atol=1e-5,
        rtol=1e-5,
    )


def test_two_cells_and_two_inputs() -> None:
    config = FlanConfig(rows=5, used=tuple(range(5)), cells=2, input_nodes=2, size_inputs=2)
    adjacency, ops, nodes, _, _ = (torch.cat([t, t.flip(0)], dim=1) for t in _graphs())
    scores = score(config, _init(config), adjacency, ops, nodes, torch.zeros(6, 0), torch.rand(6, 2))
    assert scores.shape == (6,)
    assert scores.isfinite().all()


@pytest.mark.parametrize("features", [0, 2])
def test_cells_side_by_side_are_embedded_as_each_by_itself(
    features: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = FlanConfig(rows=5, used=tuple(range(5)), cells=3, timesteps=2, features=features)
    parameters = _init(config)
    three = [torch.cat(parts, dim=1) for parts in zip(*(_graphs(seed=s)[:3] for s in range(3)), strict=True)]
    three.append(torch.rand(6, 3, 7, features))
    graphs = three if features else three[:3]
    alone = [network.embed(config, parameters, *(t[:, cell] for t in graphs)) for cell in range(3)]
    joined = network._joined(config, parameters, alone)
    expected = network.mlp(parameters, "head", torch.cat([joined, torch.zeros(6, 8)], dim=1), 4)[:, 0]
    calls, embed = [], network.embed
    monkeypatch.setattr(network, "embed", lambda *given: calls.append(given) or embed(*given))
    nothing = [torch.zeros(6, 0), torch.zeros(6, 0)]
    found = score(config, parameters, *graphs[:3], *nothing, *graphs[3:])
    torch.testing.assert_close(found, expected)
    assert len(calls) == 1  # whose cost is in the number of calls


def test_dropout_multipliers_act_on_every_hidden_layer() -> None:
    parameters = _init(CONFIG)
    graphs = _graphs()
    plain = score(CONFIG, parameters, *graphs)
    ones = torch.ones(6, sum(CONFIG.dropped))
    torch.testing.assert_close(score(CONFIG, parameters, *graphs, keep=ones), plain)
    start = 0
    for width in CONFIG.dropped:
        keep = ones.clone()
        keep[:, start : start + width] = 0
        assert not torch.allclose(score(CONFIG, parameters, *graphs, keep=keep), plain)
        start += width
