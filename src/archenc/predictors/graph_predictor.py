"""What predictors on graphs share: trials and members trained side by side, an ensemble's score, saving."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Self, TypeVar, cast

import numpy as np
import torch
from sklearn.base import clone
from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, GraphBatch
from archenc.networks.threads import single_thread
from archenc.predictors.base import Predictor
from archenc.predictors.checks import check_number
from archenc.predictors.flow import Parameters
from archenc.predictors.persistence import State
from archenc.predictors.pure_network import PureNetwork, train_copies
from archenc.predictors.training import Copy, Schedule, predict

Population = Sequence[Architecture] | GraphBatch
P = TypeVar("P", bound="GraphPredictor")


@dataclass(frozen=True)
class Portable:
    """What of a fitted predictor another space may take over, see `archenc.predictors.transfer`.

    table: name of the parameters with a row for each operation; rows: which operation each of the first rows
    is for. config: fields of the configuration that stay; the others are of the space. pinned: parameters
    that say what the network is where they are None and take a value of the space.
    """

    table: str
    rows: tuple[str, ...]
    config: Mapping[str, Any]
    pinned: Mapping[str, Any] = field(default_factory=dict)


def stays(config: Any, of_space: Sequence[str]) -> dict[str, Any]:
    """Return the fields of a configuration but those of the space."""
    return {one.name: getattr(config, one.name) for one in fields(config) if one.name not in of_space}


class GraphPredictor(Predictor, ABC):
    """Abstract: a predictor whose score is a pure function of parameters and the tensors of a population.

    A subclass says how a population becomes tensors (`_prepare`, `_tensors`), what the network is
    (`_network`), how it is trained (`_schedule`) and from where (`_starts`); `members`, `seed`, `device` and
    `progress` are among its parameters. `config_`, a frozen dataclass `_config_class`, and the attributes
    `_learned` are what `_prepare` sets and a saved model keeps. `transfer_` is there, and kept, where the
    network came from another one (`archenc.predictors.transfer`): a subclass that can be carried over to
    another space has a method `_portable` that returns a `Portable`.
    """

    reads_graphs: ClassVar[bool] = True
    _config_class: ClassVar[type]
    _learned: ClassVar[tuple[str, ...]] = ("space_",)

    members: int
    seed: int
    device: str
    progress: bool
    config_: Any
    parameters_: list[Parameters]
    _training: tuple[list[Tensor], np.ndarray]
    space_: str
    transfer_: Any

    @abstractmethod
    def _check(self) -> None:
        """Raise InvalidArgument for a parameter outside its range."""

    @abstractmethod
    def _prepare(self, X: Population, y: Any) -> tuple[list[Tensor], np.ndarray]:
        """Check the labels, set `config_` and `_learned`; return the tensors to train on and the labels."""

    @abstractmethod
    def _tensors(self, X: Population) -> list[Tensor]:
        """Return what the network reads of a population, one row an architecture."""

    @abstractmethod
    def _network(self) -> PureNetwork:
        """Return the network of `config_`."""

    @abstractmethod
    def _schedule(self) -> Schedule:
        """Return how the network is trained."""

    @abstractmethod
    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        """Return the parameters from which the members of prepared models of one configuration start.

        `fresh(models)` for those that start from nothing. Member after member, model after model.
        """

    def fit(self, X: Population, y: Any) -> Self:
        """Learn from n architectures of one space and their labels [n], higher is better.

        Raises InvalidArgument for missing or constant labels, or an option outside its range.
        """
        fitted = self.fit_trials([(X, y, self.seed)])[0]
        vars(self).pop("transfer_", None)
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
            model._training = model._prepare(X, y)
            models.append(model)
        for together in _alike(models):
            train_together(together, self._starts(together))
        return models

    def _predict(self, X: Population, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if with_std and len(self.parameters_) < 2:
            raise InvalidArgument(
                f"return_std=True with members={self.members!r}: a spread needs members >= 2"
            )
        scores = self._score(self._tensors(X))
        scores = (scores - self.scale_[:, :1]) / self.scale_[:, 1:]
        return scores.mean(0), scores.std(0, ddof=1) if with_std else None

    def _score(self, tensors: list[Tensor]) -> np.ndarray:
        """Return the raw scores [members, n]."""
        tensors = [t.to(self.device) for t in tensors]
        score = self._network().score
        with single_thread():
            rows = [predict(score, p, tensors) for p in self.parameters_]
        return torch.stack(rows).double().cpu().numpy()

    def _apart(self, parameters: Parameters) -> list[Parameters]:
        """Return the parameters of each of the networks that one consists of: each is carried by itself."""
        return [parameters]

    def _whole(self, parts: Sequence[Parameters]) -> Parameters:
        """Undo `_apart`."""
        return parts[0]

    def _become(self, parameters: list[Parameters], tensors: list[Tensor]) -> None:
        """Take the trained members, and the scale of each one's scores on `tensors`."""
        self.parameters_ = parameters
        scores = self._score(tensors)
        spread = scores.std(1)
        self.scale_ = np.stack([scores.mean(1), np.where(spread > 0, spread, 1.0)], axis=1)

    def _state(self) -> State:
        learned = {name[:-1]: getattr(self, name) for name in self._learned}
        config = {"network": asdict(self.config_), **learned}
        if hasattr(self, "transfer_"):
            config["transfer"] = self.transfer_
        tensors = {f"{i}/{k}": v.cpu().numpy() for i, p in enumerate(self.parameters_) for k, v in p.items()}
        return config, tensors | {"scale": self.scale_}

    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
        for name in self._learned:
            setattr(self, name, config[name[:-1]])
        if "transfer" in config:
            self.transfer_ = config["transfer"]
        self.config_ = self._config_class(**config["network"])
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


def check_common(predictor: Any) -> None:
    """Check the parameters that all graph predictors have."""
    for name in ("epochs", "members"):
        check_number(name, getattr(predictor, name), least=1, whole=True)
    check_number("seed", predictor.seed, whole=True)
    check_number("lr", predictor.lr, open_end=True)
    check_number("weight_decay", predictor.weight_decay)
    check_number("dropout", predictor.dropout)
    if predictor.dropout >= 1:
        raise InvalidArgument(f"dropout={predictor.dropout!r}: expected a number in [0, 1)")


def check_space(predictor: GraphPredictor, batch: GraphBatch) -> None:
    """Refuse architectures of another space than that of the training."""
    if batch.space != predictor.space_:
        raise InvalidArgument(
            f"X is of space {batch.space!r}, this {type(predictor).__name__} was fitted on "
            f"{predictor.space_!r}"
        )


def member_seeds(model: GraphPredictor) -> list[int]:
    """Return the seed of each member of a model."""
    return [
        int(np.random.SeedSequence([model.seed, member]).generate_state(1)[0])
        for member in range(model.members)
    ]


def fresh(models: Sequence[GraphPredictor]) -> list[Parameters]:
    """Draw the parameters of all members of all models."""
    init = models[0]._network().init
    return [init(torch.Generator().manual_seed(seed)) for model in models for seed in member_seeds(model)]


def train_together(models: Sequence[GraphPredictor], starts: Sequence[Parameters]) -> None:
    """Train the networks of several prepared models of one configuration, members and trials side by side.

    starts: their parameters, member after member, model after model.
    """
    first = models[0]
    tensors = list(map(torch.cat, zip(*[m._training[0] for m in models], strict=True)))
    n = len(first._training[1])
    copies = [
        Copy(np.arange(n) + i * n, model._training[1], seed)
        for i, model in enumerate(models)
        for seed in member_seeds(model)
    ]
    label = type(first).__name__
    parameters = iter(
        train_copies(
            first._network(), starts, tensors, copies, first._schedule(), first.device, label, first.progress
        )
    )
    for model in models:
        model._become([next(parameters) for _ in range(model.members)], model._training[0])
        del model._training


def _alike(models: Sequence[P]) -> list[list[P]]:
    groups: dict[Hashable, list[P]] = {}
    for model in models:
        groups.setdefault((len(model._training[1]), model.config_), []).append(model)
    return list(groups.values())
