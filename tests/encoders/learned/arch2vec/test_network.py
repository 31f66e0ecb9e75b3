"""The network of arch2vec: its size, what it may not notice, and what it must."""

from __future__ import annotations

import pytest
import torch

from archenc.encoders.learned.arch2vec.network import Arch2VecNetwork
from archenc.encoders.learned.arch2vec.training import CellTensors
from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.spaces import space


def network(n_ops: int, seed: int = 0) -> Arch2VecNetwork:
    """A network whose batch norms have seen something, in float64."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = Arch2VecNetwork(n_ops).double()
        for name, buffer in made.named_buffers():
            if "running" in name:
                buffer.uniform_(0.5, 1.5)
    return made.eval()


def cells(name: str, n: int = 40) -> tuple[CellTensors, TokenFrame]:
    frame = TokenFrame.of(name)
    return CellTensors.of(frame.graphs(space(name).sample(n, 0)), frame, torch.float64), frame


def parameters(made: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in made.parameters())


def test_it_has_the_published_number_of_parameters():
    assert parameters(Arch2VecNetwork(5)) == 122_617
    assert parameters(Arch2VecNetwork(5, latent=32)) == 122_617 + 2 * 16 * 129 + 16 * 5


@pytest.mark.parametrize("name", ["nasbench101", "nasbench201", "nasbench301", "transnasbench101"])
def test_renumbering_hidden_nodes_renumbers_the_codes(name: str):
    given, frame = cells(name)
    made = network(given.ops.shape[2])
    N = frame.width
    order = torch.cat(
        [
            torch.arange(frame.inputs),
            frame.inputs + torch.randperm(N - frame.inputs - 1, generator=torch.Generator().manual_seed(1)),
            torch.tensor([N - 1]),
        ]
    )
    code = made.encode(given.ops, given.links)
    moved = made.encode(given.ops[:, order], given.links[:, order][:, :, order])
    torch.testing.assert_close(moved.mu, code.mu[:, order])
    torch.testing.assert_close(moved.s, code.s[:, order])
    torch.testing.assert_close(moved.mu.mean(1), code.mu.mean(1))


@pytest.mark.parametrize("training", [False, True])
def test_pads_change_nothing(training: bool):
    """Neither the codes of real nodes nor, in training, the statistics of the batch."""
    given, _ = cells("nasbench101", 60)
    assert not given.real.all()
    wide = CellTensors(
        torch.nn.functional.pad(given.ops, (0, 0, 0, 3)),
        torch.nn.functional.pad(given.links, (0, 3, 0, 3)),
        torch.nn.functional.pad(given.real, (0, 3)),
        torch.nn.functional.pad(given.pairs, (0, 3, 0, 3)),
    )
    one, two = network(5).train(training), network(5).train(training)
    code = one.encode(given.ops, given.links, given.real).mu
    padded = two.encode(wide.ops, wide.links, wide.real).mu
    torch.testing.assert_close(padded[:, :7][given.real], code[given.real])
    for (name, a), (_, b) in zip(one.named_buffers(), two.named_buffers(), strict=True):
        torch.testing.assert_close(a, b, msg=name)


def test_a_layer_is_what_the_paper_says():
    """The slow twin: sums over neighbours, one cell and node at a time."""
    given, _ = cells("nasbench201", 5)
    made = network(7)
    for weight in made.parameters():
        weight.data += 0.05
    x = given.ops
    for layer in made.layers:
        summed = torch.stack(
            [
                torch.stack(
                    [
                        (1 + layer.eps) * h[i] + sum(h[j] for j in range(8) if links[i, j] > 0)
                        for i in range(8)
                    ]
                )
                for h, links in zip(x, given.links, strict=True)
            ]
        )
        x = layer.first_norm(layer.first(summed.flatten(0, 1))).relu()
        x = layer.norm(layer.second(x)).relu().view(5, 8, -1)
    latent = made.encode(given.ops, given.links)
    torch.testing.assert_close(latent.mu, x @ made.mu.weight.T + made.mu.bias)
    torch.testing.assert_close(latent.s, x @ made.s.weight.T + made.s.bias)
    decoded = made.decode(latent.mu)
    torch.testing.assert_close(decoded.links[2, 3, 5], latent.mu[2, 3] @ latent.mu[2, 5])
    torch.testing.assert_close(decoded.ops, latent.mu @ made.ops.weight.T + made.ops.bias)


def test_codes_are_drawn_in_training_only():
    given, _ = cells("nasbench201", 20)
    made = network(7)
    first, latent = made(given.ops, given.links)
    torch.testing.assert_close(first.ops, made.decode(latent.mu).ops)
    made.train()
    with torch.random.fork_rng():
        a, b = made(given.ops, given.links)[0], made(given.ops, given.links)[0]
    assert not torch.equal(a.ops, b.ops)
