"""DELE: experts that learned one cheap score each, mixed and trained further on the few labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Literal, cast, final

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import kendalltau
from sklearn.base import clone
from torch import Tensor
from torch.func import vmap

from archenc.errors import InvalidArgument
from archenc.graph import as_batch
from archenc.predictors.checks import check_option
from archenc.predictors.flow import Parameters
from archenc.predictors.gated import network
from archenc.predictors.gated.base import GatedPredictor
from archenc.predictors.gated.config import GatedConfig, init
from archenc.predictors.gated.gates import GATES
from archenc.predictors.graph_predictor import GraphPredictor, Population, Portable, member_seeds
from archenc.predictors.information.pool import targets_of, unlabelled
from archenc.predictors.information.pretraining import check_pretraining, pretrain, pretraining_schedule
from archenc.predictors.information.targets import Measure
from archenc.predictors.layers import add, part
from archenc.predictors.pure_network import PureNetwork
from archenc.predictors.training import Schedule, predict, stack, unstack

Gating = Literal["encoder", "free"]
_TRAINING: dict[str, Any] = {"pairs": 256, "epochs": 100, "batch_size": 32, "lr": 5e-4, "decay": "cosine"}


@final
class DELE(GraphPredictor):
    """Mix experts, each trained to rank architectures without labels by one cheap score.

    Each expert is a whole network; a further encoder gives every architecture its weights of the experts,
    which add up to 1; then everything is trained on the labels. Experts train side by side, once in a
    process: trials share them. Before the mixture each is turned and scaled so that its scores agree with
    the order of the labels and have deviation 1; weights can then be positive.

    expert: an unfitted GATES, TAGATES or GatesPP; its parameters say how everything is trained on labels.
    None: GATES, trained as `GatesPP` is by default.
    gating: "encoder", or "free", one weight an expert for all architectures. scores, names, reference, pool,
    pretrain_epochs, pretrain_batch_size, pretrain_lr, pretrain_seed: as in `GatesPP`.

    Scores have no unit: only their order means anything. "Dynamic Ensemble of Low-fidelity Experts", AAAI
    2023 (arXiv 2302.00932), in which scores are rescaled and the experts are not turned.
    """

    _config_class: ClassVar[type] = GatedConfig
    _learned: ClassVar[tuple[str, ...]] = ("space_", "known_")
    known_: dict[str, Any]

    def __init__(
        self,
        expert: Any = None,
        *,
        gating: Gating = "encoder",
        scores: Mapping[str, Any] | Measure | None = None,
        names: Sequence[str] | None = None,
        reference: Population | None = None,
        pool: int = 5000,
        pretrain_epochs: int = 60,
        pretrain_batch_size: int = 64,
        pretrain_lr: float = 1e-3,
        pretrain_seed: int = 0,
        members: int = 1,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.expert = expert
        self.gating = gating
        self.scores = scores
        self.names = names
        self.reference = reference
        self.pool = pool
        self.pretrain_epochs = pretrain_epochs
        self.pretrain_batch_size = pretrain_batch_size
        self.pretrain_lr = pretrain_lr
        self.pretrain_seed = pretrain_seed
        self.members = members
        self.seed = seed
        self.device = device
        self.progress = progress

    def _check(self) -> None:
        check_option("gating", self.gating, ("encoder", "free"))
        check_pretraining(self)
        if self.expert is not None and not isinstance(self.expert, GatedPredictor):
            raise InvalidArgument(f"expert={self.expert!r}: expected an unfitted GATES, TAGATES or GatesPP")
        self._expert()._check()

    def _expert(self) -> GatedPredictor:
        """Return an expert without parameters; once something was learned, with that."""
        expert = GATES(**_TRAINING) if self.expert is None else cast("GatedPredictor", clone(self.expert))
        if hasattr(self, "known_"):
            vars(expert).update({**self.known_, "config_": replace(self.config_, auxiliary=0)})
        return expert

    def _prepare(self, X: Population, y: Any) -> tuple[list[Tensor], np.ndarray]:
        expert = self._expert()
        tensors, labels = expert._prepare(X, y)
        if expert.config_.anytime or expert.config_.noise:
            raise InvalidArgument(f"expert={expert!r}: a mixture needs one score each, without noise")
        self.space_ = expert.space_
        self.config_ = expert.config_
        self.known_ = {name: getattr(expert, name) for name in expert._learned}
        return tensors, labels

    def _targets(self) -> Any:
        drawn = unlabelled(self.reference, self.space_, self.pool, self.pretrain_seed)
        return targets_of(drawn, self.scores, self.names)

    def _tensors(self, X: Population) -> list[Tensor]:
        return self._expert()._tensors(as_batch(X))

    def _schedule(self) -> Schedule:
        return self._expert()._schedule()

    def _network(self) -> PureNetwork:
        config = self.config_
        return PureNetwork(
            init=partial(_init, config, cast("Gating", self.gating)),
            score=partial(_score, config),
            dropped=config.dropped * (config.auxiliary + 1),
            dropout=config.dropout,
            frozen=tuple(f"{whose}.{name}" for whose in ("expert", "gating") for name in config.frozen),
        )

    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        first = models[0]
        count = len(first._targets()[1].names)
        for model in models:
            model.config_ = replace(model.config_, auxiliary=count)
        learned, mixing = first._experts(), first._network().init
        starts = []
        for model in models:
            tensors, labels = model._training
            for member, seed in enumerate(member_seeds(model)):
                own = learned[member * count : (member + 1) * count]
                start = mixing(torch.Generator().manual_seed(seed))
                add(start, "expert", stack([_turned(first.config_, one, tensors, labels) for one in own]))
                starts.append(start)
        return starts

    def _portable(self) -> Portable:
        expert = self._expert()
        alone = expert._portable()
        config = {**alone.config, "auxiliary": self.config_.auxiliary}
        pinned = {"expert": cast("Any", clone(expert)).set_params(**alone.pinned)}
        return Portable(alone.table, alone.rows, config, pinned)

    def _apart(self, parameters: Parameters) -> list[Parameters]:
        mixing = {name: value for name, value in parameters.items() if not name.startswith("expert.")}
        return [*unstack(part(parameters, "expert")), part(mixing, "gating") or mixing]

    def _whole(self, parts: Sequence[Parameters]) -> Parameters:
        *experts, mixing = parts
        parameters: Parameters = {} if self.gating == "encoder" else dict(mixing)
        if self.gating == "encoder":
            add(parameters, "gating", mixing)
        add(parameters, "expert", stack(experts))
        return parameters

    def _experts(self) -> list[Parameters]:
        """Return the experts of each member after training on the scores of the pool, each on one score."""
        pool, targets = self._targets()
        count = len(targets.names)
        config = replace(self.config_, auxiliary=0)
        return pretrain(
            PureNetwork(
                init=partial(init, config),
                score=partial(network.score, config),
                dropped=config.dropped,
                dropout=config.dropout,
                frozen=config.frozen,
            ),
            config,
            self._tensors(pool),
            [*targets.values.T] * self.members,
            [self.pretrain_seed * 1000 + i for i in range(count * self.members)],
            pretraining_schedule(self),
            device=self.device,
            progress=self.progress,
            label=f"{type(self).__name__}, {count} scores",
        )


def _init(config: GatedConfig, gating: Gating, generator: torch.Generator) -> Parameters:
    """Draw what mixes the experts, an encoder and its head, or one number an expert; then the experts."""
    parameters: Parameters = {}
    if gating == "free":
        parameters["weights"] = torch.zeros(config.auxiliary)
    else:
        drawn = init(config, generator)
        unread = f"head.{len(config.head)}."  # the encoder gives weights and no score
        read = {name: value for name, value in drawn.items() if not name.startswith(unread)}
        add(parameters, "gating", read)
    alone = replace(config, auxiliary=0)
    add(parameters, "expert", stack([init(alone, generator) for _ in range(config.auxiliary)]))
    return parameters


def _score(
    config: GatedConfig, parameters: Parameters, *batch: Tensor, keep: Tensor | None
) -> Float[Tensor, " b"]:
    """Score b architectures: the experts' scores under the weights that the mixture gives them."""
    count, width = config.auxiliary, sum(config.dropped)
    alone = replace(config, auxiliary=0)
    experts = part(parameters, "expert")
    if keep is None:
        scores = vmap(lambda p: network.score(alone, p, *batch))(experts)
        mixing = None
    else:
        each = keep[:, : count * width].reshape(-1, count, width).transpose(0, 1)
        scores = vmap(lambda p, k: network.score(alone, p, *batch, keep=k))(experts, each)
        mixing = list(keep[:, count * width :].split(config.dropped, dim=-1))
    if "weights" in parameters:
        return torch.softmax(parameters["weights"], dim=0) @ scores
    gating = part(parameters, "gating")
    logits = network.auxiliary(config, gating, network.embed(config, gating, *batch)[-1], mixing)
    return (torch.softmax(logits, dim=1) * scores.T).sum(1)


def _turned(
    config: GatedConfig, parameters: Parameters, tensors: list[Tensor], labels: np.ndarray
) -> Parameters:
    """Turn and scale the last layer of an expert so that its scores agree with the labels' order."""
    alone = replace(config, auxiliary=0)
    scores = predict(partial(network.score, alone), parameters, tensors).double().cpu().numpy()
    found: Any = kendalltau(scores, labels)
    sign = -1.0 if found.statistic < 0 else 1.0
    spread = float(scores.std())
    last = f"head.{len(config.head)}"
    factor = sign / spread if spread > 0 else sign
    return parameters | {name: factor * parameters[name] for name in (f"{last}.weight", f"{last}.bias")}
