"""The kit must notice what it is there for: each broken predictor fails the test that names its fault."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.predictors.tabular.base import TabularPredictor
from archenc.testing import PredictorKit, TabularPredictorKit


class Nearest(TabularPredictor):
    """The label of the nearest training row; `fault` breaks it in one way."""

    def __init__(self, *, fault: str = "", target: str = "raw", seed: int = 0) -> None:
        self.fault = fault
        self.target = target
        self.seed = seed

    def _learn(self, X: np.ndarray, y: np.ndarray) -> None:
        if self.fault == "changes its input":
            X *= 2
        if self.fault == "seeds a global generator":
            np.random.seed(self.seed)  # noqa: NPY002
        if self.fault == "remembers" and hasattr(self, "X_"):
            X, y = np.vstack([self.X_, X]), np.concatenate([self.y_, y])
        noise = np.random.default_rng().normal(size=len(y)) if self.fault == "is random" else 0
        self.X_ = X.copy()
        self.y_ = (-y if self.fault == "turns the order" else y) + noise

    def _score(self, X: np.ndarray, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if with_std and self.fault != "has no deviation":
            return self._score(X, False)[0], np.full(
                len(X), -1.0 if self.fault == "negative deviation" else 1.0
            )
        nearest = ((X[:, None] - self.X_) ** 2).sum(axis=2).argmin(axis=1)
        scores = self.y_[nearest]
        if self.fault == "looks at the others":
            scores = scores - scores.mean()
        return (np.full(len(X), np.nan) if self.fault == "gives NaN" else scores), None


class Kit(TabularPredictorKit):
    __test__ = False
    min_tau = 0.25

    def __init__(self, fault: str) -> None:
        self.fault = fault
        type(self)._fitted.clear()

    def make_predictor(self, seed: int = 0) -> Nearest:
        return Nearest(fault=self.fault, seed=seed)


FAULTS = {
    "changes its input": "test_inputs_are_not_changed",
    "seeds a global generator": "test_global_random_state_is_left_alone",
    "remembers": "test_fitting_again_forgets",
    "is random": "test_same_seed_same_scores",
    "turns the order": "test_learns_what_can_be_learned",
    "looks at the others": "test_a_score_does_not_depend_on_its_company",
    "gives NaN": "test_scores_are_finite_float64",
    "negative deviation": "test_deviations",
    "has no deviation": "test_deviations",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_fails_its_test(fault: str) -> None:
    getattr(Kit(""), FAULTS[fault])()
    with pytest.raises((AssertionError, TypeError, ValueError)):
        getattr(Kit(fault), FAULTS[fault])()


def test_a_sound_predictor_passes_what_needs_no_file() -> None:
    kit = Kit("")
    for name, test in inspect.getmembers(kit, inspect.ismethod):
        if name.startswith("test_") and not inspect.signature(test).parameters:
            test()


def test_a_predictor_without_a_name_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="no entry point"):
        Kit("").test_saved_and_loaded_it_scores_the_same(tmp_path)


def test_lists_and_arrays_are_cut_alike() -> None:
    class Material(PredictorKit):
        __test__ = False

        def make_predictor(self, seed: int = 0) -> Any: ...

        def data(self) -> tuple[Any, np.ndarray]:
            return [f"cell {i}" for i in range(60)], np.arange(60.0)

    X, y = Material().train(3)
    assert X == ["cell 0", "cell 1", "cell 2"]
    np.testing.assert_array_equal(y, [0, 1, 2])
    assert Material().held_out()[0][0] == "cell 48"
