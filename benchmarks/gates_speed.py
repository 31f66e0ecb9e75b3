"""GATES' and TA-GATES' training and scoring as ratios against the published way of computing them.

The opponent trains the same networks on the same pairs as the public loop does: both members of each of 4n
pairs go through the network, 8n encodings a batch where ours makes n. Its layers are the formulas: an
embedding and a gate for every operation instance in every layer, messages V x V x d where operations sit on
edges. A second opponent is our network behind the published pairs, so that the share of the two ideas shows.
The losses of all are compared before the clock runs. Processor time on one thread, medians of rounds taken
in turn; with --write also docs/results/gates_speed.csv.
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

from archenc.graph import GraphBatch, as_batch
from archenc.predictors import GATES, TAGATES
from archenc.predictors.flow import Parameters
from archenc.predictors.gated import network
from archenc.predictors.gated.config import GatedConfig
from archenc.predictors.losses import MARGIN, draw_pairs
from archenc.spaces import space

COMMAND = "python benchmarks/gates_speed.py --write"
RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "gates_speed.csv"
N, EPOCHS, ROUNDS, TRIALS, SCORED = 78, 4, 3, 9, 2048

Score = Callable[[GatedConfig, Parameters, Sequence[Tensor]], Tensor]


def fused(config: GatedConfig, p: Parameters, tensors: Sequence[Tensor]) -> Tensor:
    """Our network."""
    return network.score(config, p, *tensors)


def straightforward(config: GatedConfig, p: Parameters, tensors: Sequence[Tensor]) -> Tensor:
    """The same network as the formulas read; one cell, no saliencies."""
    gather, scatter, ops, read = (t[:, 0] for t in tensors[:4])
    b, v = len(gather), config.nodes

    def mlp(name: str, x: Tensor, depth: int) -> Tensor:
        for i in range(depth):
            x = x @ p[f"{name}.{i}.weight"] + p[f"{name}.{i}.bias"]
            x = torch.relu(x) if i < depth - 1 else x
        return x

    rows = network.operations(config, p)
    if config.on_nodes:
        e, known = ops @ rows, None
        adjacency = gather
    else:  # dense: an operation for every pair of nodes, target by source
        dense = torch.einsum("bvu,bus,buk->bvsk", scatter, gather, ops)
        e, known = dense @ rows, dense.sum(-1, keepdim=True)
        adjacency = known[..., 0]
        opened = torch.tensor([float(r in config.open_rows) for r in config.rows] + [1.0])
        open_ = (dense @ opened)[..., None]

    def flow(name: str, x: Tensor, a: Tensor, e: Tensor, residual: object) -> tuple[Tensor, Tensor]:
        widths = list(config.forward.widths[1:])
        w, bias = p[f"{name}.gate.weight"].split(widths, 1), p[f"{name}.gate.bias"].split(widths)
        message = x
        for i in range(config.layers):
            s = x @ p[f"{name}.{i}.weight"]
            gate = torch.sigmoid(e @ w[i] + bias[i])
            if config.on_nodes:
                message = gate * (a @ s)
                y = message + p[f"{name}.{i}.bias"]
            else:
                carried, through = (
                    (known, open_) if name == "forward" else (known.transpose(1, 2), open_.transpose(1, 2))
                )
                gate = torch.where(through > 0, 1.0, gate) * carried
                message = gate * s[:, None]
                y = message.sum(2)
            kept = torch.ones(v, 1)
            if residual != "all":
                kept[:] = 0.0
                kept[v - int(residual) :] = kept[v - int(residual) :] + (name == "backward")
                kept[: int(residual)] = kept[: int(residual)] + (name == "forward")
            y = y + s * kept
            x = torch.relu(y) if i < config.layers - 1 else y
        return x, message

    inputs = p["node.input"][0]
    x = torch.cat([inputs, p["node.other"][0].expand(v - len(inputs), -1)]).expand(b, v, -1)
    x = mlp("node", x, 1)
    y, message = flow("forward", x, adjacency, e, config.residual)
    for _ in range(config.timesteps - 1):
        start = torch.zeros(b, v, config.flow_width)
        start[:, -1] = mlp("f2b", y[:, -1], 2)
        turned = e if config.on_nodes else e.transpose(1, 2)
        z, answer = flow("backward", start, adjacency.transpose(1, 2), turned, config.backward_residual)
        there, back = (y, z) if config.on_nodes else (message, answer.transpose(1, 2))
        change = mlp("update", torch.cat([e.detach(), there.detach(), back], -1), 2)
        if config.update == "conv":
            change = change * (dense[..., : len(config.rows)] @ p["update.mask"])[..., None]
        e = e + config.update_scale * change
        y, message = flow("forward", x, adjacency, e, config.residual)
    z = y[:, -1] if config.read_out == "output" else (y * read[..., None]).sum(1) / config.read
    return mlp("head", z, len(config.head) + 1)[:, 0]


def loss_of_pairs(
    score: Score, config: GatedConfig, p: Parameters, tensors: Sequence[Tensor], pairs: Tensor, sign: Tensor
) -> Tensor:
    """Hinge over the pairs, both members of every pair through the network."""
    first, second = pairs
    a, b = (score(config, p, [t[rows] for t in tensors]) for rows in (first, second))
    return torch.relu(MARGIN - sign * (a - b)).mean()


def loss_once(
    score: Score, config: GatedConfig, p: Parameters, tensors: Sequence[Tensor], pairs: Tensor, sign: Tensor
) -> Tensor:
    """Return the same loss from one forward an architecture."""
    s = score(config, p, tensors)
    return torch.relu(MARGIN - sign * (s[pairs[0]] - s[pairs[1]])).mean()


def drawn(y: np.ndarray, epoch: int) -> tuple[Tensor, Tensor]:
    """Return the pairs of an epoch."""
    pairs, sign = draw_pairs(y, 4, np.random.default_rng(epoch))
    return torch.as_tensor(pairs), torch.as_tensor(sign, dtype=torch.float32)


def train_by_pairs(
    score: Score, config: GatedConfig, start: Parameters, tensors: Sequence[Tensor], y: np.ndarray
) -> None:
    """Train with Adam, both members of every pair through the network."""
    p = {k: v.clone().requires_grad_(k not in config.frozen) for k, v in start.items()}
    optimiser = torch.optim.Adam([v for v in p.values() if v.requires_grad], lr=1e-3, fused=True)
    for epoch in range(EPOCHS):
        optimiser.zero_grad()
        loss_of_pairs(score, config, p, tensors, *drawn(y, epoch)).backward()
        optimiser.step()


def seconds(work: Callable[[], object]) -> float:
    """Return the processor time of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def score_all(score: Score, config: GatedConfig, p: Parameters, tensors: Sequence[Tensor]) -> Tensor:
    """Score in chunks, without gradients."""
    with torch.inference_mode():
        parts = zip(*[t.split(64) for t in tensors], strict=True)
        return torch.cat([score(config, p, part) for part in parts])


def measure(label: str, model: GATES | TAGATES, archs: GraphBatch) -> list[tuple[str, float, str]]:
    """Time one network on one space."""
    y = np.random.default_rng(0).random(len(archs))
    rows = np.arange(N)
    model = model.set_params(epochs=EPOCHS)
    fitted = type(model)(**{**model.get_params(), "epochs": 1}).fit(archs[rows], y[rows])
    config, start = fitted.config_, fitted.parameters_[0]
    tensors = fitted._tensors(archs[rows])
    compared = (config, start, tensors, *drawn(y[rows], 0))
    losses = [
        loss_once(fused, *compared).item(),
        loss_of_pairs(fused, *compared).item(),
        loss_of_pairs(straightforward, *compared).item(),
    ]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-5)
    trials = [(archs[rows + N * t], y[rows + N * t], t) for t in range(TRIALS)]
    some = fitted._tensors(archs[np.arange(SCORED)])
    works: dict[str, Callable[[], object]] = {
        "ours": lambda: model.fit(archs[rows], y[rows]),
        "pairs": lambda: train_by_pairs(fused, config, start, tensors, y[rows]),
        "plain": lambda: train_by_pairs(straightforward, config, start, tensors, y[rows]),
        "nine": lambda: model.fit_trials(trials),
        "scored": lambda: score_all(fused, config, start, some),
        "scored plainly": lambda: score_all(straightforward, config, start, some),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for round_ in range(ROUNDS + 1):
        for name, work in works.items():
            taken = seconds(work)
            if round_:  # the first round warms up
                times[name].append(taken)
    mid = {name: statistics.median(taken) for name, taken in times.items()}
    return [
        (f"training step of {N} architectures, {label}", 1e3 * mid["ours"] / EPOCHS, "ms"),
        (f"published pairs and layers against ours, {label}", mid["plain"] / mid["ours"], "times"),
        (f"published pairs, our layers, against ours, {label}", mid["pairs"] / mid["ours"], "times"),
        (
            f"published pairs and layers against ours with {TRIALS} trials together, {label}",
            TRIALS * mid["plain"] / mid["nine"],
            "times",
        ),
        (
            f"{TRIALS} trials one at a time against together, {label}",
            TRIALS * mid["ours"] / mid["nine"],
            "times",
        ),
        (f"scoring, published layers against ours, {label}", mid["scored plainly"] / mid["scored"], "times"),
        (f"scoring, {label}", SCORED / mid["scored"], "architectures/s and core"),
    ]


def main() -> int:
    """Measure, print, and with --write keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {RESULT.name} too")
    write = parser.parse_args().write
    torch.set_num_threads(1)
    measured: list[tuple[str, float, str]] = []
    for name, short in (("nasbench201", "NAS-Bench-201"), ("nasbench101", "NAS-Bench-101")):
        archs = as_batch(space(name).sample(max(SCORED, N * TRIALS), 0))
        for label, model in (("GATES", GATES()), ("TA-GATES", TAGATES())):
            measured += measure(f"{label}, {short}", model, archs)
    for what, value, unit in measured:
        print(f"{what:85s} {value:10.2f} {unit}")
    if write:
        with RESULT.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([m, f"{v:.2f}", u, COMMAND] for m, v, u in measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
