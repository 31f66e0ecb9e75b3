"""An encoder and a predictor of which several trials train at once, as one pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, cast, final

from sklearn.base import clone
from sklearn.pipeline import Pipeline


@final
class EncodedTrials(Pipeline):
    """A Pipeline of an encoder and a predictor that has `fit_trials`: one clone a trial, trained together."""

    def fit_trials(self, trials: Sequence[tuple[Any, Any, int]]) -> list[Self]:
        """Fit one clone for each (X, y, seed); returns the clones.

        Every clone encodes what it sees by itself, with that seed; then the predictors share their training.
        """
        models = [cast("Self", clone(self)) for _ in trials]
        material = []
        for model, (X, y, seed) in zip(models, trials, strict=True):
            seeds = [name for name in model.get_params() if name.rsplit("__", 1)[-1] == "seed"]
            model.set_params(**dict.fromkeys(seeds, seed))
            material.append((model[:-1].fit_transform(X, y), y, seed))
        predictor: Any = self[-1]
        fitted = predictor.fit_trials(material)
        for model, trained in zip(models, fitted, strict=True):
            model.steps[-1] = (model.steps[-1][0], trained)
        return models
