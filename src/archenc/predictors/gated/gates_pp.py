"""GATES++: what operations compute enters the gates, what architectures cost enters the training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal, cast, final

import numpy as np
import torch

from archenc.graph import GraphBatch
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.flow import Parameters
from archenc.predictors.gated import network, published
from archenc.predictors.gated.base import GatedPredictor, check_gated, check_labels
from archenc.predictors.gated.config import GatedConfig, ReadOut, init
from archenc.predictors.gated.kernel import Residual
from archenc.predictors.gated.tensors import Form
from archenc.predictors.graph_predictor import Population, fresh
from archenc.predictors.information.guard import guard, kept
from archenc.predictors.information.informed import (
    check_information,
    learned_features,
    pretrained,
    scored_pool,
    warmed,
)
from archenc.predictors.information.op_features import OpFeatures, Saliencies
from archenc.predictors.information.targets import Measure
from archenc.predictors.losses import MARGIN, Choice, Loss
from archenc.predictors.pure_network import PureNetwork


@final
class GatesPP(GatedPredictor):
    """GATES (or, with `timesteps`, TA-GATES) that knows what operations compute and what architectures cost.

    After GATES++ (Ning et al., IEEE TPAMI 45(7), 2023), which publishes neither its construction nor its
    figures: the two kinds of information are the paper's, how they enter is ours.

    op_features: each operation instance adds a function of what it is, what it costs at its channels and
    resolution and where in the cell it stands to the embedding that makes its gates; that function starts as
    zero. saliencies: more such features, a function of architectures that gives an array [operations, z]
    each, as `proxies.op_scores`. op_table=False leaves out the embedding by name.

    aux_targets: before labels are seen, the network learns to rank `reference` by cheap `scores`, each with
    an output and a hinge of its own; then it is trained on the labels as GATES is, with a fresh output.
    scores: a mapping from `space.key` to numbers (a `Scores`), NaN where one is missing, or a function of
    architectures [n] -> [n, k]; None takes parameters and FLOPs of the cells. names: of the scores, or which
    of a `Scores`. Those that order alike (|tau| > .95) count once. reference: architectures without labels,
    None for a draw from the space; an evaluation must give one without its test set. Of more than `pool` a
    part is drawn. pretrain_epochs, pretrain_batch_size, pretrain_lr: of this training. It follows from
    `pretrain_seed`, not from `seed`, and is done once in a process: trials share it. Nothing of it is needed
    to predict. guard: start without it where held-out parts of the labelled architectures are then ranked
    better (`information.guard`); `warm_` says what was chosen. joint: weight that the mean loss of the scores
    has beside that of the labels, at first; it falls to 0 by a cosine. So many rows of the reference
    (joint_rows) are then mixed into the labelled ones.

    timesteps: 1 for the settings of GATES, more for those of TA-GATES. All other parameters as in GATES. The
    training has defaults of its own, chosen within NAS-Bench-201's training pool: since it goes on from what
    was learned, in small batches, at half the rate, with a cosine; and by all pairs of a batch.
    Scores have no unit: only their order means anything.
    """

    state_version: ClassVar[int] = 2
    _learned: ClassVar[tuple[str, ...]] = ("space_", "layout_", "features_", "warm_")
    features_: OpFeatures | None
    warm_: bool

    def __init__(
        self,
        *,
        op_features: bool = True,
        saliencies: Saliencies | None = None,
        op_table: bool = True,
        aux_targets: bool = True,
        scores: Mapping[str, Any] | Measure | None = None,
        names: Sequence[str] | None = None,
        reference: Population | None = None,
        pool: int = 5000,
        pretrain_epochs: int = 60,
        pretrain_batch_size: int = 64,
        pretrain_lr: float = 1e-3,
        pretrain_seed: int = 0,
        guard: bool = True,
        joint: float = 0.0,
        joint_rows: int = 1000,
        timesteps: int = 1,
        layers: int | None = None,
        op_width: int | None = None,
        node_width: int | None = None,
        state_width: int | None = None,
        flow_width: int | None = None,
        residual: Residual | None = None,
        plus_i: bool | None = None,
        gate: bool = True,
        skip_gate: bool | None = None,
        read_out: ReadOut | None = None,
        head: Sequence[int] | None = None,
        dropout: float = 0.1,
        loss: Loss = "hinge",
        margin: float = MARGIN,
        pairs: int | None = 256,
        pair_choice: Choice = "random",
        epochs: int = 100,
        batch_size: int | None = 32,
        lr: float = 5e-4,
        decay: Literal["constant", "cosine"] = "cosine",
        weight_decay: float = 0.0,
        members: int = 1,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.op_features = op_features
        self.saliencies = saliencies
        self.op_table = op_table
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
        self.joint = joint
        self.joint_rows = joint_rows
        self.timesteps = timesteps
        self.layers = layers
        self.op_width = op_width
        self.node_width = node_width
        self.state_width = state_width
        self.flow_width = flow_width
        self.residual = residual
        self.plus_i = plus_i
        self.gate = gate
        self.skip_gate = skip_gate
        self.read_out = read_out
        self.head = head
        self.dropout = dropout
        self.loss = loss
        self.margin = margin
        self.pairs = pairs
        self.pair_choice = pair_choice
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.decay = decay
        self.weight_decay = weight_decay
        self.members = members
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check(self) -> None:
        check_gated(self)
        check_information(self)
        check_option("op_table", self.op_table, (True, False))
        if not (self.op_features or self.op_table):
            check_option("op_table", self.op_table, (True,))  # operations must be known by something
        check_number("joint", self.joint)
        check_number("joint_rows", self.joint_rows, least=1, whole=True)
        check_number("timesteps", self.timesteps, least=1, whole=True)

    def _settings(self, form: Form) -> dict[str, Any]:
        settings = dict((published.GATES if self.timesteps == 1 else published.TA_GATES)[form])
        settings |= {"timesteps": self.timesteps, "op_table": self.op_table, "symmetry": "none"}
        if self.op_features:
            settings |= {"symmetry": "add", "feature_scale": 1.0, "zero_features": True}
        return settings

    @property
    def _loss(self) -> Loss:
        return cast("Loss", self.loss)

    def _learn_features(self, batch: GraphBatch) -> np.ndarray | None:
        self.warm_ = False
        self.features_ = learned_features(self, batch.space)
        return self._features(batch)

    def _features(self, batch: GraphBatch) -> np.ndarray | None:
        return None if self.features_ is None else self.features_.transform(batch, self.saliencies)

    def _labels(self, y: Any, n: int) -> np.ndarray:
        return check_labels(y, n, self.loss)

    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        starts = fresh(models)
        if not self.aux_targets:
            return starts
        learned = pretrained(models[0], _with_targets) * len(models)
        last = f"head.{len(models[0].config_.head)}."  # what scores starts afresh, what it reads does not
        guard(models, starts, warmed(starts, learned, last))
        if self.joint:
            self._mix(models)
            starts = fresh(models)
        return kept(models, starts, warmed(starts, learned, last))

    def _mix(self, models: Sequence[Any]) -> None:
        """Add rows of the pool, which have scores and no label, to what prepared models are trained on."""
        pool, targets = scored_pool(self, models[0].space_)
        rows = np.random.default_rng([self.pretrain_seed, 3]).permutation(len(pool))[: self.joint_rows]
        tensors = models[0]._tensors(pool[rows])
        count = len(targets.names)
        for model in models:
            own, y = model._training
            asked = targets.values[rows] if model.warm_ else np.full((len(rows), count), np.nan)
            beside = np.concatenate([np.full((len(rows), 1), np.nan), asked], axis=1)
            labels = np.concatenate([y[:, None], np.full((len(y), count), np.nan)], axis=1)
            joined = [torch.cat(parts) for parts in zip(own, tensors, strict=True)]
            model._training = (joined, np.concatenate([labels, beside]))
            model.config_ = replace(model.config_, auxiliary=count, auxiliary_weight=float(self.joint))


def _with_targets(config: GatedConfig) -> PureNetwork:
    """Return the network that is trained without labels: every output is compared with a target."""
    return PureNetwork(
        init=partial(init, config),
        score=partial(network.steps, config),
        dropped=config.dropped,
        dropout=config.dropout,
        noise=config.noise,
        frozen=config.frozen,
    )
