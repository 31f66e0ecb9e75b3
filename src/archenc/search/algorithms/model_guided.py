"""Search with a model: learn from what was evaluated, look at candidates, ask for those worth most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, final, get_args

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.search.acquisition import Acquisition, Belief
from archenc.search.acquisition import acquisition as acquisition_called
from archenc.search.base import Sample, Searcher
from archenc.search.candidates import Candidates, Everything
from archenc.search.choosing import Best, Choose
from archenc.search.domain import Domain
from archenc.search.pareto import scalarised
from archenc.search.surrogates.base import Fitted, Lesson, Surrogate
from archenc.spaces import SearchSpace
from archenc.typing import Seed, whole_number

Liar = Literal["mean", "worst", "best"]


@final
class ModelGuided(Searcher):
    """Ask in rounds: a surrogate fitted to all that was told scores candidates, the best are asked for.

    surrogate: what learns. initial: architectures asked for before. size: of a round, or of each round in
    turn, the last size then staying; None: as many as `ask` wants. candidates, acquisition, choose:
    strategies, or the name of an acquisition. nearest: after the choice of each round, so many of the best
    architectures so far each add their nearest architecture, in the surrogate's codes, that was not asked for
    (CATE's computation-aware search). patience: after so many rounds, in a row or not, without a better
    architecture (with several objectives: without a new one in the front) the surrogate forgets, and learns
    from `initial` new random architectures and what follows. liar: what is
    asked for and not told yet is learned from as if it had the "mean" of what was told, or the "worst" or
    "best" of it, so that what is asked for in parallel differs (Ginsbourger et al. 2010); None: not at all.

    With several objectives, each round learns the least of them, weighted at random (`pareto.scalarised`).
    What failed is learned from as nothing. While there are not two different values, architectures are drawn
    at random, unless the surrogate expects something of itself: then while there is none.
    """

    def __init__(
        self,
        domain: Domain | SearchSpace | str | Sequence[Architecture],
        surrogate: Surrogate,
        *,
        initial: int | Sequence[Architecture] = 10,
        size: int | Sequence[int] | None = 1,
        candidates: Candidates | None = None,
        acquisition: Acquisition | str = "ei",
        choose: Choose | None = None,
        nearest: int = 0,
        patience: int | None = None,
        liar: Liar | None = "mean",
        charge_duplicates: bool = False,
        sample: Sample | None = None,
        objectives: int = 1,
        seed: Seed = 0,
    ) -> None:
        self.surrogate = surrogate
        self._sizes = _sizes(size)
        self.candidates: Candidates = Everything() if candidates is None else candidates
        self.acquisition: Acquisition = acquisition_called(acquisition)
        self.choose: Choose = Best() if choose is None else choose
        self.nearest = whole_number("nearest", nearest)
        self.patience = None if patience is None else whole_number("patience", patience, least=1)
        if liar not in (None, *get_args(Liar)):
            raise InvalidArgument(f"liar={liar!r}; legal: None, {', '.join(get_args(Liar))}")
        self.liar: Liar | None = liar
        if self.nearest and not hasattr(surrogate, "features"):
            raise InvalidArgument("nearest: this surrogate has no codes in which something is near")
        self._queue: list[int] = []
        self._rounds = 0
        self._stale = 0
        self._best_known = -np.inf
        self._since = 0  # entries before it are forgotten
        self._weights = np.zeros(0)  # of the objectives in this round
        super().__init__(
            domain,
            initial=initial,
            charge_duplicates=charge_duplicates,
            sample=sample,
            objectives=objectives,
            seed=seed,
        )
        self._n_initial = max(len(self._design), 2)

    @property
    def round(self) -> int | None:
        """The size of the round that comes next."""
        return None if self._sizes is None else self._sizes[min(self._rounds, len(self._sizes) - 1)]

    def _propose(self, n: int) -> list[int]:
        if not self._queue:
            lesson = self.lesson()
            if lesson is None:
                return self._fresh(n)
            self.refill(self.surrogate.fit_together(self.domain, [lesson])[0], n)
            if self._design:  # it forgot, and begins anew
                chosen, self._design = self._design[:n], self._design[n:]
                return chosen
        chosen, self._queue = self._queue[:n], self._queue[n:]
        return chosen

    def lesson(self) -> Lesson | None:
        """Return what the next round learns from; None where no round is due, or nothing can be learned."""
        self._queue = [n for n in self._queue if self.charge_duplicates or n not in self._asked]
        if self._queue or self._design:
            return None
        recent = dict.fromkeys(number for number, _ in self._entries[self._since :])
        numbers, values = self._values_to_learn(anew=True)
        kept = np.array([number in recent for number in numbers.tolist()], dtype=bool)
        numbers, values = numbers[kept], values[kept]
        if not len(numbers) or ((values == values[0]).all() and not self.surrogate.expectant):
            return None
        numbers, values = self._with_lies(numbers, values)
        return Lesson(numbers, values, int(self._rng.integers(2**31)))

    def _values_to_learn(self, *, anew: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return what succeeded, in one number each; anew: of several objectives, with other weights."""
        numbers, values = self._succeeded()
        if self.objectives == 1 or not len(numbers):
            return numbers, values
        if anew:
            self._weights = self._rng.dirichlet(np.ones(self.objectives))
        told = np.array([self._values[number] for number in numbers.tolist()])
        return numbers, scalarised(told, self._weights)

    def _with_lies(self, numbers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add what is asked for and not told yet, at a value that nobody measured."""
        pending = np.array([n for n in dict.fromkeys(self._pending) if n not in self._values], dtype=np.int64)
        if self.liar is None or not len(pending):
            return numbers, values
        lie = {"mean": values.mean(), "worst": values.min(), "best": values.max()}[self.liar]
        return np.concatenate([numbers, pending]), np.concatenate([values, np.full(len(pending), lie)])

    def refill(self, fitted: Fitted, n: int) -> None:
        """Choose the next round with a model that learned the `lesson`; n: its size, where it has none."""
        size = self.round or n
        numbers, values = self._values_to_learn()
        ranked = numbers[np.argsort(-values, kind="stable")]
        closed = set() if self.charge_duplicates else self._asked
        found = self.candidates(self.domain, ranked, closed, self._rng)
        if not len(found):
            found = np.array(self._fresh(size), dtype=np.int64)
        if len(found):
            belief = _finite(fitted(found))
            scores = self.acquisition(belief, fitted.best(numbers, values), self._rng, size)
            found = found[self.choose(scores, min(size, len(found)), self._rng, self._rounds)]
        self._queue = found.tolist()
        self._queue += self._near_the_best(ranked, {*self._queue, *self._asked})
        self._rounds += 1
        self._forget_when_stale()

    def _near_the_best(self, ranked: np.ndarray, closed: set[int]) -> list[int]:
        """Return, for each of the best, the nearest open architecture of a listed domain, ties by number."""
        found: list[int] = []
        if not self.nearest or not self.domain.listed:
            return found
        features: Any = self.surrogate
        codes = features.features.of(self.domain, np.arange(len(self.domain)))
        for parent in ranked[: self.nearest].tolist():
            apart = ((codes - codes[parent]) ** 2).sum(axis=1)
            apart[[*closed, *found]] = np.inf
            nearest = int(np.argmin(apart))
            if np.isfinite(apart[nearest]):
                found.append(nearest)
        return found

    def _forget_when_stale(self) -> None:
        if self.patience is None:
            return
        reached = self._reached()
        self._stale += reached <= self._best_known
        self._best_known = max(reached, self._best_known)
        if self._stale >= self.patience:
            self._stale, self._since, self._queue = 0, len(self._entries), []
            self._design = self._fresh(self._n_initial)

    def _reached(self) -> float:
        """Return what grows with a better architecture: the best value, or the last place of the front."""
        if self.objectives == 1:
            return self.best_worth
        places = {number: place for place, (number, _) in enumerate(self._entries)}
        return float(max(places[number] for number in places if self._worth(number) >= 0))

    def _own_state(self) -> dict[str, Any]:
        return {
            "queue": [self.domain.spell(number) for number in self._queue],
            "rounds": self._rounds,
            "stale": self._stale,
            "best": self._best_known if np.isfinite(self._best_known) else None,
            "since": self._since,
        }

    def _set_own_state(self, own: dict[str, Any]) -> None:
        self._queue = [self.domain.read(name) for name in own["queue"]]
        self._rounds, self._stale, self._since = own["rounds"], own["stale"], own["since"]
        self._best_known = -np.inf if own["best"] is None else own["best"]


def ask_together(searchers: Sequence[Searcher], n: int) -> list[list[Architecture]]:
    """Ask several searchers at once; those that share surrogate and domain fit their models together."""
    due: dict[tuple[int, int], list[tuple[ModelGuided, Lesson]]] = {}
    for searcher in searchers:
        if isinstance(searcher, ModelGuided) and (lesson := searcher.lesson()) is not None:
            due.setdefault((id(searcher.surrogate), id(searcher.domain)), []).append((searcher, lesson))
    for group in due.values():
        first = group[0][0]
        models = first.surrogate.fit_together(first.domain, [lesson for _, lesson in group])
        for (searcher, _), model in zip(group, models, strict=True):
            searcher.refill(model, n)
    return [searcher.ask(n) for searcher in searchers]


def _sizes(size: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if size is None:
        return None
    sizes = tuple(size) if isinstance(size, Sequence) else (size,)
    if not sizes:
        raise InvalidArgument("size=(): expected one size of a round at least")
    return tuple(whole_number("size", one, least=1) for one in sizes)


def _finite(belief: Belief) -> Belief:
    if not np.isfinite(belief.mean).all():
        raise InvalidArgument("the surrogate predicted NaN or infinity; expected finite numbers")
    return belief
