"""Masked language modelling: hidden tokens of the source code of cells are to be said."""

from __future__ import annotations

from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.encoders.cole.learning.corpus import Corpus
from archenc.encoders.cole.learning.reading import Batch, Reader, by_length, network_digest
from archenc.store import content_key

HELD_OUT = 0.05
_HELD_OUT_TEXTS = 1_024
_CHUNK = 128


@final
class MaskedTask:
    """Texts of cells with hidden tokens; see `archenc.encoders.learned.pretraining.Task`.

    reader: every text of the corpus. mask: id that stands for a hidden token; special: ids that are not
    hidden. share: of the tokens, hidden. 95 % of the families are trained on. In an epoch every canonical
    text of these comes once, and as often another text.
    """

    def __init__(
        self,
        network: nn.Module,
        corpus: Corpus,
        reader: Reader,
        *,
        mask: int,
        special: tuple[int, ...],
        share: float,
        batch_size: int,
        seed: int,
    ) -> None:
        self.network, self.seed = network, seed
        self._reader, self._mask, self._share, self._size = reader, mask, share, batch_size
        self._special = torch.tensor(special, device=reader.device)
        held = held_out_families(corpus, seed)
        texts = np.arange(len(corpus.texts))
        trained = ~np.isin(corpus.family, held)
        self._main = corpus.canonical[trained[corpus.canonical]]
        self._other = np.setdiff1d(texts[trained], self._main)
        apart = np.random.default_rng([seed, 2]).permutation(texts[~trained])[:_HELD_OUT_TEXTS]
        self._held_out = [
            (batch, self._hidden(batch, torch.Generator().manual_seed(number)))
            for number, start in enumerate(range(0, len(apart), _CHUNK))
            for batch in [reader.batch(apart[start : start + _CHUNK])]
        ]
        how = (mask, share, batch_size, seed, network_digest(network))
        self.key = content_key("masked", corpus.texts, corpus.family, reader.ids, *how)

    def training(self, epoch: int) -> bool:  # noqa: ARG002 - the same in every epoch
        """Say that dropout is on, where the network has it."""
        return True

    def items(self, epoch: int) -> Int64[np.ndarray, " k"]:
        """Return the numbers of the texts of an epoch, neighbours of near lengths."""
        rng = np.random.default_rng([self.seed, 1, epoch])
        others = rng.permutation(self._other)[: len(self._main)]
        rows = np.concatenate([self._main, others])
        return rows[np.concatenate(by_length(self._reader.lengths[rows], self._size, rng))]

    def loss(self, items: Int64[np.ndarray, " b"]) -> Tensor:
        """Return the cross entropy at hidden tokens, hidden anew."""
        batch = self._reader.batch(items)
        total, _ = self._measured(batch, self._hidden(batch, torch.default_generator))
        return total

    def held_out(self) -> dict[str, float]:
        """Return loss and accuracy on texts of held-out families, the same tokens hidden every time."""
        sums, tokens = np.zeros(2), 0
        for batch, hidden in self._held_out:
            loss, right = self._measured(batch, hidden)
            sums += int(hidden.sum()) * np.array([float(loss), right])
            tokens += int(hidden.sum())
        return {"loss": sums[0] / tokens, "accuracy": sums[1] / tokens}

    def _hidden(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """Draw which tokens are hidden, at least one."""
        legal = batch.read & ~torch.isin(batch.ids, self._special)
        drawn = torch.rand(batch.ids.shape, generator=generator).to(batch.ids.device)
        drawn = drawn.masked_fill(~legal, 2.0)
        return drawn <= drawn.amin(dim=1, keepdim=True).clamp(min=self._share)

    def _measured(self, batch: Batch, hidden: Tensor) -> tuple[Tensor, float]:
        ids = batch.ids.masked_fill(hidden, self._mask)
        logits = _said(self.network, ids, batch.read, hidden)
        said = batch.ids[hidden]
        return F.cross_entropy(logits, said), float((logits.detach().argmax(dim=1) == said).float().mean())


def held_out_families(corpus: Corpus, seed: int) -> Int64[np.ndarray, " h"]:
    """Return the numbers of the families that are judged on, by lot."""
    n = len(corpus.space)
    return np.sort(np.random.default_rng([seed, 0]).permutation(n)[: max(2, round(HELD_OUT * n))])


def _said(
    network: Any, ids: Int64[Tensor, "b t"], read: Bool[Tensor, "b t"], hidden: Bool[Tensor, "b t"]
) -> Float[Tensor, "h v"]:
    """Return what is said of hidden tokens; a BERT says it of these alone, which is a third of the work."""
    if hasattr(network, "cls"):
        return network.cls(
            network.base_model(input_ids=ids, attention_mask=read.long()).last_hidden_state[hidden]
        )
    return network(input_ids=ids, attention_mask=read.long()).logits[hidden]
