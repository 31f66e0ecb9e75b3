"""Graph features and zero-cost scores under a small, fixed ensemble."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, cast, final

import numpy as np
from jaxtyping import Float64
from scipy.stats import norm, rankdata
from sklearn.base import clone
from sklearn.pipeline import FeatureUnion

from archenc.encoders import GraphFeatures, ModuleFeatures, Sizes, Totals, ZeroCost
from archenc.encoders.base import Population
from archenc.graph import as_batch
from archenc.pipelines.stages import (
    LITTLE,
    are_stages,
    bent_labels,
    forests_share,
    has_many_ops,
    n_ops,
    number_groups,
)
from archenc.predictors import ExtraTrees, GaussianProcess, Predictor
from archenc.predictors.checks import check_number, check_targets
from archenc.predictors.persistence import State
from archenc.spaces.modules import SPACE as MODULES

Missing = Literal["raise", "middle", "indicator"]

PRIOR_PROXIES = ("params", "flops", "l2_norm", "nwot", "naswot", "synflow")
"""Proxies that correlate positively with accuracy in every space of NAS-Bench-Suite-Zero that has them."""


_FEW_OPS = 8

_MANY = 5
"""So many scores say something without the graph: a forest reads them alone."""


@final
class GraphAndScores(Predictor):
    """Mean of a Gaussian process and two forests of extremely randomised trees, on graph and scores.

    Of a row of stages what is chosen are numbers, and most of what they do is linear and hangs on how large
    the whole becomes: there the process has a linear part, `Totals` and `Sizes` stand beside the graph, as
    groups of features of their own, one forest sees the numbers without the graph, and held-out thirds tell
    how much the forests count (`pipelines.stages`).

    scores, names, missing: as in `ZeroCost`; without scores the graph serves alone. graph: encoder of the
    graph, unfitted; default `graph_encoder`, and with any other, stages are treated as cells are. prior: how
    many standard deviations of the label one of the consensus of `PRIOR_PROXIES` is believed to be worth
    before any label is seen; the Gaussian process learns what is left. n_estimators: trees a forest;
    max_features: share of the columns tried at a split, half so that many structural ones do not crowd out a
    dozen scores. seed: of the forests and of the restarts of the Gaussian process.

    All is fitted on the training architectures alone. Labels enter as the mean of a robust z-score, clipped
    at 3, and the normal score of their rank, so a few failed networks do not drown the rest; those of rows of
    stages, which may be speeds, are bent until a Gaussian process finds them likely (target "bent"). Scores
    come in that unit, with a standard deviation from the members' own and their disagreement. How it was
    chosen: docs/results/recommended_choice.csv, for rows of stages wide_choice.csv and stages_choice.csv.
    """

    state_version: ClassVar[int] = 3

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
        seed: int = 0,
    ) -> None:
        self.scores = scores
        self.names = names
        self.missing = missing
        self.graph = graph
        self.prior = prior
        self.max_features = max_features
        self.n_estimators = n_estimators
        self.seed = seed

    def fit(self, X: Population, y: Any) -> Self:
        """Learn from n architectures of one space and their labels [n], higher is better.

        Raises InvalidArgument for missing or constant labels, MissingScore as `ZeroCost` does, MissingExtra
        for rows of stages without PyTorch, which counts what their networks cost.
        """
        check_number("prior", self.prior)
        encoder: Any = graph_encoder(X) if self.graph is None else clone(self.graph)
        encoder.fit(X)  # first: it says what is no population
        labels = check_targets(y, len(X))
        self.graph_ = encoder
        self.zero_cost_ = None
        if self.scores is not None:
            missing = cast("Missing", self.missing)
            self.zero_cost_ = ZeroCost(self.scores, self.names, "standard", missing=missing).fit(X)
        numbers = number_groups(encoder, X) if self.graph is None else []
        self.n_numbers_ = sum(width for width, _ in numbers)
        inputs = self._inputs(X)
        scores, both = inputs["scores"], inputs["both"]
        first = (scores.shape[1], both.shape[1] - scores.shape[1] - self.n_numbers_)
        groups = [*((width, LITTLE) for width in first if width), *numbers]
        widths, believed = [width for width, _ in groups], [weight for _, weight in groups]
        linear = believed if numbers else False
        target = bent_labels(both, labels, widths, believed, self.seed) if numbers else half_ranked(labels)
        self.process_ = GaussianProcess(groups=widths, linear=linear, seed=self.seed)
        before = self.prior * self._consensus(scores)
        self.process_.fit(both, target - before)
        alone = ["scores"] if self.has_many_scores else [] if numbers else ["graph"]
        self.forests_ = {
            name: ExtraTrees(
                n_estimators=self.n_estimators, max_features=self.max_features, seed=self.seed
            ).fit(inputs[name], target)
            for name in sorted([*alone, "numbers" if numbers else "both"])  # as they will be loaded
        }
        share = len(self.forests_) / (1 + len(self.forests_))
        if numbers:
            forests = [(forest, inputs[name]) for name, forest in self.forests_.items()]
            share = forests_share(self.process_, before, forests, target, self.seed)
        self.share_ = share
        return self

    @property
    def has_many_scores(self) -> bool:
        """Whether there are scores enough to say something without the graph; known after `fit`."""
        return self.zero_cost_ is not None and len(self.zero_cost_.names_) >= _MANY

    def _predict(self, X: Population, with_std: bool) -> tuple[np.ndarray, np.ndarray | None]:
        inputs = self._inputs(X)
        mean, std = self.process_._predict(inputs["both"], with_std)
        found = [(mean + self.prior * self._consensus(inputs["scores"]), std)]
        found += [forest._predict(inputs[name], with_std) for name, forest in self.forests_.items()]
        shares = np.array([1 - self.share_, *[self.share_ / len(self.forests_)] * len(self.forests_)])
        means = np.stack([mean for mean, _ in found])
        blended = shares @ means
        if not with_std:
            return blended, None
        stds = [std for _, std in found if std is not None]
        return blended, np.sqrt(shares @ (np.square(stds) + np.square(means - blended)))

    def _inputs(self, X: Population) -> dict[str, Float64[np.ndarray, "n d"]]:
        """Return what the members see. numbers: scores, and sizes and totals where they stand."""
        graph = np.asarray(self.graph_.transform(X), dtype=np.float64)
        scores = np.zeros((len(graph), 0))
        if self.zero_cost_ is not None:
            scores = np.asarray(self.zero_cost_.transform(X), dtype=np.float64)
        both = np.hstack([scores, graph])
        numbers = np.hstack([scores, graph[:, graph.shape[1] - self.n_numbers_ :]])
        return {"graph": graph, "scores": scores, "both": both, "numbers": numbers}

    def _consensus(self, scores: Float64[np.ndarray, "n s"]) -> Float64[np.ndarray, " n"]:
        """Mean z-score of the prior's proxies, clipped at 3; 0 without any."""
        if self.zero_cost_ is None:
            return np.zeros(len(scores))
        names = [str(name) for name in self.zero_cost_.get_feature_names_out()]
        chosen = [i for i, name in enumerate(names) if name.endswith(PRIOR_PROXIES)]
        if not chosen:
            return np.zeros(len(scores))
        return np.clip(scores[:, chosen], -3, 3).mean(1)

    def _state(self) -> State:
        return {
            "graph": self.graph_,
            "zero_cost": self.zero_cost_,
            "process": self.process_,
            "forests": dict(self.forests_),
            "n_numbers": self.n_numbers_,
            "share": self.share_,
        }, {}

    def _set_state(self, config: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:  # noqa: ARG002
        self.graph_, self.zero_cost_ = config["graph"], config["zero_cost"]
        self.process_, self.forests_ = config["process"], config["forests"]
        self.n_numbers_, self.share_ = config["n_numbers"], config["share"]


def graph_encoder(X: Population) -> Any:
    """Return the unfitted default encoder of the graphs of a population.

    Published graph features; of spaces with more than eight operations, over pairs of them, and with more
    than sixteen over single ones, for subsets grow too many. Where an architecture is a row of stages, or has
    attributes, most of what is chosen are numbers: `Sizes` stands beside them; and of a row of stages
    features count single operations, and `Totals` follow. Modules of one's own have module features.
    """
    batch = as_batch(X)
    if batch.space == MODULES.name:
        return ModuleFeatures()
    stages = are_stages(batch)
    most = 1 if stages or has_many_ops(batch) else 2 if n_ops(batch) > _FEW_OPS else None
    features = GraphFeatures(max_subset=most, published=True)
    if not stages and not batch.attribute_names:
        return features
    beside: list[tuple[str, Any]] = [("sizes", Sizes())]
    if stages:
        beside.append(("totals", Totals()))
    return FeatureUnion([("graph_features", features), *beside])


def normal_scores(y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the normal quantiles of (rank - 1/2) / n; equal values share their mean rank."""
    return norm.ppf((rankdata(y) - 0.5) / len(y))


def half_ranked(y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return the mean of robust z-scores and normal scores of ranks: gaps count, but outliers not for all.

    The robust z-score is the distance from the median in units of 1.4826 times the median absolute deviation,
    clipped at 3, then standardised; plain z-scores where more than half of the labels are equal.
    """
    centred = y - np.median(y)
    scale = 1.4826 * np.median(np.abs(centred))
    clipped = np.clip(centred / scale, -3, 3) if scale > 0 else centred
    return 0.5 * (clipped - clipped.mean()) / clipped.std() + 0.5 * normal_scores(y)
