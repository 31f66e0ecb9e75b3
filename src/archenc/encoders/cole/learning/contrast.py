"""Contrastive learning: texts of one network together, those of similar cost near, all else apart.

A batch is of one space. Every family gives two texts; the vector of the first is to find, among the second
texts of the whole batch, its own with probability `1 - share`, and otherwise one of similar cost. The second
part is what CATE (Yan et al., ICML 2021) does by pairs; the first is InfoNCE.
"""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.encoders.cole.learning.corpus import Corpus
from archenc.encoders.cole.learning.masked import held_out_families
from archenc.encoders.cole.learning.reading import Reader, by_length, mean_state, network_digest
from archenc.errors import InvalidArgument
from archenc.store import content_key

_HELD_OUT_BATCHES = 8


@final
class ContrastTask:
    """Families of texts; see `archenc.encoders.learned.pretraining.Task`.

    temperature: of the cosines. share: of the aim that goes to networks of similar cost. near: how far a
    similar cost may lie, in standard deviations of the space. The first text of a pair is a canonical one.
    95 % of the families are trained on. Raises InvalidArgument if no space has a batch of families.
    """

    def __init__(
        self,
        network: nn.Module,
        corpus: Corpus,
        reader: Reader,
        *,
        temperature: float,
        share: float,
        near: float,
        batch_size: int,
        seed: int,
    ) -> None:
        self.network, self.seed = network, seed
        self._reader, self._corpus, self._size = reader, corpus, batch_size
        self._temperature, self._share, self._near = temperature, share, near
        self._members = corpus.members()
        canonical = np.zeros(len(corpus.texts), dtype=bool)
        canonical[corpus.canonical] = True
        self._canonical = [rows[canonical[rows]] for rows in self._members]
        self._length = np.array([int(reader.lengths[rows].max()) for rows in self._canonical])
        held = held_out_families(corpus, seed)
        families = np.arange(len(corpus.space))
        groups = [families[corpus.space == one] for one in np.unique(corpus.space)]
        self._groups = [np.setdiff1d(group, held) for group in groups]
        if all(len(group) < batch_size for group in self._groups):
            raise InvalidArgument(
                f"batch_size={batch_size}: no space has so many different networks to train on"
            )
        fixed = np.random.default_rng([seed, 2])
        self._held_out = []
        for group in groups:
            rows = fixed.permutation(np.intersect1d(group, held))
            size = min(batch_size, len(rows))
            parts = [rows[i : i + size] for i in range(0, len(rows) - size + 1, max(1, size))]
            self._held_out += [self._pairs(part, fixed) for part in parts[:_HELD_OUT_BATCHES] if size > 1]
        how = (temperature, share, near, batch_size, seed)
        self.key = content_key(
            "contrast", corpus.texts, corpus.family, corpus.cost, reader.ids, network_digest(network), *how
        )

    def training(self, epoch: int) -> bool:  # noqa: ARG002 - the same in every epoch
        """Say that dropout is on, where the network has it."""
        return True

    def items(self, epoch: int) -> Int64[np.ndarray, "k 3"]:
        """Return family, first and second text of an epoch: batches of one space, of near lengths."""
        rng = np.random.default_rng([self.seed, 1, epoch])
        batches: list[np.ndarray] = []
        for group in self._groups:
            batches += [group[rows] for rows in by_length(self._length[group], self._size, rng)]
        order = rng.permutation(len(batches))
        return self._pairs(np.concatenate([batches[number] for number in order]), rng)

    def loss(self, items: Int64[np.ndarray, "b 3"]) -> Tensor:
        """Return the cross entropy between where the vectors point and where they should."""
        total, _ = self._measured(items)
        return total

    def held_out(self) -> dict[str, float]:
        """Return, on held-out families, the loss, and how often the nearest vector is of the same network."""
        sums = np.zeros(2)
        for items in self._held_out:
            loss, right = self._measured(items)
            sums += np.array([float(loss), right]) / len(self._held_out)
        return {"loss": sums[0], "accuracy": sums[1]}

    def _pairs(self, families: Int64[np.ndarray, " n"], rng: np.random.Generator) -> Int64[np.ndarray, "n 3"]:
        """Draw a canonical text of every family, and another text if it has one."""
        pairs = np.empty((len(families), 3), dtype=np.int64)
        for row, family in enumerate(families):
            first = rng.choice(self._canonical[family])
            others = self._members[family][self._members[family] != first]
            pairs[row] = family, first, rng.choice(others) if len(others) else first
        return pairs

    def _measured(self, items: Int64[np.ndarray, "b 3"]) -> tuple[Tensor, float]:
        first, second = (self._vectors(items[:, column]) for column in (1, 2))
        cosines = first @ second.T / self._temperature
        aim = self.aim(items[:, 0]).to(cosines.device)
        loss = (F.cross_entropy(cosines, aim) + F.cross_entropy(cosines.T, aim)) / 2
        nearest = cosines.detach().argmax(dim=1).cpu()
        return loss, float((nearest == torch.arange(len(nearest))).float().mean())

    def aim(self, families: Int64[np.ndarray, " b"]) -> Float[Tensor, "b b"]:
        """Return where each first text should point among the second ones; rows sum to 1."""
        cost = self._corpus.cost[families]
        distance = np.nansum((cost[:, None] - cost[None]) ** 2, axis=2)
        near = np.exp(-distance / (2 * self._near**2))
        near /= near.sum(axis=1, keepdims=True)
        return torch.from_numpy((1 - self._share) * np.eye(len(families)) + self._share * near).float()

    def _vectors(self, rows: Int64[np.ndarray, " b"]) -> Float[Tensor, "b d"]:
        batch = self._reader.batch(rows)
        network: Any = self.network
        states = network.base_model(input_ids=batch.ids, attention_mask=batch.read.long()).last_hidden_state
        return F.normalize(mean_state(states, batch.read), dim=1)
