"""What GATES and its successors share as estimators."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, as_batch
from archenc.predictors.checks import check_number, check_option, check_targets
from archenc.predictors.gated import network
from archenc.predictors.gated.config import READ_OUTS, GatedConfig, ReadOut, init
from archenc.predictors.gated.kernel import Residual
from archenc.predictors.gated.published import TRAINING
from archenc.predictors.gated.tensors import Form, arrays, form_of, layout
from archenc.predictors.graph_predictor import (
    GraphPredictor,
    Population,
    Portable,
    check_common,
    check_space,
    stays,
)
from archenc.predictors.losses import CHOICES, LOSSES, Choice, Loss
from archenc.predictors.pure_network import PureNetwork
from archenc.predictors.training import Schedule

_WIDTHS = ("op_width", "node_width", "state_width", "flow_width", "layers")
_OVERRIDES = (*_WIDTHS, "residual", "read_out", "head", "plus_i")
_OF_SPACE = ("on_nodes", "rows", "nodes", "places", "read", "cells", "inputs", "features", "updated_rows")


class GatedPredictor(GraphPredictor, ABC):
    """Abstract: an estimator around the gated flow. A parameter that is None takes the published value.

    A subclass has the parameters of `GATES` and says what the settings of a form of space are (`_settings`)
    and what is known of each operation (`_learn_features`, `_features`).
    """

    _config_class: ClassVar[type] = GatedConfig
    _learned: ClassVar[tuple[str, ...]] = ("space_", "layout_")

    layers: int | None
    op_width: int | None
    node_width: int | None
    state_width: int | None
    flow_width: int | None
    residual: Residual | None
    plus_i: bool | None
    gate: bool
    skip_gate: bool | None
    read_out: ReadOut | None
    head: Sequence[int] | None
    dropout: float
    loss: Loss | None
    margin: float
    pairs: int | None
    pair_choice: Choice
    epochs: int
    batch_size: int | None
    lr: float
    decay: Literal["constant", "cosine"]
    weight_decay: float

    @property
    @abstractmethod
    def _loss(self) -> Loss:
        """The loss of the training."""

    @abstractmethod
    def _settings(self, form: Form) -> dict[str, Any]:
        """Return published settings of a form of space, and what the parameters say beyond GATES."""

    @abstractmethod
    def _learn_features(self, batch: GraphBatch) -> Float32[np.ndarray, "n c W z"] | None:
        """Set what `_features` needs, from the training architectures; return their features."""

    @abstractmethod
    def _features(self, batch: GraphBatch) -> Float32[np.ndarray, "n c W z"] | None:
        """Return features of the nodes of the `op_on_node` view of a native batch, or None."""

    @abstractmethod
    def _labels(self, y: Any, n: int) -> np.ndarray:
        """Check the labels: [n], or [n, k] for k scores in training."""

    def _prepare(self, X: Population, y: Any) -> tuple[list[Tensor], np.ndarray]:
        batch = as_batch(X)
        labels = self._labels(y, len(batch))
        form = form_of(batch)
        settings = self._settings(form) | {
            name: getattr(self, name) for name in _OVERRIDES if getattr(self, name) is not None
        }
        if self.skip_gate is not None:
            settings["open_rows"] = ("skip",) if self.skip_gate else ()
        self.space_ = batch.space
        plus_i = settings.pop("plus_i", False)
        self.layout_ = layout(batch, reads_output=settings["read_out"] == "output", plus_i=plus_i)
        features = self._learn_features(batch)
        tensors = [torch.as_tensor(a) for a in arrays(batch, self.layout_, features)]
        for name, first in (("residual", batch.inputs), ("backward_residual", 1)):
            # where the flow begins nothing arrives, unless a node receives from itself
            settings[name] = _kept(name, settings.get(name, 1), 0 if plus_i else first, self.layout_.width)
        settings["head"] = tuple(int(width) for width in settings["head"])
        rows = self.layout_.rows
        self.config_ = GatedConfig(
            on_nodes=self.layout_.on_nodes,
            rows=rows,
            nodes=self.layout_.width,
            places=tensors[0].shape[2],
            read=self.layout_.read,
            cells=batch.n_cells,
            inputs=batch.inputs,
            gate=self.gate,
            dropout=self.dropout,
            updated_rows=tuple(row for row in rows if "conv" in row),
            features=tensors[4].shape[3],
            **settings,
        )
        return tensors, labels

    def _tensors(self, X: Population) -> list[Tensor]:
        batch = as_batch(X)
        check_space(self, batch)
        made = arrays(batch, self.layout_, self._features(batch))
        places = made[0].shape[2]
        if self.config_.noise and places > self.config_.places:
            raise InvalidArgument(
                f"X has {places} operations in a cell, symmetry='random' was fitted on {self.config_.places}"
            )
        return [torch.as_tensor(a) for a in made]

    def _network(self) -> PureNetwork:
        config = self.config_
        several = config.anytime or config.auxiliary
        return PureNetwork(
            init=partial(init, config),
            score=partial(network.score, config),
            trained=partial(network.steps, config) if several else None,
            dropped=config.dropped,
            dropout=config.dropout,
            noise=config.noise,
            frozen=config.frozen,
        )

    def _schedule(self) -> Schedule:
        form: Form = (
            "nodes" if self.config_.on_nodes else "edges" if self.config_.inputs == 1 else "two_inputs"
        )
        usual, others = TRAINING[form], self.config_.auxiliary
        return Schedule(
            epochs=self.epochs,
            batch_size=usual["batch_size"] if self.batch_size is None else self.batch_size,
            lr=self.lr,
            weight_decay=self.weight_decay,
            pairs_per_architecture=usual["pairs"] if self.pairs is None else self.pairs,
            margin=self.margin,
            decay=self.decay,
            loss=self._loss,
            choice=self.pair_choice,
            weights=(1.0, *[self.config_.auxiliary_weight / others] * others) if others else (),
            fading=others > 0,
        )

    def _portable(self) -> Portable:
        config = self.config_
        pinned = {name: getattr(config, name) for name in _OVERRIDES if name != "plus_i"}
        return Portable("op.table", config.rows, stays(config, _OF_SPACE), pinned)


def check_gated(predictor: Any) -> None:
    """Check the parameters that all gated predictors have."""
    for name in (*_WIDTHS, "pairs"):
        if getattr(predictor, name) is not None:
            check_number(name, getattr(predictor, name), least=1, whole=True)
    if predictor.batch_size is not None:
        check_number("batch_size", predictor.batch_size, least=2, whole=True)
    for name, options in (
        ("read_out", (None, *READ_OUTS)),
        ("loss", (None, *LOSSES)),
        ("pair_choice", CHOICES),
        ("decay", ("constant", "cosine")),
        ("plus_i", (None, True, False)),
        ("gate", (True, False)),
        ("skip_gate", (None, True, False)),
    ):
        check_option(name, getattr(predictor, name), options)
    if predictor.head is not None:
        for width in _sequence("head", predictor.head):
            check_number("head", width, least=1, whole=True)
    check_number("margin", predictor.margin)
    check_common(predictor)


def check_labels(y: Any, n: int, loss: Loss | None) -> np.ndarray:
    """Check one label a row, which regression wants in [0, 1]."""
    labels = check_targets(y, n)
    if loss == "mse" and not ((labels >= 0) & (labels <= 1)).all():
        worst = int(np.argmax(np.abs(labels - 0.5)))
        raise InvalidArgument(
            f"y[{worst}]={labels[worst]}: loss='mse' compares sigmoid(score) with it; "
            "expected labels in [0, 1]"
        )
    return labels


def _kept(name: str, wanted: Any, least: int, nodes: int) -> Residual:
    """Return how many nodes keep their own state: those that are wanted, and those that must."""
    if wanted not in ("all", *range(nodes + 1)):
        raise InvalidArgument(f"{name}={wanted!r}: expected 'all' or a number of nodes, 0 to {nodes}")
    return wanted if wanted == "all" else max(int(wanted), least)


def _sequence(argument: str, value: Any) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InvalidArgument(f"{argument}={value!r}: expected the widths of hidden layers, such as (200,)")
    return value
