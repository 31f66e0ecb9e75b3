"""CATE against a straightforward implementation of the published one: data, training steps, codes.

    python benchmarks/cate_speed.py --write

Straightforward: the closure of each graph by three loops, anew for every batch; one projection each for
queries, keys and values; library softmax and dropout; both cells of a pair encoded one after the other; the
head on every token. Both sides have the published sizes and use one thread; times are of the processor.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from _timing import in_turn
from archenc.encoders.learned.cate.costs import nb101_parameters
from archenc.encoders.learned.cate.network import CateNetwork, Size
from archenc.encoders.learned.cate.pairs import pairs_by_cost
from archenc.encoders.learned.cate.published import published_graphs
from archenc.encoders.learned.cate.reach import closure, unpack
from archenc.encoders.learned.cate.task import CateTask, Cells, Rules
from archenc.encoders.learned.vocabulary import TokenFrame
from archenc.graph import as_batch
from archenc.spaces import space

COMMAND = "python benchmarks/cate_speed.py --write"
RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "cate_speed.csv"
BATCH, GRAPHS, CODES = 64, 2_000, 512


def closure_by_loops(links: np.ndarray) -> np.ndarray:
    """Close one graph by Warshall's three loops over its array, as published."""
    reach = links.copy()
    for k in range(len(reach)):
        for i in range(len(reach)):
            for j in range(len(reach)):
                reach[i, j] = reach[i, j] or (reach[i, k] and reach[k, j])
    return reach


def closure_by_lists(links: np.ndarray) -> np.ndarray:
    """Close one graph by the same loops over lists, which are read ten times faster than an array."""
    reach = links.tolist()
    nodes = range(len(reach))
    for k in nodes:
        for i in nodes:
            for j in nodes:
                reach[i][j] = reach[i][j] or (reach[i][k] and reach[k][j])
    return np.array(reach)


class Layer(nn.Module):
    """Self-attention and feed-forward part, each behind a norm and with a residual."""

    def __init__(self, width: int, heads: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        b, n, d = x.shape
        h = self.norms[0](x)
        q, k, v = (
            part(h).view(b, n, self.heads, d // self.heads).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = q @ k.transpose(-2, -1) / (d // self.heads) ** 0.5
        shares = self.dropout(torch.softmax(scores.masked_fill(mask == 0, -1e9), dim=-1))
        x = x + self.dropout(self.out((shares @ v).transpose(1, 2).contiguous().view(b, n, d)))
        x = x + self.dropout(self.down(self.dropout(torch.relu(self.up(self.norms[1](x))))))
        return x, self.norms[2](x)


class Straightforward(nn.Module):
    """The published network, layer by layer."""

    def __init__(self, n_tokens: int, size: Size) -> None:
        super().__init__()
        width, drop = size.width, size.dropout
        self.embedding, self.segment = nn.Embedding(n_tokens, width), nn.Embedding(2, width)
        self.graph = nn.ModuleList(
            Layer(width, size.heads, size.graph_inner, drop) for _ in range(size.graph)
        )
        self.cross = nn.ModuleList(
            Layer(width, size.heads, size.cross_inner, drop) for _ in range(size.cross)
        )
        self.hidden, self.head = nn.Linear(width, width), nn.Linear(width, n_tokens)
        self.dropout, self.scale = nn.Dropout(drop), width**0.5

    def encode(self, tokens: Tensor, links: np.ndarray) -> Tensor:
        mask = torch.from_numpy(np.stack([closure_by_loops(one) for one in links]))[:, None]
        x = self.dropout(self.embedding(tokens) * self.scale)
        closed = x
        for layer in self.graph:
            x, closed = layer(x, mask)
        return closed

    def forward(self, tokens: Tensor, links: np.ndarray) -> Tensor:
        states = [self.encode(tokens[side], links[side]) for side in (0, 1)]
        states = [state + self.segment(torch.tensor(side)) * self.scale for side, state in enumerate(states)]
        x = closed = torch.cat(states, dim=1)
        mask = torch.ones(len(x), 1, x.shape[1], x.shape[1])
        for layer in self.cross:
            x, closed = layer(x, mask)
        return torch.log_softmax(self.head(self.dropout(torch.tanh(self.hidden(closed)))), dim=-1)


def preparation(repeats: int) -> list[tuple[str, str, float]]:
    """Measure closures at 7 and 15 slots, a graph; ours ends in masks, as the loops do."""
    rows = []
    for name, slots in (("nasbench101", 7), ("nasbench301", 15)):
        frame = TokenFrame.of(name, False)
        links = published_graphs(frame.graphs(space(name).sample(GRAPHS, 0)), frame).links
        some = links[:200]
        for loops in (closure_by_loops, closure_by_lists):
            expected = np.stack([loops(one) for one in some])
            np.testing.assert_array_equal(unpack(closure(some), slots), expected)
        found = in_turn(
            {
                "arrays": lambda some=some: [closure_by_loops(one) for one in some],
                "lists": lambda some=some: [closure_by_lists(one) for one in some],
                "ours": lambda links=links, slots=slots: unpack(closure(links), slots),
            },
            repeats,
        )
        arrays, lists = (found[name] / len(some) * 1e6 for name in ("arrays", "lists"))
        ours = found["ours"] / len(links) * 1e6
        rows += [
            (f"closure, {slots} slots, three loops over the array of a graph", "us a graph", arrays),
            (f"closure, {slots} slots, three loops over the lists of a graph", "us a graph", lists),
            (f"closure, {slots} slots, all at once", "us a graph", ours),
            (f"closure, {slots} slots, loops over an array / ours", "times", arrays / ours),
            (f"closure, {slots} slots, loops over lists / ours", "times", lists / ours),
        ]
    return rows


def steps(repeats: int) -> list[tuple[str, str, float]]:
    """Measure training steps of published size on NAS-Bench-101, and codes."""
    archs = space("nb101").sample(GRAPHS, 1)
    batch, frame = as_batch(archs), TokenFrame.of("nasbench101", False)
    graphs = published_graphs(frame.graphs(batch), frame)
    cost = nb101_parameters(batch)
    size = Size()
    ours, theirs = CateNetwork(5, size, spare_norms=True), Straightforward(5, size)
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters())
    task = CateTask(ours, graphs, cost, Rules(5, True, "succ", 8), k=2, delta=2e6, limit=None, seed=0)
    pairs = pairs_by_cost(cost, 2, 2e6, np.random.default_rng(0))[:BATCH]
    fused = torch.optim.AdamW(ours.parameters(), 1e-3, fused=True)
    plain = torch.optim.AdamW(theirs.parameters(), 1e-3)
    tokens = torch.from_numpy(graphs.tokens).long()

    def step() -> None:
        fused.zero_grad()
        task.loss(pairs).backward()
        fused.step()

    def straightforward() -> None:
        plain.zero_grad()
        labels = tokens[torch.from_numpy(pairs.T.copy())]
        log_p = theirs(labels, graphs.links[pairs.T])
        scored = torch.rand(BATCH, labels.shape[2] * 2) < 0.2
        target = torch.full((*scored.shape, 5), 0.025)
        target.scatter_(2, labels.swapaxes(0, 1).reshape(BATCH, -1, 1), 0.9)
        loss = nn.functional.kl_div(log_p, target, reduction="none").sum(-1)
        (loss * scored).sum().div(scored.sum()).backward()
        plain.step()

    cells = Cells.of(graphs[slice(0, CODES)])

    def codes() -> Tensor:
        with torch.inference_mode():
            allowed = task.rules.allowed(cells.reach, torch.device("cpu"))
            return ours.eval().graph(torch.from_numpy(cells.tokens).int(), allowed)[:, -1]

    def straightforward_codes() -> Tensor:
        with torch.inference_mode():
            return theirs.eval().encode(tokens[:CODES], graphs.links[:CODES])[:, -1]

    ours.train()
    theirs.train()
    training = in_turn({"ours": step, "theirs": straightforward}, repeats)
    coding = in_turn({"ours": codes, "theirs": straightforward_codes}, repeats)
    return [
        (f"training step, {BATCH} pairs, straightforward", "ms", training["theirs"] * 1e3),
        (f"training step, {BATCH} pairs, ours", "ms", training["ours"] * 1e3),
        ("training step, straightforward / ours", "times", training["theirs"] / training["ours"]),
        ("codes, straightforward", "us a cell", coding["theirs"] / CODES * 1e6),
        ("codes, ours", "us a cell", coding["ours"] / CODES * 1e6),
        ("codes, straightforward / ours", "times", coding["theirs"] / coding["ours"]),
    ]


def whole_space() -> list[tuple[str, str, float]]:
    """Measure what precedes training on all of NAS-Bench-101, from its batch of arrays."""
    from archenc.encoders.learned.gathering import gather

    batch, frame = gather("nasbench101", None, 0), TokenFrame.of("nasbench101")
    start = time.process_time()
    cost = nb101_parameters(batch)
    cells = Cells.of(frame.graphs(batch))
    pairs = pairs_by_cost(cost, 2, 2e6, np.random.default_rng(0))
    seconds = time.process_time() - start
    return [
        (f"tokens, costs, closures and {len(pairs):,} pairs of {len(cells.tokens):,} cells", "s", seconds)
    ]


def main() -> None:
    """Measure, print, and write on request."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write docs/results/cate_speed.csv")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = preparation(options.repeats) + steps(options.repeats) + whole_space()
    print(f"load {os.getloadavg()[0]:.1f}; goal: closures at least 30 times")
    for measure, unit, value in rows:
        print(f"  {measure:<70} {value:10.3g} {unit}")
    if options.write:
        with RESULT.open("w", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(["measure", "value", "unit", "command"])
            writer.writerows([measure, f"{value:.3g}", unit, COMMAND] for measure, unit, value in rows)


if __name__ == "__main__":
    main()
