"""Zero-shot: what learned on one space, used as it is on another."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import Any, Self, final

import numpy as np
from jaxtyping import Float
from sklearn.base import BaseEstimator, RegressorMixin, clone

from archenc.errors import InvalidArgument
from archenc.evaluation.method import Method, seeded
from archenc.evaluation.task import Task

_STREAM = 3  # of a trial's seed: what is drawn from the source


@final
@dataclass(frozen=True)
class Labelled:
    """A task to learn from, and how many of it a trial draws. key: a digest of the task.

    It is shared, not copied, where an estimator that holds it is cloned.
    """

    key: str
    size: int
    task: InitVar[Task]

    def __post_init__(self, task: Task) -> None:
        object.__setattr__(self, "_task", task)

    @classmethod
    def of(cls, task: Task, size: int) -> Labelled:
        """Return a task with its digest. Raises InvalidArgument unless 2 <= size <= its architectures."""
        if not 2 <= size <= len(task):
            raise InvalidArgument(f"size={size!r}: expected 2 to {len(task)}, the labels of the source")
        return cls(task.key(), size, task)

    def draw(self, seed: int) -> tuple[Any, Float[np.ndarray, " n"]]:
        """Return the architectures and labels of the trial with this seed."""
        task: Task = vars(self)["_task"]
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAM,)))
        rows = rng.permutation(len(task))[: self.size]
        return task.take(rows), task.y[rows]

    def __deepcopy__(self, memo: Any) -> Self:
        del memo
        return self


@final
class Carried(RegressorMixin, BaseEstimator):
    """An estimator that learns on a source, whatever `fit` is given, and predicts on a target.

    estimator: unfitted, over architectures; its encoder has to read both spaces (`Encoder.across_spaces`).
    source: see `Labelled`. seed: of the trial; it decides what is drawn from the source.
    """

    def __init__(self, estimator: Any, source: Labelled, *, seed: int = 0) -> None:
        self.estimator = estimator
        self.source = source
        self.seed = seed

    def fit(self, X: Any = None, y: Any = None) -> Self:
        """Learn on the source. Raises InvalidArgument for labels of the target, of which no use is made."""
        del X
        if y is not None and len(y):
            raise InvalidArgument(
                f"y has {len(y)} labels of the target: expected none, for it learns nothing"
            )
        archs, labels = self.source.draw(self.seed)
        self.fitted_ = seeded(clone(self.estimator), self.seed).fit(archs, labels)
        return self

    def predict(self, X: Any) -> Any:
        """Return scores [n] in the unit of the source's labels, higher is better. Raises InvalidArgument."""
        return self.fitted_.predict(X)


def carried(methods: list[Method], source: Labelled) -> list[Method]:
    """Return methods that learn on the source and nothing else."""
    return [Method(one.method, one.encoding, Carried(one.estimator, source)) for one in methods]
