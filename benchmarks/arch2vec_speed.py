"""arch2vec against a straightforward implementation of the published one: training steps and codes.

    python benchmarks/arch2vec_speed.py --write

Straightforward: batch norm between two transpositions, the plain optimiser, tensors made anew for every
batch from nested lists, and codes extracted one graph at a time. Both sides have the published sizes (122,617
parameters on NAS-Bench-101), batches of 32 and one thread; times are of the processor.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy, one_hot

from _timing import in_turn
from archenc.encoders.learned.arch2vec.network import Arch2VecNetwork
from archenc.encoders.learned.arch2vec.training import Arch2VecTask, CellTensors
from archenc.encoders.learned.vocabulary import RESERVED, TokenFrame
from archenc.graph import as_batch
from archenc.spaces import space
from archenc.store import write_text

COMMAND = "python benchmarks/arch2vec_speed.py --write"
RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "arch2vec_speed.csv"
BATCH, GRAPHS, STEPS, CODES = 32, 2_000, 20, 500


class Layer(nn.Module):
    """A graph isomorphism layer, as it reads in the paper."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(()))
        self.first, self.second = nn.Linear(width_in, width), nn.Linear(width, width)
        self.norms = nn.ModuleList(nn.BatchNorm1d(width) for _ in range(2))

    def forward(self, x: Tensor, links: Tensor) -> Tensor:
        x = (1 + self.eps) * x + torch.matmul(links, x)
        for linear, norm in zip((self.first, self.second), self.norms, strict=True):
            x = torch.relu(norm(linear(x).transpose(1, 2)).transpose(1, 2))
        return x


class Straightforward(nn.Module):
    """The published network, layer by layer."""

    def __init__(self, n_ops: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(a, b) for a, b in pairwise([n_ops, 128, 128, 128, 128]))
        self.mu, self.s, self.ops = nn.Linear(128, 16), nn.Linear(128, 16), nn.Linear(16, n_ops)
        self.dropout = nn.Dropout(0.3)

    def encode(self, ops: Tensor, links: Tensor) -> tuple[Tensor, Tensor]:
        for layer in self.layers:
            ops = layer(ops, links)
        return self.mu(ops), self.s(ops)

    def forward(self, ops: Tensor, links: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        mu, s = self.encode(ops, links)
        z = self.dropout(mu + s.exp() * torch.randn_like(mu))
        return torch.sigmoid(self.ops(z)), torch.sigmoid(torch.matmul(z, z.transpose(1, 2))), mu, s


def measure(repeats: int) -> list[tuple[str, str, float]]:
    """Measure steps and codes on cells of NAS-Bench-101."""
    frame = TokenFrame.of("nasbench101", False)
    graphs = frame.graphs(as_batch(space("nb101").sample(GRAPHS, 1)))
    n_ops = frame.n_tokens - len(RESERVED)
    ours, theirs = Arch2VecNetwork(n_ops), Straightforward(n_ops)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    task = Arch2VecTask(ours, graphs, frame, published=True, seed=0)
    rows = task.items(0)[: BATCH * STEPS].reshape(STEPS, BATCH)
    fused = torch.optim.AdamW(ours.parameters(), 1e-3, weight_decay=0.0, fused=True)
    plain = torch.optim.Adam(theirs.parameters(), 1e-3)
    whole = CellTensors.of(graphs, frame)
    tokens = [row.tolist() for row in np.maximum(whole.ops.argmax(-1).numpy(), 0)]
    adjacency = [row.tolist() for row in whole.links.triu(1).numpy()]

    def step() -> None:
        for batch in rows:
            fused.zero_grad(set_to_none=True)
            task.loss(batch).backward()
            nn.utils.clip_grad_norm_(ours.parameters(), 5.0)
            fused.step()

    def tensors(batch: list[int]) -> tuple[Tensor, Tensor]:
        links = torch.tensor([adjacency[i] for i in batch])
        ops = one_hot(torch.tensor([tokens[i] for i in batch]), n_ops).float()
        return ops, links + links.transpose(1, 2)

    def straightforward() -> None:
        for batch in rows:
            plain.zero_grad()
            ops, links = tensors(batch.tolist())
            said, linked, mu, s = theirs(ops, links)
            loss = binary_cross_entropy(said, ops) + binary_cross_entropy(linked.triu(1), links.triu(1))
            kl = -0.5 / (BATCH * ops.shape[1]) * (1 + 2 * s - mu.pow(2) - s.exp().pow(2)).sum(2).mean()
            (loss + kl).backward()
            nn.utils.clip_grad_norm_(theirs.parameters(), 5.0)
            plain.step()

    def codes() -> Tensor:
        with torch.inference_mode():
            cells = CellTensors.of(graphs[slice(0, CODES)], frame)
            return ours.eval().encode(cells.ops, cells.links).mu.mean(1)

    def straightforward_codes() -> list[Tensor]:
        with torch.inference_mode():
            theirs.eval()
            return [theirs.encode(*tensors([i]))[0].mean(1) for i in range(CODES)]

    ours.train()
    theirs.train()
    training = in_turn({"ours": step, "theirs": straightforward}, repeats)
    coding = in_turn({"ours": codes, "theirs": straightforward_codes}, repeats)
    return [
        (f"training step, {BATCH} cells, straightforward", "ms", training["theirs"] / STEPS * 1e3),
        (f"training step, {BATCH} cells, ours", "ms", training["ours"] / STEPS * 1e3),
        ("training step, straightforward / ours", "times", training["theirs"] / training["ours"]),
        ("codes, one graph at a time", "us a cell", coding["theirs"] / CODES * 1e6),
        ("codes, ours", "us a cell", coding["ours"] / CODES * 1e6),
        ("codes, one at a time / ours", "times", coding["theirs"] / coding["ours"]),
    ]


def main() -> None:
    """Measure, print, and write on request."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/arch2vec_speed.csv")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = measure(options.repeats)
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, unit, value in rows:
        print(f"  {name:<50} {value:10.3g} {unit}")
    if options.write:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["measure", "value", "unit", "command"])
        writer.writerows([name, f"{value:.3g}", unit, COMMAND] for name, unit, value in rows)
        write_text(RESULT, text.getvalue())


if __name__ == "__main__":
    main()
