"""FLAN's training and scoring as ratios: pairs by indexing, trials together, inference over a whole space.

The opponent trains the same network on the same batches and pairs the way the public loop does: both
members of every pair go through the network, 56 encodings for a batch of 8. It comes in three forms: one
forward for every single pair; all pairs in two batched forwards, as in the public loop; and that with
straightforward layers (gates for every node, attention by the broadcast product, one product a branch). The
losses of all four are compared before the clock runs. Processor time on one thread, medians of rounds taken
in turn; with --write also docs/results/flan_speed.csv.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from archenc.graph import as_batch
from archenc.predictors import FLAN
from archenc.predictors import flan_network as network
from archenc.predictors.flan_network import FlanConfig
from archenc.predictors.flow import LEAK, Parameters
from archenc.predictors.losses import MARGIN, all_pairs
from archenc.spaces.nasbench201 import SPACE

COMMAND = "python benchmarks/flan_speed.py --write"
RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "flan_speed.csv"
N, EPOCHS, BATCH, ROUNDS = 40, 4, 8, 3

Score = Callable[[FlanConfig, Parameters, Sequence[Tensor]], Tensor]


def fused(config: FlanConfig, parameters: Parameters, tensors: Sequence[Tensor]) -> Tensor:
    """Our network."""
    return network.score(config, parameters, *tensors)


def straightforward(config: FlanConfig, p: Parameters, tensors: Sequence[Tensor]) -> Tensor:
    """The same network as the formulas read: every gate of every node, the broadcast attention product."""
    adjacency, ops, nodes = tensors[0][:, 0], tensors[1][:, 0], tensors[2][:, 0]
    b, v, _ = ops.shape

    def layers(name: str, x: Tensor, a: Tensor, e: Tensor) -> Tensor:
        gate_w, gate_b = p[f"{name}.gate.weight"].split(128, 1), p[f"{name}.gate.bias"].split(128)
        for i in range(config.layers):
            w_flow, w_attention = p[f"{name}.{i}.weight"].split(128, 1)
            s, h = x @ w_flow, x @ w_attention
            flow = torch.sigmoid(e @ gate_w[2 * i] + gate_b[2 * i]) * (a @ s) + s + p[f"{name}.{i}.bias"]
            logits = F.leaky_relu((p[f"{name}.{i}.a"][0] * h[:, :, None] * h[:, None]).sum(-1), LEAK)
            out = torch.sigmoid(e @ gate_w[2 * i + 1] + gate_b[2 * i + 1]) * (
                torch.softmax(logits * a, -1) @ h
            )
            out = F.layer_norm(out, (128,), p[f"{name}.{i}.norm.weight"][0], p[f"{name}.{i}.norm.bias"][0])
            x = (flow + out) / 2
            x = torch.relu(x) if i < config.layers - 1 else x
        return x

    def mlp(name: str, x: Tensor, depth: int) -> Tensor:
        for i in range(depth):
            x = x @ p[f"{name}.{i}.weight"] + p[f"{name}.{i}.bias"]
            x = torch.relu(x) if i < depth - 1 else x
        return x

    e = network.operations(config, p)[ops.argmax(-1)]
    x = torch.stack([p["node.input"], *[p["node.other"]] * (v - 1)]).expand(b, v, -1)
    x = x @ p["node.0.weight"] + p["node.0.bias"]
    y = layers("forward", x, adjacency.transpose(1, 2), e)
    for _ in range(config.timesteps - 1):
        returned = torch.zeros(b, v, 128)
        returned[:, -1] = mlp("f2b", y[:, -1], 2)
        returned = layers("backward", returned, adjacency, e)
        e = e + network.STEP * mlp("update", torch.cat([e.detach(), y.detach(), returned], -1), 2)
        y = layers("forward", x, adjacency.transpose(1, 2), e)
    weight = nodes[:, 1:, None]
    z = (y[:, 1:] * weight).sum(1) / weight.sum(1)
    return mlp("head", torch.cat([z, z.new_zeros(b, network.SIZE)], -1), 4)[:, 0]


def loss_of_pairs(
    score: Score, config: FlanConfig, p: Parameters, tensors: Sequence[Tensor], y: Tensor
) -> Tensor:
    """Hinge over all pairs of a batch, both members of every pair through the network."""
    first, second = torch.as_tensor(all_pairs(len(y)))
    a = score(config, p, [t[first] for t in tensors])
    b = score(config, p, [t[second] for t in tensors])
    return torch.relu(MARGIN - torch.sign(y[first] - y[second]) * (a - b)).mean()


def loss_pair_by_pair(
    score: Score, config: FlanConfig, p: Parameters, tensors: Sequence[Tensor], y: Tensor
) -> Tensor:
    """Return the same loss from one forward for every single pair."""
    terms = []
    for pair in torch.as_tensor(all_pairs(len(y))).T:
        s, labels = score(config, p, [t[pair] for t in tensors]), y[pair]
        terms.append(torch.relu(MARGIN - torch.sign(labels[0] - labels[1]) * (s[0] - s[1])))
    return torch.stack(terms).mean()


def loss_once(
    score: Score, config: FlanConfig, p: Parameters, tensors: Sequence[Tensor], y: Tensor
) -> Tensor:
    """Return the same loss from one forward an architecture."""
    first, second = torch.as_tensor(all_pairs(len(y)))
    s = score(config, p, tensors)
    return torch.relu(MARGIN - torch.sign(y[first] - y[second]) * (s[first] - s[second])).mean()


def train_by_pairs(
    loss: Callable[..., Tensor],
    score: Score,
    config: FlanConfig,
    start: Parameters,
    tensors: Sequence[Tensor],
    y: Tensor,
) -> None:
    """Train with AdamW, both members of every pair through the network."""
    p = {k: v.clone().requires_grad_(k not in network.FROZEN) for k, v in start.items()}
    optimiser = torch.optim.AdamW(
        [v for v in p.values() if v.requires_grad], lr=1e-3, weight_decay=1e-5, fused=True
    )
    for _ in range(EPOCHS):
        for rows in torch.arange(len(y)).split(BATCH):
            optimiser.zero_grad()
            loss(score, config, p, [t[rows] for t in tensors], y[rows]).backward()
            optimiser.step()


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    """Measure, print, and with --write keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name} too")
    write = parser.parse_args().write
    torch.set_num_threads(1)
    everything = as_batch(SPACE.architectures())
    y = np.random.default_rng(0).random(len(everything))
    rows = np.arange(N)
    measured: list[tuple[str, float, str]] = []
    for steps in (2, 1):
        model = FLAN(timesteps=steps, epochs=EPOCHS)
        fitted = FLAN(timesteps=steps, epochs=1).fit(everything[rows], y[rows])
        config, start = fitted.config_, fitted.parameters_[0]
        tensors, labels = (
            fitted._tensors(everything[rows]),
            torch.as_tensor(y[rows]),
        )
        one = [t[:BATCH] for t in tensors]
        losses = [
            loss_once(fused, config, start, one, labels[:BATCH]).item(),
            loss_of_pairs(fused, config, start, one, labels[:BATCH]).item(),
            loss_of_pairs(straightforward, config, start, one, labels[:BATCH]).item(),
            loss_pair_by_pair(fused, config, start, one, labels[:BATCH]).item(),
        ]
        np.testing.assert_allclose(losses, losses[0], rtol=1e-5)
        trials = [(everything[np.arange(N) + N * t], y[np.arange(N) + N * t], t) for t in range(9)]
        works = {
            "ours": lambda model=model: model.fit(everything[rows], y[rows]),
            "pairs": lambda c=config, s=start, t=tensors, y=labels: train_by_pairs(
                loss_of_pairs, fused, c, s, t, y
            ),
            "plain": lambda c=config, s=start, t=tensors, y=labels: train_by_pairs(
                loss_of_pairs, straightforward, c, s, t, y
            ),
            "single": lambda c=config, s=start, t=tensors, y=labels: train_by_pairs(
                loss_pair_by_pair, fused, c, s, t, y
            ),
            "nine": lambda model=model, trials=trials: model.fit_trials(trials),
        }
        times: dict[str, list[float]] = {name: [] for name in works}
        for round_ in range(ROUNDS + 1):
            for name, work in works.items():
                taken = seconds(work)
                if round_:  # the first round warms up
                    times[name].append(taken)
        mid = {name: statistics.median(taken) for name, taken in times.items()}
        label = f"T={steps}"
        scoring = seconds(lambda fitted=fitted: fitted.predict(everything))
        measured += [
            (f"training step, one trial, {label}", 1e3 * mid["ours"] / (EPOCHS * N / BATCH), "ms"),
            (f"a forward for every single pair against ours, {label}", mid["single"] / mid["ours"], "times"),
            (
                f"pairs in two batched forwards, our layers, against ours, {label}",
                mid["pairs"] / mid["ours"],
                "times",
            ),
            (
                f"pairs in two batched forwards, straightforward layers, against ours, {label}",
                mid["plain"] / mid["ours"],
                "times",
            ),
            (
                f"pairs in two batched forwards, our layers, against ours with 9 trials together, {label}",
                9 * mid["pairs"] / mid["nine"],
                "times",
            ),
            (f"9 trials one at a time against together, {label}", 9 * mid["ours"] / mid["nine"], "times"),
            (
                f"scoring all 15,625 architectures, {label}",
                len(everything) / scoring,
                "architectures/s and core",
            ),
        ]
    for measure, value, unit in measured:
        print(f"{measure:85s} {value:10.2f} {unit}")
    if write:
        with RESULT.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([m, f"{v:.2f}", u, COMMAND] for m, v, u in measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
