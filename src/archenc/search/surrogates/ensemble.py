"""An ensemble of perceptrons, as BANANAS has it; members, and searches in simulation, trained together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import require
from archenc.search.acquisition import Belief
from archenc.search.domain import Domain
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.search.surrogates.features import Features
from archenc.typing import whole_number

NASZILLA = {"hidden": (20,) * 10, "absolute": 1.0, "epochs": 150, "batch": 32, "lr": 0.01}
"""10 layers of 20, mean absolute error: White et al., AAAI 2021."""

COLE = {"hidden": (128,) * 3, "absolute": 0.2, "squared": 1.0, "epochs": 200, "batch": 32, "lr": 0.001}
"""3 layers of 128, squared plus 0.2 absolute error."""

RECIPES: dict[str, dict[str, Any]] = {"naszilla": NASZILLA, "cole": COLE}


@final
class Ensemble(Surrogate):
    """So many perceptrons on codes, which differ in their starts and orders; needs the extra `torch`.

    features: codes. recipe: "naszilla", "cole", or the arguments of a `stacked.Recipe`. components: principal
    components of the codes, computed anew from the evaluated architectures of each round and at most as many
    as these; None keeps the codes. Values are standardised within each lesson.
    """

    def __init__(
        self,
        features: Features,
        *,
        members: int = 5,
        recipe: str | dict[str, Any] = "naszilla",
        components: int | None = None,
    ) -> None:
        self.features = features
        self.members = whole_number("members", members, least=1)
        self.recipe: dict[str, Any] = RECIPES[recipe] if isinstance(recipe, str) else recipe
        self.components = None if components is None else whole_number("components", components, least=1)

    def fit_together(self, domain: Domain, lessons: Sequence[Lesson]) -> list[Fitted]:
        """Return a fitted ensemble for each lesson; those of one length are trained together."""
        require("torch", "torch")
        fitted: dict[int, Fitted] = {}
        lengths = np.array([len(lesson.numbers) for lesson in lessons])
        for n in np.unique(lengths).tolist():
            places = np.flatnonzero(lengths == n).tolist()
            fitted |= zip(places, self._of_one_length(domain, [lessons[i] for i in places]), strict=True)
        return [fitted[place] for place in range(len(lessons))]

    def _of_one_length(self, domain: Domain, lessons: Sequence[Lesson]) -> list[_Model]:
        from archenc.search.surrogates.stacked import Recipe, some, train

        recipe = Recipe(**self.recipe)
        inputs, targets, seeds, turns = [], [], [], []
        for lesson in lessons:
            rows = self.features.of(domain, lesson.numbers)
            turn = None if self.components is None else _Turn(rows, self.components)
            turns.append(turn)
            code = rows if turn is None else turn(rows)
            target = (lesson.values - lesson.values.mean()) / lesson.values.std()
            inputs += [code] * self.members
            targets += [target] * self.members
            seeds += np.random.default_rng(lesson.seed).integers(2**31, size=self.members).tolist()
        layers = train(inputs, targets, seeds, recipe)
        return [
            _Model(
                self.features,
                domain,
                turn,
                some(layers, place * self.members + np.arange(self.members)),
                recipe,
                lessons[place].values,
            )
            for place, turn in enumerate(turns)
        ]


@final
class _Turn:
    """Principal components of some rows."""

    def __init__(self, rows: Float64[np.ndarray, "n d"], components: int) -> None:
        self._mean = rows.mean(axis=0)
        _, _, axes = np.linalg.svd(rows - self._mean, full_matrices=False)
        self._axes = axes[: min(components, len(rows))].T

    def __call__(self, rows: Float64[np.ndarray, "m d"]) -> Float64[np.ndarray, "m k"]:
        return (rows - self._mean) @ self._axes


@final
class _Model:
    def __init__(
        self,
        features: Features,
        domain: Domain,
        turn: _Turn | None,
        layers: Any,
        recipe: Any,
        learned: Float64[np.ndarray, " n"],
    ) -> None:
        self._features, self._domain, self._turn = features, domain, turn
        self._layers, self._recipe = layers, recipe
        self._mean, self._std = learned.mean(), learned.std()

    def __call__(self, numbers: Int64[np.ndarray, " m"]) -> Belief:
        from archenc.search.surrogates.stacked import predict

        rows = self._features.of(self._domain, numbers)
        code = rows if self._turn is None else self._turn(rows)
        return Belief.of_members(predict(self._layers, code, self._recipe.activation))

    def best(self, numbers: Int64[np.ndarray, " n"], values: Float64[np.ndarray, " n"]) -> float:
        del numbers  # in the unit of what was learned from, which may be less, or more by lies
        return float((values.max() - self._mean) / self._std)
