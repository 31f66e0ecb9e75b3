"""What the baselines share: the head, the training and the parameters of GATES."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from torch import Tensor

from archenc.graph import GraphBatch, Kind, View, as_batch, vocabulary
from archenc.predictors.checks import check_number, check_targets
from archenc.predictors.flow import Parameters
from archenc.predictors.graph_predictor import (
    GraphPredictor,
    Population,
    Portable,
    check_common,
    check_space,
    fresh,
    stays,
)
from archenc.predictors.training import Schedule
from archenc.spaces import space


class Baseline(GraphPredictor, ABC):
    """Abstract: a network of GATES' time on cells of any space, trained as GATES is.

    Adam without decay, pairwise hinge, a head of one hidden layer. A subclass says in which view it reads
    cells, which arrays it makes of them and what the network is; `_sizes` names its parameters that are
    widths or numbers of layers, `_first_rows` the first operations of its table, before those of the space.
    """

    _view: ClassVar[View]
    _sizes: ClassVar[tuple[str, ...]]
    _first_rows: ClassVar[tuple[str, ...]]

    epochs: int
    batch_size: int
    lr: float
    weight_decay: float
    dropout: float

    @abstractmethod
    def _read(self, batch: GraphBatch) -> list[np.ndarray]:
        """Return the arrays of a batch in the view `_view`, as wide as the space."""

    @abstractmethod
    def _configure(self, batch: GraphBatch) -> Any:
        """Return the configuration of the network."""

    def _check(self) -> None:
        check_common(self)
        check_number("batch_size", self.batch_size, least=2, whole=True)
        for name in self._sizes:
            check_number(name, getattr(self, name), least=1, whole=True)

    def _prepare(self, X: Population, y: Any) -> tuple[list[Tensor], np.ndarray]:
        batch = as_batch(X, self._view)
        y = check_targets(y, len(batch))
        self.space_ = batch.space
        self.config_ = self._configure(_padded(batch))
        return self._tensors(X), y

    def _tensors(self, X: Population) -> list[Tensor]:
        batch = as_batch(X, self._view)
        check_space(self, batch)
        arrays = self._read(_padded(batch))
        return [torch.as_tensor(np.ascontiguousarray(a), dtype=torch.float32) for a in arrays]

    def _schedule(self) -> Schedule:
        return Schedule(
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=self.weight_decay,
            decay="constant",
        )

    def _starts(self, models: Sequence[Self]) -> list[Parameters]:
        return fresh(models)

    def _portable(self) -> Portable:
        inner = [vocabulary()[index].name for index in letters(self.space_)]
        return Portable("op_table", (*self._first_rows, *inner), stays(self.config_, ("words", "cells")))


def letters(space_name: str) -> list[int]:
    """Return the vocabulary positions of the operations of a space, in- and output left out."""
    member = space(space_name)
    found = [o.index for o in member.node_ops if o.kind not in (Kind.INPUT, Kind.OUTPUT, Kind.SUM)]
    return list(dict.fromkeys(found))


def one_hot(ops: np.ndarray, columns: Sequence[int]) -> np.ndarray:
    """Return float32 one-hot codes of vocabulary positions; zeros for those without a column, and for -1."""
    table = np.zeros((len(vocabulary()) + 1, len(columns)), dtype=np.float32)
    table[list(columns), np.arange(len(columns))] = 1.0
    return table[ops]


def _padded(batch: GraphBatch) -> GraphBatch:
    """Make a batch as wide as its space, so that what is read does not hang on the company."""
    return batch.pad(max(batch.n_nodes, space(batch.space).max_nodes))
