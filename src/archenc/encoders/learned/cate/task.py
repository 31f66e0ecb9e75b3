"""What CATE is trained on: pairs of cells of similar cost, with hidden tokens that are to be said."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Bool, Float64, Int64, UInt, UInt8
from torch import Tensor

from archenc.encoders.learned import vocabulary
from archenc.encoders.learned.cate import published
from archenc.encoders.learned.cate.corruption import Corrupted, corrupt
from archenc.encoders.learned.cate.network import CateNetwork, Direction, along_paths, smoothed_loss
from archenc.encoders.learned.cate.pairs import pairs_by_cost
from archenc.encoders.learned.cate.reach import closure, unpack
from archenc.encoders.learned.vocabulary import TokenGraphs
from archenc.errors import InvalidArgument
from archenc.store import content_key

HELD_OUT = 0.05
_HELD_OUT_PAIRS = 1_024
_CHUNK = 512


@dataclass(frozen=True, eq=False)
class Cells:
    """m cells as the network takes them: token ids, and the closure of their links as bits."""

    tokens: UInt8[np.ndarray, "m N"]
    reach: UInt[np.ndarray, "m N"]

    @classmethod
    def of(cls, graphs: TokenGraphs) -> Cells:
        """Return cells with the closure of their links, of all in one pass."""
        return cls(graphs.tokens, closure(graphs.links))


@dataclass(frozen=True, slots=True)
class Rules:
    """How the network sees cells. n_tokens: size of the vocabulary. published: see the preset of `CATE`."""

    n_tokens: int
    published: bool
    direction: Direction
    heads: int

    @property
    def mask(self) -> int:
        """Id that stands for a hidden token."""
        return published.MASK if self.published else vocabulary.MASK

    @property
    def drawn(self) -> range:
        """Ids that a corrupted token may become."""
        return range(0 if self.published else len(vocabulary.RESERVED), self.n_tokens)

    @property
    def legal(self) -> Bool[np.ndarray, " v"]:
        """Ids that smoothing gives a share: all but the reserved ones; as published, all but id 0."""
        legal = np.ones(self.n_tokens, dtype=bool)
        legal[: published.PAD + 1 if self.published else len(vocabulary.RESERVED)] = False
        return legal

    def allowed(self, reach: UInt[np.ndarray, "b N"], device: torch.device) -> Tensor:
        """Say by 1 and 0 which token may attend to which, [b, heads or 1, N, N]."""
        paths = torch.from_numpy(unpack(reach, reach.shape[1])).to(device)
        return along_paths(paths, self.heads, self.direction, self_loop=not self.published)


class _Batch(NamedTuple):
    tokens: UInt8[np.ndarray, "two b N"]
    reach: UInt[np.ndarray, "two b N"]
    corrupted: Corrupted


@final
class CateTask:
    """Cells of a space in pairs; see `archenc.encoders.learned.pretraining.Task`.

    cost: of each cell. k, delta: partners a cell, and how far below its cost they may lie. limit: pairs an
    epoch, drawn at random from all; None takes all. 95 % of the cells are trained on: clean by lot, published
    the first ones by index. Pairs are formed within either part, and anew every epoch.
    """

    def __init__(
        self,
        network: CateNetwork,
        graphs: TokenGraphs,
        cost: Float64[np.ndarray, " m"],
        rules: Rules,
        *,
        k: int,
        delta: float,
        limit: int | None,
        seed: int,
    ) -> None:
        if len(graphs) < 4:
            raise InvalidArgument(f"X has {len(graphs)} cells; CATE needs four, two of them held out")
        self.network, self.rules, self.seed = network, rules, seed
        self._cells, self._cost = Cells.of(graphs), cost
        self._k, self._delta, self._limit = k, delta, limit
        m = len(graphs)
        order = np.arange(m) if rules.published else np.random.default_rng([seed, 0]).permutation(m)
        held = max(2, m - int(0.95 * m))
        self.train_rows, self.held_out_rows = np.sort(order[:-held]), np.sort(order[-held:])
        self._held_out = self._fixed_pairs()
        sizes = {name: list(value.shape) for name, value in network.state_dict().items()}
        how = (asdict(rules), k, delta, limit or 0, seed, sizes, network.dropout, network.cross.half_products)
        self.key = content_key("cate", graphs.tokens, graphs.links, cost, *how)

    def training(self, epoch: int) -> bool:  # noqa: ARG002 - the same in every epoch
        """Say that dropout is on."""
        return True

    def items(self, epoch: int) -> Int64[np.ndarray, "k 2"]:
        """Return the pairs of an epoch, in a new order."""
        rng = np.random.default_rng([self.seed, 1, epoch])
        pairs = self.train_rows[pairs_by_cost(self._cost[self.train_rows], self._k, self._delta, rng)]
        return rng.permutation(pairs)[: self._limit]

    def loss(self, items: Int64[np.ndarray, "b 2"]) -> Tensor:
        """Return the loss of a batch of pairs, their tokens hidden anew."""
        drawn = np.random.default_rng(int(torch.randint(2**62, ())))
        total, _ = self._measured(self._batch(items, drawn))
        return total

    def held_out(self) -> dict[str, float]:
        """Return loss and accuracy on pairs of held-out cells: same pairs, same hidden tokens every time."""
        sums, tokens = np.zeros(2), 0
        for batch in self._held_out:
            count = int(batch.corrupted.scored.sum())
            loss, right = self._measured(batch)
            sums += count * np.array([float(loss), right])
            tokens += count
        return {"loss": sums[0] / tokens, "accuracy": sums[1] / tokens}

    def _fixed_pairs(self) -> list[_Batch]:
        rng = np.random.default_rng([self.seed, 2])
        rows = self.held_out_rows
        pairs = pairs_by_cost(self._cost[rows], self._k, self._delta, rng)
        if not len(pairs):  # a handful of cells, all of different cost
            pairs = np.stack([np.arange(1, len(rows)), np.arange(len(rows) - 1)], axis=1)
        pairs = rng.permutation(rows[pairs])[:_HELD_OUT_PAIRS]
        return [self._batch(pairs[i : i + _CHUNK], rng) for i in range(0, len(pairs), _CHUNK)]

    def _batch(self, items: Int64[np.ndarray, "b 2"], rng: np.random.Generator) -> _Batch:
        rows, rules = items.T, self.rules
        tokens = self._cells.tokens[rows]
        # as published, padding has the id of the input, and neither is ever scored
        real = tokens != published.PAD
        pairs = np.concatenate(list(tokens), axis=1), np.concatenate(list(real), axis=1)
        hidden = corrupt(*pairs, rng, mask=rules.mask, drawn=rules.drawn, at_least_one=not rules.published)
        split = [np.stack(np.split(part, 2, axis=1)) for part in hidden]
        return _Batch(tokens, self._cells.reach[rows], Corrupted(*split))

    def _measured(self, batch: _Batch) -> tuple[Tensor, float]:
        """Return the loss of a batch, and the share of scored tokens that are said rightly."""
        device = self.network.segments.device
        rules, scored = self.rules, batch.corrupted.scored
        two, b, n = scored.shape
        allowed = rules.allowed(batch.reach.reshape(two * b, n), device)
        present = None
        if not rules.published:
            real = np.concatenate(list(batch.tokens != vocabulary.PAD), axis=1)
            present = None if real.all() else torch.from_numpy(real).to(device)[:, None, None, :].float()
        seen = torch.from_numpy(batch.corrupted.tokens).to(device).int()
        where = torch.from_numpy(scored).to(device)
        log_p = self.network(seen, allowed.view(two, b, *allowed.shape[1:]), present, where)
        labels = torch.from_numpy(batch.tokens.swapaxes(0, 1)[scored.swapaxes(0, 1)]).to(device).long()
        right = float((log_p.detach().argmax(dim=1) == labels).float().mean())
        return smoothed_loss(log_p, labels, torch.from_numpy(rules.legal).to(device)), right
