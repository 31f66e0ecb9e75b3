"""CATE: the states that a transformer gives the operations of a cell, trained on pairs of similar cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, final

import torch
from jaxtyping import Float

from archenc.encoders.base import Population, check_choice
from archenc.encoders.learned.base import LearnedEncoder
from archenc.encoders.learned.cate.costs import Cost, Quantity, cell_costs
from archenc.encoders.learned.cate.network import DIRECTIONS, CateNetwork, Direction, Size
from archenc.encoders.learned.cate.published import published_graphs, published_tokens
from archenc.encoders.learned.cate.task import CateTask, Cells, Rules
from archenc.encoders.learned.pretraining import Schedule, Task
from archenc.encoders.learned.vocabulary import TokenFrame, TokenGraphs
from archenc.errors import InvalidArgument
from archenc.graph import Rewire

Pool = Literal["mean", "last", "output", "input"]
POOLS: tuple[Pool, ...] = ("mean", "last", "output", "input")
_PUBLISHED_COST: dict[str, tuple[Quantity, int, float]] = {
    "nasbench101": ("params", 2, 2e6),
    "nasbench301": ("flops", 1, 5e6),
}
"""Of the published preset: the cost, partners a cell, and the window; elsewhere params, 2, and 2 %."""
_PUBLISHED_PAIRS = {"nasbench101": 8_048_690, "nasbench301": 9_500_000}
"""Seen in ten epochs: two of nearly each training cell, one in NAS-Bench-301."""


@final
class CATE(LearnedEncoder[CateNetwork]):
    """The mean state of the nodes of a cell, from a transformer along the paths of the cell.

    It is trained to say hidden operations of two cells of similar cost at once, each from the other, too, so
    that cells that compute much alike come to lie close together (Yan et al., ICML 2021).

    weights: "packaged", a folder, or None to train in `fit`; see `LearnedEncoder`.
    preset: "clean" has ids for padding and hidden tokens that no operation has, lets a node attend to itself
    and never to padding, draws partners within 2 % of the largest cost, and holds out by lot. "published" has
    the quirks of the reference: colliding ids, rows that attend to everything evenly where nothing can be
    attended to, pads as inputs, the code taken from the last slot.
    pool: what is made of the states: "mean" of the nodes, or the state of the "last" slot, of the "output" or
    the "input" (the last of them); None is "mean", published "last". direction: "succ", a node attends to the
    nodes it leads to; "pred"; "both", half the heads each. The state of a node that attends to nothing but
    itself says nothing of the cell, so clean "succ" refuses "last" and "output", and "pred" refuses "input".
    cost: "params", "flops", or a function from a native GraphBatch to a number a cell; of the first cell
    where there are several. partners, window: of a cell, and how far their cost may lie below its own; None
    is 2 and 2 % of the largest cost, published as published. pairs: an epoch at most; None takes all.
    width, heads, graph_layers, graph_inner, cross_layers, cross_inner, dropout: of the network; the defaults
    are those of the published code. bfloat16: train with products of that precision, which is half as fast
    again on a processor that has them. epochs, batch_size, lr, warmup, validate_every, seed: of the training,
    AdamW with a linear fall; the weights of the smallest held-out loss are kept.
    """

    name: ClassVar[str] = "cate"

    def __init__(
        self,
        weights: str | Path | None = "packaged",
        preset: Literal["clean", "published"] = "clean",
        pool: Pool | None = None,
        direction: Direction = "succ",
        cost: Quantity | Cost | None = None,
        partners: int | None = None,
        window: float | None = None,
        pairs: int | None = None,
        width: int = 64,
        heads: int = 8,
        graph_layers: int = 12,
        graph_inner: int = 128,
        cross_layers: int = 24,
        cross_inner: int = 256,
        dropout: float = 0.1,
        bfloat16: bool = False,
        epochs: int = 10,
        batch_size: int = 1024,
        lr: float = 1e-3,
        warmup: int = 100,
        validate_every: int = 100,
        seed: int = 0,
    ) -> None:
        self.weights = weights
        self.preset: Literal["clean", "published"] = preset
        self.pool: Pool | None = pool
        self.direction: Direction = direction
        self.cost: Quantity | Cost | None = cost
        self.partners = partners
        self.window = window
        self.pairs = pairs
        self.width = width
        self.heads = heads
        self.graph_layers = graph_layers
        self.graph_inner = graph_inner
        self.cross_layers = cross_layers
        self.cross_inner = cross_inner
        self.dropout = dropout
        self.bfloat16 = bfloat16
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.warmup = warmup
        self.validate_every = validate_every
        self.seed = seed

    @property
    def injective(self) -> bool:
        """False: a code is what a network made of a cell."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """True of the clean mean: no layer knows the number of a node; links of `none` are left out."""
        return self.preset == "clean" and self._pool() == "mean"

    def _pool(self) -> Pool:
        if self.pool is None:
            return "last" if self.preset == "published" else "mean"
        return self.pool

    def _rewire(self) -> Rewire:
        return False if self.preset == "published" else "none"

    def _setting(self) -> dict[str, Any]:
        check_choice("direction", self.direction, DIRECTIONS)
        check_choice("pool", self._pool(), POOLS)
        blind = {"succ": ("last", "output"), "pred": ("input",)}.get(self.direction, ())
        if self.preset == "clean" and self._pool() in blind:
            raise InvalidArgument(
                f"pool={self._pool()!r} with direction={self.direction!r}: that node attends to nothing but "
                f"itself, so all cells would get one code; take pool='mean' or direction='both'"
            )
        return {
            "width": self.width,
            "heads": self.heads,
            "graph_layers": self.graph_layers,
            "graph_inner": self.graph_inner,
            "direction": self.direction,
        }

    def _network(self, setting: Mapping[str, Any], frame: TokenFrame) -> CateNetwork:
        size = Size(
            setting["width"],
            setting["heads"],
            setting["graph_layers"],
            setting["graph_inner"],
            self.cross_layers,
            self.cross_inner,
            self.dropout,
            self.bfloat16,
        )
        published = self.preset == "published"
        n_tokens = len(published_tokens(frame)) if published else frame.n_tokens
        return CateNetwork(n_tokens, size, spare_norms=published)

    def _schedule(self) -> Schedule:
        return Schedule(
            self.epochs,
            self.batch_size,
            self.lr,
            weight_decay=0.01,
            warmup=self.warmup,
            decay="linear",
            validate_every=self.validate_every,
            keep="best",
            seed=self.seed,
        )

    def _task(self, network: CateNetwork, frame: TokenFrame, X: Population) -> Task:
        published = self.preset == "published"
        quantity, partners, window = "params", 2, None
        if published and frame.space in _PUBLISHED_COST:
            quantity, partners, window = _PUBLISHED_COST[frame.space]
        cost = cell_costs(X, quantity if self.cost is None else self.cost)
        if self.window is not None:
            window = self.window
        return CateTask(
            network,
            self._seen(frame.graphs(X), frame)[:: frame.n_cells],
            cost,
            self._rules(network),
            k=partners if self.partners is None else self.partners,
            delta=0.02 * float(cost.max()) if window is None else window,
            limit=self.pairs,
            seed=self.seed,
        )

    def _cell_codes(self, network: CateNetwork, graphs: TokenGraphs) -> Float[torch.Tensor, "m d"]:
        frame = self.weights_.frame
        seen = self._seen(graphs, frame)
        cells = Cells.of(seen)
        tokens = torch.from_numpy(cells.tokens).int()
        allowed = self._rules(network).allowed(cells.reach, tokens.device)
        states = network.graph(tokens, allowed.to(self.dtype))
        pool = self._pool()
        if pool == "mean":
            real = torch.from_numpy(graphs.real).to(states.dtype)
            if real.shape[1] < states.shape[1]:  # sums, which every cell has
                real = torch.ones_like(states[..., 0])
            return (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)
        return states[:, frame.inputs - 1 if pool == "input" else -1]

    def _seen(self, graphs: TokenGraphs, frame: TokenFrame) -> TokenGraphs:
        return published_graphs(graphs, frame) if self.preset == "published" else graphs

    def _rules(self, network: CateNetwork) -> Rules:
        published = self.preset == "published"
        return Rules(network.graph.embedding.shape[0], published, self.direction, self.heads)

    def _width(self, setting: Mapping[str, Any]) -> int:
        return setting["width"]

    def _published(self) -> dict[str, Any]:
        return {"paper": "Yan et al., ICML 2021", "batch_size": 1024, "epochs": 10, "pairs": _PUBLISHED_PAIRS}
