"""The predictor to start with: graph and scores, and a flow predictor from some dozens of labels on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast, final

import numpy as np
from jaxtyping import Float64, Int
from sklearn.base import clone

from archenc.encoders.base import Population
from archenc.errors import require
from archenc.graph import GraphBatch
from archenc.pipelines.blending import FOLDS, Blend, blend, folds
from archenc.pipelines.graph_and_scores import GraphAndScores, Missing, half_ranked
from archenc.pipelines.stages import are_stages, has_many_ops
from archenc.predictors import Predictor
from archenc.predictors.checks import check_number, check_targets
from archenc.predictors.persistence import State

FlowFrom = int | Literal["auto"] | None
_FLOW_FROM = 48


@final
class Recommended(Predictor):
    """`GraphAndScores`, and from `flow_from` labels on FLAN beside it.

    scores, names, missing, graph, prior, max_features, n_estimators: as in `GraphAndScores`. flow_from:
    number of labels, 12 or more, from which FLAN (T = 1) joins, which takes PyTorch and about a second of one
    core for every four labels; None: never; "auto": 48, and never where architectures are rows of stages or
    the space has more than sixteen operations. Its share of the score is what ranks best on held-out thirds
    of the training architectures. With five scores or more FLAN gets them as a supplement. seed: of
    everything.

    Scores are in the unit of those of `GraphAndScores`, with a standard deviation from the members' own and
    their disagreement. How it was chosen: docs/results/recommended_choice.csv.
    """

    def __init__(
        self,
        scores: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = None,
        *,
        missing: Missing = "indicator",
        graph: Any = None,
        prior: float = 0.3,
        max_features: float = 0.5,
        n_estimators: int = 300,
        flow_from: FlowFrom = "auto",
        seed: int = 0,
    ) -> None:
        self.scores = scores
        self.names = names
        self.missing = missing
        self.graph = graph
        self.prior = prior
        self.max_features = max_features
        self.n_estimators = n_estimators
        self.flow_from = flow_from
        self.seed = seed

    def fit(self, X: Population, y: Any) -> Self:
        """Learn from n architectures of one space and their labels [n], higher is better.

        Raises InvalidArgument for missing or constant labels, MissingScore as `ZeroCost` does, MissingExtra
        without PyTorch where FLAN is to join or architectures are rows of stages.
        """
        fitted = self.fit_trials([(X, y, self.seed)])[0]
        self.rest_, self.flow_, self.blend_ = fitted.rest_, fitted.flow_, fitted.blend_
        return self

    def fit_trials(self, trials: Sequence[tuple[Population, Any, int]]) -> list[Self]:
        """Fit one clone for each (X, y, seed); all their flow networks share the steps of one training."""
        if self.flow_from not in (None, "auto"):
            check_number("flow_from", self.flow_from, least=4 * FOLDS, whole=True)
        models = []
        for X, y, seed in trials:
            model = cast("Self", clone(self))
            model.seed = seed
            model.rest_ = model._rest().fit(X, y)
            model.flow_, model.blend_ = None, None
            models.append(model)
        joined = [
            (model, X, half_ranked(check_targets(y, len(X))))
            for model, (X, y, _) in zip(models, trials, strict=True)
            if self._flow_joins(X)
        ]
        if joined:
            _join_flow(joined)
        return models

    def _flow_joins(self, X: Population) -> bool:
        if self.flow_from is None:
            return False
        if isinstance(self.flow_from, str):
            return len(X) >= _FLOW_FROM and not are_stages(X) and not has_many_ops(X)
        return len(X) >= self.flow_from

    def _rest(self) -> GraphAndScores:
        return GraphAndScores(
            self.scores,
            self.names,
            missing=cast("Missing", self.missing),
            graph=self.graph,
            prior=self.prior,
            max_features=self.max_features,
            n_estimators=self.n_estimators,
            seed=self.seed,
        )

    def _predict(self, X: Population, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        mean, std = self.rest_._predict(X, with_std)
        if self.blend_ is None or self.flow_ is None:
            return mean, std
        flow = self.flow_.predict(X)
        blended = self.blend_.mean(mean, flow)
        return blended, None if std is None else np.sqrt(self.blend_.variance(mean, flow, std**2))

    def _state(self) -> State:
        blended = (
            None if self.blend_ is None else [self.blend_.share, *self.blend_.spreads, *self.blend_.centres]
        )
        return {"rest": self.rest_, "flow": self.flow_, "blend": blended}, {}

    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:  # noqa: ARG002
        self.rest_, self.flow_, blended = config["rest"], config["flow"], config["blend"]
        self.blend_ = None
        if blended is not None:
            self.blend_ = Blend(blended[0], (blended[1], blended[2]), (blended[3], blended[4]))


def _join_flow(joined: Sequence[tuple[Recommended, Population, Float64[np.ndarray, " n"]]]) -> None:
    """Train FLAN on all labels, and it and the rest on parts: the rows held out give its share."""
    require("torch", "torch")
    from archenc.predictors import FLAN

    whole = [(X, target, model.seed) for model, X, target in joined]
    parts = [
        _Part(model, X, target, *rows) for model, X, target in joined for rows in _ordered(model, target)
    ]
    first = joined[0][0].rest_
    flow = FLAN(first.zero_cost_ if first.has_many_scores else None, timesteps=1)  # which clones it
    flows = flow.fit_trials(whole)
    parted = flow.fit_trials([(part.seen, part.target[part.rows], part.model.seed) for part in parts])
    for number, (model, _, _) in enumerate(joined):
        mine = [(part, one) for part, one in zip(parts, parted, strict=True) if part.model is model]
        model.flow_ = flows[number]
        model.blend_ = blend(
            [part.target[part.held] for part, _ in mine],
            [model._rest().fit(part.seen, part.target[part.rows]).predict(part.unseen) for part, _ in mine],
            [one.predict(part.unseen) for part, one in mine],
        )


@dataclass(frozen=True)
class _Part:
    """A model's training architectures, parted into the rows to train on and the rows held out."""

    model: Recommended
    X: Population
    target: Float64[np.ndarray, " n"]
    rows: Int[np.ndarray, " t"]
    held: Int[np.ndarray, " h"]

    @property
    def seen(self) -> Population:
        return _take(self.X, self.rows)

    @property
    def unseen(self) -> Population:
        return _take(self.X, self.held)


def _ordered(
    model: Recommended, target: Float64[np.ndarray, " n"]
) -> list[tuple[Int[np.ndarray, " t"], Int[np.ndarray, " h"]]]:
    """Return the folds whose training labels differ: from equal ones nothing is learned."""
    return [(rows, held) for rows, held in folds(len(target), model.seed) if np.ptp(target[rows]) > 0]


def _take(X: Population, rows: Int[np.ndarray, " k"]) -> Population:
    return X[rows] if isinstance(X, GraphBatch) else [X[row] for row in rows.tolist()]


def recommended(
    scores: Mapping[str, Any] | None = None,
    names: Sequence[str] | None = None,
    *,
    missing: Missing = "indicator",
    flow_from: FlowFrom = "auto",
    seed: int = 0,
) -> Recommended:
    """Return the default predictor, unfitted: `recommended(scores).fit(architectures, y).predict(others)`.

    scores: zero-cost scores by native spelling (a `Scores`, a dict), or None to use the graph alone.
    flow_from: labels from which FLAN joins, None for never (seconds instead of minutes at hundreds); "auto"
    is 48, and never for rows of stages or more than sixteen operations.
    """
    return Recommended(scores, names, missing=missing, flow_from=flow_from, seed=seed)
