"""A predictor that learned on another table, as the one that guides a search from its first architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self, final
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from archenc.errors import InvalidArgument
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.choosing import Halving
from archenc.search.domain import Domain, as_domain
from archenc.search.surrogates.estimator import Estimator
from archenc.tables import BenchmarkTable
from archenc.typing import Seed, as_generator, whole_number

_SHOWN = 16  # architectures that show the predictor a space of which it has no labels


@final
class Source:
    """A predictor fitted on a source, shared and never copied or changed."""

    def __init__(self, predictor: Any) -> None:
        self.predictor = predictor

    @classmethod
    def of_table(cls, table: BenchmarkTable, metric: str, predictor: Any, labels: int, seed: Seed) -> Source:
        """Fit a predictor on so many random architectures of a table. Raises InvalidArgument."""
        from archenc.search.evaluators import signed

        values = signed(table, metric)
        rows = np.flatnonzero(~np.isnan(values))
        if not 2 <= whole_number("labels", labels) <= len(rows):
            raise InvalidArgument(f"labels={labels}: the source has {len(rows)} values of {metric!r}")
        drawn = as_generator(seed).choice(rows, labels, replace=False)
        return cls(predictor.fit(table.architectures(drawn), values[drawn]))

    def __deepcopy__(self, memo: Any) -> Source:
        del memo
        return self


@final
class FromSource(RegressorMixin, BaseEstimator):
    """The predictor of a source, fine-tuned from its own weights on what `fit` gets.

    source: see `Source`. epochs, lr, batch_size: of the fine-tuning; 5 epochs at 1e-4 as FLAN has them
    (Akhauri & Abdelfattah, ICML 2024). seed: of its random choices.
    """

    def __init__(
        self, source: Source, epochs: int = 5, lr: float = 1e-4, batch_size: int = 8, seed: int = 0
    ) -> None:
        self.source = source
        self.epochs = epochs
        self.lr = lr
        self.batch_size = batch_size
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Fine-tune on architectures and labels [n]."""
        self.fitted_ = self._tuned([(X, y, self.seed)])[0]
        return self

    def fit_trials(self, trials: Sequence[tuple[Any, Any, int]]) -> list[Self]:
        """Fine-tune one clone for each (X, y, seed), in one loop where sizes are equal."""
        from archenc.predictors.transfer import holding

        return [
            holding(self, *made) for made in zip(self._tuned(trials), (t[2] for t in trials), strict=True)
        ]

    def predict(self, X: Any) -> Any:
        """Return scores [n], higher is better."""
        return self.fitted_.predict(X)

    def _tuned(self, trials: Sequence[tuple[Any, Any, int]]) -> list[Any]:
        from archenc.predictors.transfer import fine_tune_trials

        given = [(self.source.predictor, X, y, seed) for X, y, seed in trials]
        return fine_tune_trials(given, epochs=self.epochs, lr=self.lr, batch_size=self.batch_size, stop=False)


@final
class TransferredRounds:
    """Starts FLAN's rounds with a source: it also chooses the architectures of the first round.

    source: see `Source`. sizes: of all rounds, the first of which is half the best by the source, half by
    lot from its best 512. options: of `FromSource`.
    """

    def __init__(self, source: Source, sizes: Sequence[int], **options: Any) -> None:
        self.source, self.sizes = source, tuple(sizes)
        self._surrogate = Estimator(FromSource(source, **options))
        self._known: WeakKeyDictionary[Domain, np.ndarray] = WeakKeyDictionary()

    def __call__(self, domain: Any, *, seed: Seed = 0, objectives: int = 1) -> ModelGuided:
        """Return a searcher. Raises InvalidArgument where the domain is not listed."""
        domain = as_domain(domain)
        if not domain.listed:
            raise InvalidArgument("source: every architecture is scored first, so the domain must be listed")
        rng = as_generator(seed)
        scores = self._scores(domain)
        first = Halving()(scores[None], min(self.sizes[0], len(scores)), rng.spawn(1)[0], 0)
        return ModelGuided(
            domain,
            self._surrogate,
            initial=domain.archs(first),
            size=self.sizes[1:] or self.sizes,
            acquisition="mean",
            choose=Halving(),
            objectives=objectives,
            seed=rng,
        )

    def _scores(self, domain: Domain) -> np.ndarray:
        """Return what the source says of all architectures: found once for all searches in a domain."""
        from archenc.predictors.transfer import fine_tune

        if domain not in self._known:
            archs = domain.archs(range(len(domain)))
            carried = fine_tune(self.source.predictor, archs[:_SHOWN])
            self._known[domain] = np.asarray(carried.predict(archs), dtype=np.float64)
        return self._known[domain]
