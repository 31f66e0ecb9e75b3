"""Real training as an evaluation: an architecture's network on a data set of your own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, final, get_args

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.networks import build, count
from archenc.networks.benchmark import Plan, train_shard
from archenc.networks.datasets import Dataset
from archenc.networks.training import Recipe
from archenc.spaces import space
from archenc.store import content_key

Measure = Literal["accuracy", "loss", "params", "flops"]


@final
@dataclass(frozen=True)
class Training:
    """Trains the network of an architecture and returns what it is worth on the validation part.

    data, recipe, skeleton, task: as in `archenc.networks.benchmark.Plan`. seeds: trainings of an
    architecture, of which the mean counts. measures: "accuracy" (percent) and "loss" of the last epoch,
    "params" and "flops" of the network: what should be small is negated, and several measures are several
    objectives. A training that diverges gives NaN, a failure. For `FromFunction`, in processes too:
    the data travels once a process. Raises InvalidArgument.
    """

    data: Dataset
    recipe: Recipe = field(default_factory=Recipe)
    seeds: tuple[int, ...] = (0,)
    skeleton: Mapping[str, Any] = field(default_factory=dict)
    task: str | None = None
    measures: tuple[Measure, ...] = ("accuracy",)

    def __post_init__(self) -> None:
        if wrong := [name for name in self.measures if name not in get_args(Measure)]:
            raise InvalidArgument(f"measures: {wrong[0]!r}; legal: {', '.join(get_args(Measure))}")
        if not self.measures or not self.seeds:
            raise InvalidArgument("measures, seeds: expected one of each at least")

    @cached_property
    def key(self) -> str:
        """A digest of everything but the architecture that results follow from."""
        return content_key(
            self.data.key,
            self.recipe.to_dict(),
            list(self.seeds),
            dict(self.skeleton),
            self.task,
            list(self.measures),
        )

    def __call__(self, arch: Architecture) -> float | tuple[float, ...]:
        """Return the measures of an architecture, higher is better. Raises what building it raises."""
        curves = self._curves(arch)
        found = tuple(self._measure(name, arch, curves) for name in self.measures)
        return found[0] if len(found) == 1 else found

    def check(self, arch: Architecture) -> None:
        """Raise what its training would raise before it begins: for a skeleton, a task, a batch size."""
        most = len(self.data.train)
        if self.recipe.batch_size > most:
            raise InvalidArgument(f"batch_size={self.recipe.batch_size}: there are {most} training examples")
        self._module(arch)

    def _curves(self, arch: Architecture) -> dict[str, float]:
        plan = Plan(
            arch.space,
            (space(arch.space).format(arch),),
            self.data,
            self.recipe,
            seeds=self.seeds,
            skeleton=self.skeleton,
            task=self.task,
        )
        runs = [train_shard(plan, shard)["curves"] for shard in plan.shards]
        # None, a training that diverged, becomes NaN
        return {
            name: float(np.mean([np.array(run[name], dtype=float)[0] for run in runs])) for name in runs[0]
        }

    def _measure(self, name: Measure, arch: Architecture, curves: Mapping[str, float]) -> float:
        if name == "accuracy":
            return curves[f"val_accuracy_{self.recipe.epochs}ep"]
        if name == "loss":
            return -curves[f"val_loss_{self.recipe.epochs}ep"]
        return -float(getattr(count(self._module(arch), self.data.input_shape), name))

    def _module(self, arch: Architecture) -> Any:
        shape, classes = self.data.input_shape, self.data.n_classes
        return build(arch, self.task, device="meta", input_shape=shape, n_classes=classes, **self.skeleton)
