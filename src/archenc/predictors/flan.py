"""FLAN: flow attention over the graph of a cell, with an optional supplementary encoding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float32
from sklearn.base import clone
from torch import Tensor

from archenc.graph import GraphBatch, Kind, Rewire, as_batch, op, vocabulary
from archenc.predictors import flan_network as network
from archenc.predictors.checks import check_number, check_option, check_targets
from archenc.predictors.flow import Branch, Mask, Parameters
from archenc.predictors.graph_predictor import (
    GraphPredictor,
    Population,
    Portable,
    check_common,
    check_space,
    fresh,
    stays,
)
from archenc.predictors.information.guard import guard, kept
from archenc.predictors.information.informed import (
    check_information,
    learned_features,
    pretrained,
    warmed,
)
from archenc.predictors.information.op_features import OpFeatures, Saliencies
from archenc.predictors.information.targets import Measure
from archenc.predictors.pure_network import PureNetwork
from archenc.predictors.training import Schedule
from archenc.spaces import space

_OF_SPACE = ("rows", "used", "supplement", "cells", "size_inputs", "input_nodes", "features")
WIDTH_UNIT, DEPTH_UNIT = 32.0, 20.0  # published scale of the two size inputs


class FLAN(GraphPredictor):
    """Rank architectures by a flow-attention network trained with a pairwise hinge.

    supplement: unfitted encoder whose vector the head sees too; cloned and fitted on the training
    architectures. timesteps: forward flows T, with T - 1 backward flows between them. gnn, backward_gnn:
    "dgf", "gat" or "ensemble" (the mean of both). mask: "mult" lets attention leak to strangers, as
    published; "neg_inf" does not. rewire: bypass `skip`, drop `none` and dead ends, as published; or False,
    or "none". members: networks in the ensemble, trained together; their mean of standardised scores is the
    score. paper_size: build the published 727,489 parameters (737,089 with a supplement of 13), used or
    not. seed: of initial weights, order and dropout.

    op_features, saliencies: what operations compute enters their gates. aux_targets, scores, names,
    reference, pool, pretrain_epochs, pretrain_batch_size, pretrain_lr, pretrain_seed, guard: the network
    learns to rank architectures without labels by cheap scores, before it sees labels. Both as in `GatesPP`,
    and off.

    Scores have no unit: only their order means anything. Akhauri & Abdelfattah, ICML 2024 (arXiv 2403.02484).
    """

    state_version: ClassVar[int] = 4
    _config_class: ClassVar[type] = network.FlanConfig
    _learned: ClassVar[tuple[str, ...]] = ("space_", "width_", "supplement_", "features_", "warm_")
    features_: OpFeatures | None
    warm_: bool

    def __init__(
        self,
        supplement: Any = None,
        *,
        timesteps: int = 2,
        gnn: Branch = "ensemble",
        backward_gnn: Branch = "ensemble",
        gat_heads: int = 1,
        mask: Mask = "mult",
        rewire: Rewire = True,
        op_features: bool = False,
        saliencies: Saliencies | None = None,
        aux_targets: bool = False,
        scores: Mapping[str, Any] | Measure | None = None,
        names: Sequence[str] | None = None,
        reference: Population | None = None,
        pool: int = 5000,
        pretrain_epochs: int = 60,
        pretrain_batch_size: int = 64,
        pretrain_lr: float = 1e-3,
        pretrain_seed: int = 0,
        guard: bool = True,
        layers: int = 5,
        dropout: float = 0.1,
        epochs: int = 150,
        batch_size: int = 8,
        lr: float = 1e-3,
        weight_decay: float = 1e-5,
        members: int = 1,
        paper_size: bool = False,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.supplement = supplement
        self.timesteps = timesteps
        self.gnn = gnn
        self.backward_gnn = backward_gnn
        self.gat_heads = gat_heads
        self.mask = mask
        self.rewire = rewire
        self.op_features = op_features
        self.saliencies = saliencies
        self.aux_targets = aux_targets
        self.scores = scores
        self.names = names
        self.reference = reference
        self.pool = pool
        self.pretrain_epochs = pretrain_epochs
        self.pretrain_batch_size = pretrain_batch_size
        self.pretrain_lr = pretrain_lr
        self.pretrain_seed = pretrain_seed
        self.guard = guard
        self.layers = layers
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.members = members
        self.paper_size = paper_size
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check(self) -> None:
        check_option("gnn", self.gnn, ("dgf", "gat", "ensemble"))
        check_option("backward_gnn", self.backward_gnn, ("dgf", "gat", "ensemble"))
        check_option("mask", self.mask, ("mult", "neg_inf"))
        check_option("rewire", self.rewire, (True, False, "none"))
        for name in ("timesteps", "gat_heads", "layers"):
            check_number(name, getattr(self, name), least=1, whole=True)
        check_number("batch_size", self.batch_size, least=2, whole=True)
        check_information(self)
        check_common(self)

    def _batch(self, X: Population) -> GraphBatch:
        return as_batch(X, "op_on_node", cast("Rewire", self.rewire))

    def _prepare(self, X: Population, y: Any) -> tuple[list[Tensor], np.ndarray]:
        batch = self._batch(X)
        y = check_targets(y, len(batch))
        self.space_ = batch.space
        # attention may leak to padding (mask="mult"), so the padding must not hang on the company
        self.width_ = max(batch.n_nodes, space(batch.space).max_nodes)
        self.supplement_: Any = None if self.supplement is None else clone(self.supplement)
        if self.supplement_ is not None:
            self.supplement_.fit(X, y)
        self.features_ = learned_features(self, batch.space)
        self.warm_ = False
        tensors = self._tensors(X)
        inner = _inner_ops(batch.space)
        self.config_ = network.FlanConfig(
            rows=network.ROWS if self.paper_size else len(inner),
            used=tuple(range(len(inner))),
            supplement=tensors[3].shape[1],
            cells=batch.n_cells,
            size_inputs=tensors[4].shape[1],
            input_nodes=batch.inputs,
            timesteps=self.timesteps,
            gnn=cast("Branch", self.gnn),
            backward_gnn=cast("Branch", self.backward_gnn),
            gat_heads=self.gat_heads,
            mask=cast("Mask", self.mask),
            layers=self.layers,
            dropout=self.dropout,
            paper_size=self.paper_size,
            features=tensors[5].shape[3] if self.op_features else 0,
        )
        return tensors, y

    def _tensors(self, X: Population) -> list[Tensor]:
        """Adjacency, one-hot operations, real nodes, supplement, size, features if any: for the network."""
        batch = self._batch(X)
        check_space(self, batch)
        batch = batch.pad(self.width_)
        n = len(batch)
        supplement = (
            np.zeros((n, 0)) if self.supplement_ is None else np.asarray(self.supplement_.transform(X))
        )
        arrays = [batch.adjacency, _one_hot(batch), batch.mask, supplement, _size(batch)]
        if self.features_ is not None:
            arrays.append(_padded(self.features_.transform(X, self.saliencies), self.width_))
        return [torch.as_tensor(np.ascontiguousarray(a), dtype=torch.float32) for a in arrays]

    def _network(self) -> PureNetwork:
        return _network(self.config_)

    def _schedule(self) -> Schedule:
        return Schedule(
            epochs=self.epochs, batch_size=self.batch_size, lr=self.lr, weight_decay=self.weight_decay
        )

    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        starts = fresh(models)
        if not self.aux_targets:
            return starts
        # a supplement is fitted on the labelled ones, so with it the pool looks different to each model
        different = models if self.supplement is not None else models[:1]
        learned = [one for model in different for one in pretrained(model, _network)]
        warm = warmed(starts, learned * (len(models) // len(different)), "head.3.")
        guard(models, starts, warm)
        return kept(models, starts, warm)

    def _portable(self) -> Portable:
        rows = tuple(vocabulary()[index].name for index in _inner_ops(self.space_))
        joins = {"cell_mlp": True} if self.config_.joins else {"cell_mlp": None, "cell_residual": True}
        return Portable("op.table", rows, stays(self.config_, _OF_SPACE) | joins)


def _network(config: network.FlanConfig) -> PureNetwork:
    return PureNetwork(
        init=partial(network.init, config),
        score=partial(network.score, config),
        trained=partial(network.steps, config) if config.auxiliary else None,
        dropped=config.dropped,
        dropout=config.dropout,
        frozen=network.FROZEN,
    )


def _padded(features: Float32[np.ndarray, "n c W p"], width: int) -> Float32[np.ndarray, "n c V p"]:
    """Put zeros before the output, where a graph batch is padded."""
    n, c, w, p = features.shape
    inner, output = np.split(features, [w - 1], axis=2)
    return np.concatenate([inner, np.zeros((n, c, width - w, p), dtype=np.float32), output], axis=2)


def _inner_ops(name: str) -> list[int]:
    """Vocabulary positions of a space's operations, without input and output, in its published order."""
    return [o.index for o in space(name).node_ops if o.kind not in (Kind.INPUT, Kind.OUTPUT)]


def _one_hot(batch: GraphBatch) -> np.ndarray:
    """One-hot codes [n, c, V, 2 + k]: input, output, then the operations; zeros at padding."""
    columns = [op("input").index, op("output").index, *_inner_ops(batch.space)]
    table = np.zeros((len(vocabulary()) + 1, len(columns)), dtype=np.float32)  # the last row serves -1
    table[columns, np.arange(len(columns))] = 1.0
    return table[batch.ops]


def _size(batch: GraphBatch) -> np.ndarray:
    """Width and depth in published units, then log10 of the learning rate and weight decay where they vary.

    [n, 2 to 4], or [n, 0] for a space of one size.
    """
    names = batch.attribute_names
    if "width" not in names or "depth" not in names:
        return np.zeros((len(batch), 0), dtype=np.float32)
    column = {name: batch.attributes[:, place] for place, name in enumerate(names)}
    sizes = [column["width"] / WIDTH_UNIT, column["depth"] / DEPTH_UNIT]
    return np.stack([*sizes, *(np.log10(column[name]) for name in ("lr", "wd") if name in column)], axis=1)
