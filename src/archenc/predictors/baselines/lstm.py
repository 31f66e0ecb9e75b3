"""The LSTM baseline: a cell as a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from archenc.graph import GraphBatch, View, op
from archenc.predictors.baselines.base import Baseline, letters, one_hot
from archenc.predictors.flow import Parameters, linear, uniform
from archenc.predictors.layers import add_linear, mlp
from archenc.predictors.pure_network import PureNetwork

HEAD = 200


@dataclass(frozen=True)
class LstmConfig:
    """words: size of the vocabulary. embedding, hidden: widths. dropout: in the head."""

    words: int
    embedding: int
    hidden: int
    dropout: float


@final
class LSTM(Baseline):
    """Rank architectures by an LSTM over their spelling, trained with a pairwise hinge as GATES is.

    A cell with operations on nodes is the bits of its upper triangle, then the operations: 26 tokens in
    NAS-Bench-101. One with operations on edges is the operation of each pair of nodes, or that there is none:
    6 tokens in NAS-Bench-201. Several cells follow each other. The last state of one layer feeds the head.
    embedding, hidden: widths of a token and of the state. members: networks in the ensemble.

    Scores have no unit: only their order means anything. The baseline of Ning et al., ECCV 2020 (arXiv
    2004.01899).
    """

    _config_class: ClassVar[type] = LstmConfig
    _view: ClassVar[View] = "native"
    _sizes: ClassVar[tuple[str, ...]] = ("embedding", "hidden")
    _first_rows: ClassVar[tuple[str, ...]] = ("padding", "link")

    def __init__(
        self,
        *,
        embedding: int = 100,
        hidden: int = 100,
        dropout: float = 0.1,
        epochs: int = 200,
        batch_size: int = 512,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        members: int = 1,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.embedding = embedding
        self.hidden = hidden
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.members = members
        self.seed = seed
        self.device = device
        self.progress = progress

    def _read(self, batch: GraphBatch) -> list[np.ndarray]:
        return [tokens(batch)]

    def _configure(self, batch: GraphBatch) -> LstmConfig:
        return LstmConfig(tokens(batch[:1]).shape[-1], self.embedding, self.hidden, self.dropout)

    def _network(self) -> PureNetwork:
        return PureNetwork(
            init=partial(_init, self.config_),
            score=partial(_score, self.config_),
            dropped=(HEAD,),
            dropout=self.config_.dropout,
        )


def tokens(batch: GraphBatch) -> Float32[np.ndarray, "n t w"]:
    """Return the one-hot tokens of a native batch: words are "nothing", "edge", then the operations."""
    pairs = [pair for pair in combinations(range(batch.n_nodes), 2) if pair[1] >= batch.inputs]
    source, target = np.array(sorted(pairs, key=lambda pair: pair[::-1])).T
    sentence = batch.edge_ops[:, :, source, target]
    link = op("link").index
    if ((batch.edge_ops == link) == (batch.edge_ops >= 0)).all():
        sentence = np.concatenate([sentence, batch.ops[:, :, batch.inputs : -1]], axis=-1)
    known = one_hot(sentence.reshape(len(batch), -1), [link, *letters(batch.space)])
    return np.concatenate([1.0 - known.sum(-1, keepdims=True), known], axis=-1)


def _init(config: LstmConfig, generator: torch.Generator) -> Parameters:
    hidden = config.hidden
    parameters: Parameters = {
        "op_table": torch.randn(config.words, config.embedding, generator=generator),
        "input.weight": uniform((config.embedding, 4 * hidden), hidden, generator),
        "input.bias": uniform((4 * hidden,), hidden, generator),
        "state.weight": uniform((hidden, 4 * hidden), hidden, generator),
    }
    add_linear(parameters, "head", (hidden, HEAD, 1), generator)
    return parameters


def _score(
    config: LstmConfig, parameters: Parameters, *batch: Tensor, keep: Tensor | None
) -> Float[Tensor, " b"]:
    (sentence,) = batch
    # What a word adds to the gates is computed once a word, not once a token.
    words = linear(parameters["op_table"], parameters["input.weight"], parameters["input.bias"])
    entering = linear(sentence, words)
    state = memory = sentence.new_zeros(len(sentence), config.hidden)
    for position in range(sentence.shape[1]):
        gates = entering[:, position] + state @ parameters["state.weight"]
        enter, forget, new, leave = gates.chunk(4, dim=-1)
        memory = torch.sigmoid(forget) * memory + torch.sigmoid(enter) * torch.tanh(new)
        state = torch.sigmoid(leave) * torch.tanh(memory)
    return mlp(parameters, "head", state, 2, None if keep is None else [keep])[:, 0]
