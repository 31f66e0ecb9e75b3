"""FLAN: flow attention over the graph of a cell, with an optional supplementary encoding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, ClassVar, Self, cast

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch, Kind, Rewire, as_batch, op, vocabulary
from archenc.networks.threads import single_thread
from archenc.predictors import flan_network as network
from archenc.predictors.base import Predictor
from archenc.predictors.checks import check_number, check_option, check_targets
from archenc.predictors.flow import Branch, Mask, Parameters
from archenc.predictors.persistence import State
from archenc.predictors.training import Copy, Schedule, predict, stack, train, unstack
from archenc.spaces import space

Population = Sequence[Architecture] | GraphBatch
WIDTH_UNIT, DEPTH_UNIT = 32.0, 20.0  # published scale of the two size inputs


class FLAN(Predictor):
    """Rank architectures by a flow-attention network trained with a pairwise hinge.

    supplement: unfitted encoder whose vector the head sees too; cloned and fitted on the training
    architectures. timesteps: forward flows T, with T - 1 backward flows between them. gnn, backward_gnn:
    "dgf", "gat" or "ensemble" (the mean of both). mask: "mult" lets attention leak to strangers, as
    published; "neg_inf" does not. rewire: bypass `skip`, drop `none` and dead ends, as published; or False,
    or "none". members: networks in the ensemble, trained together; their mean of standardised scores is the
    score. paper_size: build the published 727,489 parameters (737,089 with a supplement of 13), used or
    not. seed: of initial weights, order and dropout.

    Scores have no unit: only their order means anything. Akhauri & Abdelfattah, ICML 2024 (arXiv 2403.02484).
    """

    state_version: ClassVar[int] = 2

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

    def fit(self, X: Population, y: Any) -> Self:
        """Learn from n architectures of one space and their labels [n], higher is better.

        Raises InvalidArgument for missing or constant labels, or an option outside its range.
        """
        fitted = self.fit_trials([(X, y, self.seed)])[0]
        for name, value in vars(fitted).items():
            if name.endswith("_"):
                setattr(self, name, value)
        return self

    def fit_trials(self, trials: Sequence[tuple[Population, Any, int]]) -> list[Self]:
        """Fit one clone for each (X, y, seed), all in the same training loop; returns the clones.

        Trials with equal numbers of architectures share every step, which costs a fraction of one after
        another.
        """
        self._check()
        models: list[Self] = []
        for X, y, seed in trials:
            model = cast("Self", clone(self))
            model.seed = seed
            batch = as_batch(X, "op_on_node", cast("Rewire", self.rewire))
            model._prepare(X, batch, check_targets(y, len(batch)))
            models.append(model)
        for together in _equal_sizes(models):
            _train_together(together, self.progress)
        return models

    def _check(self) -> None:
        check_option("gnn", self.gnn, ("dgf", "gat", "ensemble"))
        check_option("backward_gnn", self.backward_gnn, ("dgf", "gat", "ensemble"))
        check_option("mask", self.mask, ("mult", "neg_inf"))
        check_option("rewire", self.rewire, (True, False, "none"))
        for name in ("timesteps", "gat_heads", "layers", "epochs", "members"):
            check_number(name, getattr(self, name), least=1, whole=True)
        check_number("batch_size", self.batch_size, least=2, whole=True)
        check_number("seed", self.seed, whole=True)
        check_number("lr", self.lr, open_end=True)
        check_number("weight_decay", self.weight_decay)
        check_number("dropout", self.dropout)
        if self.dropout >= 1:
            raise InvalidArgument(f"dropout={self.dropout!r}: expected a number in [0, 1)")

    def _prepare(self, X: Population, batch: GraphBatch, y: np.ndarray) -> None:
        self.space_ = batch.space
        # attention may leak to padding (mask="mult"), so the padding must not hang on the company
        self.width_ = max(batch.n_nodes, space(batch.space).max_nodes)
        batch = batch.pad(self.width_)
        self.supplement_: Any = None if self.supplement is None else clone(self.supplement)
        if self.supplement_ is not None:
            self.supplement_.fit(X, y)
        self._training = (self._tensors(X, batch), y)
        width = self._training[0][3].shape[1]
        inner = _inner_ops(batch.space)
        self.config_ = network.FlanConfig(
            rows=network.ROWS if self.paper_size else len(inner),
            used=tuple(range(len(inner))),
            supplement=width,
            cells=batch.n_cells,
            size_inputs=self._training[0][4].shape[1],
            input_nodes=batch.inputs,
            timesteps=self.timesteps,
            gnn=cast("Branch", self.gnn),
            backward_gnn=cast("Branch", self.backward_gnn),
            gat_heads=self.gat_heads,
            mask=cast("Mask", self.mask),
            layers=self.layers,
            dropout=self.dropout,
            paper_size=self.paper_size,
        )

    def _tensors(self, X: Population, batch: GraphBatch) -> list[Tensor]:
        """Adjacency, one-hot operations, real nodes, supplement, size: what the network reads."""
        n = len(batch)
        supplement = (
            np.zeros((n, 0)) if self.supplement_ is None else np.asarray(self.supplement_.transform(X))
        )
        arrays = (batch.adjacency, _one_hot(batch), batch.mask, supplement, _size(batch))
        return [torch.as_tensor(np.ascontiguousarray(a), dtype=torch.float32) for a in arrays]

    def _predict(self, X: Population, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if with_std and len(self.parameters_) < 2:
            raise InvalidArgument(
                f"return_std=True with members={self.members!r}: a spread needs members >= 2"
            )
        batch = as_batch(X, "op_on_node", cast("Rewire", self.rewire))
        if batch.space != self.space_:
            raise InvalidArgument(f"X is of space {batch.space!r}, this FLAN was fitted on {self.space_!r}")
        scores = self._score(self._tensors(X, batch.pad(self.width_)))
        scores = (scores - self.scale_[:, :1]) / self.scale_[:, 1:]
        return scores.mean(0), scores.std(0, ddof=1) if with_std else None

    def _score(self, tensors: list[Tensor]) -> np.ndarray:
        tensors = [t.to(self.device) for t in tensors]
        with single_thread():
            rows = [predict(_Scorer(self.config_), p, tensors) for p in self.parameters_]
        return torch.stack(rows).double().cpu().numpy()

    def _state(self) -> State:
        learned = {"space": self.space_, "width": self.width_, "supplement": self.supplement_}
        config = {"network": asdict(self.config_), **learned}
        tensors = {f"{i}/{k}": v.cpu().numpy() for i, p in enumerate(self.parameters_) for k, v in p.items()}
        return config, tensors | {"scale": self.scale_}

    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        self.space_ = config["space"]
        self.width_ = config["width"]
        self.supplement_ = config["supplement"]
        fields = config["network"]
        self.config_ = network.FlanConfig(**{**fields, "used": tuple(fields["used"])})
        self.scale_ = tensors["scale"]
        names = [k for k in tensors if k != "scale"]
        self.parameters_ = [
            {
                k.partition("/")[2]: torch.as_tensor(tensors[k]).to(self.device)
                for k in names
                if k.startswith(f"{i}/")
            }
            for i in range(len(self.scale_))
        ]


def _train_together(models: Sequence[FLAN], progress: bool) -> None:
    """Train the networks of several prepared models of one configuration, members and trials side by side."""
    first = models[0]
    config, device = first.config_, first.device
    tensors = [torch.cat(parts).to(device) for parts in zip(*[m._training[0] for m in models], strict=True)]
    n = len(first._training[1])
    copies, drawn = [], []
    for i, model in enumerate(models):
        for member in range(model.members):
            seed = int(np.random.SeedSequence([model.seed, member]).generate_state(1)[0])
            copies.append(Copy(np.arange(n) + i * n, model._training[1], seed))
            drawn.append(network.init(config, torch.Generator().manual_seed(seed)))
    schedule = Schedule(
        epochs=first.epochs, batch_size=first.batch_size, lr=first.lr, weight_decay=first.weight_decay
    )
    with single_thread(), _bar(progress, f"FLAN, {len(copies)} networks") as on_epoch:
        trained = train(
            _Scorer(config),
            {k: v.to(device) for k, v in stack(drawn).items()},
            tensors,
            copies,
            schedule,
            dropped=sum(config.dropped),
            dropout=config.dropout,
            frozen=network.FROZEN,
            on_epoch=on_epoch,
        )
    parameters = iter(unstack(trained))
    for model in models:
        model.parameters_ = [next(parameters) for _ in range(model.members)]
        scores = model._score(model._training[0])
        spread = scores.std(1)
        model.scale_ = np.stack([scores.mean(1), np.where(spread > 0, spread, 1.0)], axis=1)
        del model._training


class _Scorer:
    """`network.score` with its configuration fixed."""

    def __init__(self, config: network.FlanConfig) -> None:
        self.config = config

    def __call__(self, parameters: Parameters, *batch: Tensor, keep: Tensor | None) -> Tensor:
        return network.score(self.config, parameters, *batch, keep=keep)


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
    """Width and depth in published units [n, 2], or [n, 0] for a space of one size."""
    names = batch.attribute_names
    if "width" not in names or "depth" not in names:
        return np.zeros((len(batch), 0), dtype=np.float32)
    return np.stack(
        [
            batch.attributes[:, names.index("width")] / WIDTH_UNIT,
            batch.attributes[:, names.index("depth")] / DEPTH_UNIT,
        ],
        axis=1,
    )


def _equal_sizes(models: Sequence[FLAN]) -> list[list[FLAN]]:
    groups: dict[tuple[int, network.FlanConfig], list[FLAN]] = {}
    for model in models:
        groups.setdefault((len(model._training[1]), model.config_), []).append(model)
    return list(groups.values())


@contextmanager
def _bar(show: bool, label: str) -> Iterator[Any]:
    """Yield a callback for `train` that draws a progress bar, or None."""
    if not show:
        yield None
        return
    from rich.progress import Progress

    with Progress() as bar:
        task = bar.add_task(label)
        yield lambda done, total: bar.update(task, completed=done, total=total)
