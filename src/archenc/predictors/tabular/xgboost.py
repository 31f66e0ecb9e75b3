"""Gradient-boosted trees of XGBoost, by value or by order, bagged for a deviation."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from jaxtyping import Float64, UInt8

from archenc.errors import InvalidArgument, require
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.tabular.base import TabularPredictor
from archenc.predictors.tabular.targets import onto_labels
from archenc.typing import Seed, as_generator

OBJECTIVES = ("reg:squarederror", "rank:pairwise")


@final
class XGBoost(TabularPredictor):
    """Gradient-boosted trees (Chen & Guestrin 2016); needs the extra `trees`.

    objective: "reg:squarederror", whose scores carry the unit of the target, or "rank:pairwise", which learns
    from the order of all pairs and whose scores are brought to the mean and deviation of the training labels.
    n_estimators: rounds. lr, max_depth, min_child_weight, subsample, colsample, reg_lambda: of
    XGBoost (colsample is by tree). members: boosters on bootstrap samples of the rows, whose mean is the
    score and whose deviation is the standard deviation; with 1 there is one booster, on all rows, and no
    deviation. target: "raw" or "rank" (normal scores of ranks). seed: an integer, or a generator that each
    `fit` draws from.
    """

    def __init__(
        self,
        *,
        objective: str = "reg:squarederror",
        n_estimators: int = 300,
        lr: float = 0.05,
        max_depth: int = 3,
        min_child_weight: float = 1.0,
        subsample: float = 0.6,
        colsample: float = 0.3,
        reg_lambda: float = 1.0,
        members: int = 1,
        target: str = "raw",
        seed: Seed = 0,
        n_jobs: int = 1,
    ) -> None:
        self.objective = objective
        self.n_estimators = n_estimators
        self.lr = lr
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample = colsample
        self.reg_lambda = reg_lambda
        self.members = members
        self.target = target
        self.seed = seed
        self.n_jobs = n_jobs

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        check_option("objective", self.objective, OBJECTIVES)
        check_number("n_estimators", self.n_estimators, least=1, whole=True)
        check_number("members", self.members, least=1, whole=True)
        rng = as_generator(self.seed)
        saved, factors, offsets = [], [], []
        for _ in range(self.members):
            rows = _bootstrap(y, rng) if self.members > 1 else np.arange(len(y))
            booster = self._boost(X[rows], y[rows], int(rng.integers(2**31)))
            factor, offset = 1.0, 0.0
            if self.objective == "rank:pairwise":
                factor, offset = onto_labels(_run(booster, X, self.n_jobs), y)
            saved.append(np.frombuffer(booster.save_raw("ubj"), dtype=np.uint8))
            factors.append(factor)
            offsets.append(offset)
        self.boosters_ = np.concatenate(saved)
        self.ends_ = np.cumsum([len(part) for part in saved])
        self.factors_ = np.array(factors)
        self.offsets_ = np.array(offsets)

    def _boost(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"], seed: int) -> Any:
        xgb: Any = require("xgboost", "trees")
        data = xgb.DMatrix(X, label=y, nthread=self.n_jobs)
        options: dict[str, Any] = {
            "objective": self.objective,
            "eta": self.lr,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample,
            "lambda": self.reg_lambda,
            "tree_method": "hist",
            "nthread": self.n_jobs,
            "seed": seed,
        }
        if self.objective == "rank:pairwise":
            data.set_group([len(y)])
            # by default only the pairs of the 32 best count
            options |= {"lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": len(y)}
        return xgb.train(options, data, self.n_estimators)

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        if with_std and len(self.ends_) < 2:
            raise InvalidArgument("return_std=True: one booster has no deviation; fit with members >= 2")
        members = [
            factor * _run(_booster(raw), X, self.n_jobs) + offset
            for raw, factor, offset in zip(
                np.split(self.boosters_, self.ends_[:-1]), self.factors_, self.offsets_, strict=True
            )
        ]
        return np.mean(members, axis=0), np.std(members, axis=0, ddof=1) if with_std else None


def _bootstrap(y: Float64[np.ndarray, " n"], rng: np.random.Generator) -> np.ndarray:
    while True:  # ends: y has two distinct labels
        rows = rng.integers(len(y), size=len(y))
        if np.ptp(y[rows]) > 0:
            return rows


def _booster(raw: UInt8[np.ndarray, " b"]) -> Any:
    xgb: Any = require("xgboost", "trees")
    booster = xgb.Booster()
    booster.load_model(bytearray(raw.tobytes()))
    return booster


def _run(booster: Any, X: Float64[np.ndarray, "m d"], n_jobs: int) -> Float64[np.ndarray, " m"]:
    booster.set_param({"nthread": n_jobs})
    return booster.inplace_predict(X).astype(np.float64)
