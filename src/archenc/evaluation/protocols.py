"""Who is trained on and who is tested: splits that are paired, nested and free of leaks.

The training set of trial t depends on (protocol seed, t, pool) alone, on the pool alone where it is a prefix,
so every method sees the same one and differences between methods are paired. The training set of a smaller
budget is a prefix of the larger one's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from archenc.errors import InvalidArgument
from archenc.evaluation.folds import FOLDS, held_out

SplitKind = Literal["random", "halves", "folds"]
Draw = Literal["random", "prefix"]


@dataclass(frozen=True, slots=True)
class Split:
    """Positions in the pool to train on, in the order drawn, and to test on, ascending; they are disjoint."""

    train: Int[np.ndarray, " n_train"]
    test: Int[np.ndarray, " n_test"]


@dataclass(frozen=True, slots=True)
class Protocol:
    """How often, on how many, and on which architectures a predictor is trained and tested.

    sizes: numbers of training architectures. trials: repetitions with fresh training sets. test: how many
    architectures are tested, drawn at random once a trial; None tests all the rest of the pool. split:
    "random" draws from the whole pool; "halves" (TA-GATES) trains within the first half of the table's row
    order and tests on the last half; "folds" (COLE) tests on one of ten folds a trial, stratified by label
    and dealt anew every ten trials, and trains within the other nine. draw: training sets are "random" draws
    from these architectures, or their "prefix", the first by row; trials then differ by the predictors' seeds
    alone. group: a canonical form (`nats-v1`); architectures of a class that is trained on leave the test
    set, so that no isomorphic twin leaks its label; the training sets stay those of the protocol without
    groups. reference: how many architectures are kept out of training and test in every trial, drawn, or
    beside a prefix the last by row; their scores, never their labels, may be looked at (`reference_of`). few:
    sizes 0 and 1 are legal, and labels that are all equal, for predictors that know something before.
    """

    sizes: tuple[int, ...]
    trials: int = 9
    seed: int = 0
    test: int | None = None
    split: SplitKind = "random"
    group: str | None = None
    reference: int = 0
    few: bool = False
    draw: Draw = "random"

    def __post_init__(self) -> None:
        least = 0 if self.few else 2
        if not self.sizes or any(int(size) != size or size < least for size in self.sizes):
            raise InvalidArgument(
                f"sizes={self.sizes!r}: expected training sizes of at least {least}, such as (7, 39, 78)"
            )
        if len(set(self.sizes)) != len(self.sizes):
            raise InvalidArgument(f"sizes={self.sizes!r}: a training size is named twice")
        if self.trials < 1:
            raise InvalidArgument(f"trials={self.trials!r}: expected at least 1")
        if not isinstance(self.seed, (int, np.integer)) or isinstance(self.seed, bool) or self.seed < 0:
            raise InvalidArgument(
                f"seed={self.seed!r}: a protocol needs an integer >= 0, so that a run can resume"
            )
        if self.test is not None and self.test < 2:
            raise InvalidArgument(
                f"test={self.test!r}: expected at least 2 architectures, or None for all the rest"
            )
        if self.split not in ("random", "halves", "folds"):
            raise InvalidArgument(f"split={self.split!r}: expected 'random', 'halves' or 'folds'")
        if self.draw not in ("random", "prefix"):
            raise InvalidArgument(f"draw={self.draw!r}: expected 'random' or 'prefix'")
        if self.reference < 0:
            raise InvalidArgument(f"reference={self.reference!r}: expected a number >= 0")

    def replace(self, **changes: Any) -> Protocol:
        """Return the protocol with some fields changed."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values, ready for JSON."""
        return {**asdict(self), "sizes": list(self.sizes)}

    def split_key(self) -> dict[str, Any]:
        """Return what decides the split of a trial at a size: not other sizes, not the number of trials."""
        # what is drawn at random keeps the key that it had before there were prefixes
        others = ("sizes", "trials", "few", *(["draw"] if self.draw == "random" else []))
        return {name: value for name, value in self.to_dict().items() if name not in others}

    def seed_of(self, trial: int) -> int:
        """Return the seed that the estimators of a trial get: equal for every method and every size."""
        return int(np.random.SeedSequence(self.seed, spawn_key=(trial, 1)).generate_state(1)[0])

    def splits(
        self,
        n_pool: int,
        trial: int,
        *,
        rows: Int[np.ndarray, " n_pool"] | None = None,
        n_rows: int | None = None,
        classes: Int[np.ndarray, " n_pool"] | None = None,
        labels: Float[np.ndarray, " n_pool"] | None = None,
    ) -> dict[int, Split]:
        """Split a pool for one trial; returns a Split for each training size.

        n_pool: architectures in the pool. rows, n_rows: their row numbers in a table of n_rows (default: the
        pool is the table); "halves" cuts there. classes: isomorphism class of each, needed with `group`.
        labels: needed with "folds". Raises InvalidArgument where the pool is too small.
        """
        self.check(n_pool, rows=rows, n_rows=n_rows)
        if (self.group is None) != (classes is None):
            raise InvalidArgument(f"group={self.group!r} and classes go together: give both or neither")
        may_train, may_test = self._sides(n_pool, rows, n_rows)
        if self.split == "folds":
            if labels is None:
                raise InvalidArgument("split='folds': expected the labels, by which folds are stratified")
            held = held_out(labels, self.seed, trial)
            may_train, may_test = may_train & ~held, may_test & held
        # One permutation a trial, read from the front: smaller training sets lie inside larger ones.
        drawn = np.random.SeedSequence(self.seed, spawn_key=(0 if self.draw == "prefix" else trial, 0))
        order = np.random.default_rng(drawn).permutation(n_pool)
        first = _by_row(n_pool, rows) if self.draw == "prefix" else order
        for_training = first[may_train[first]]
        splits = {}
        for size in self.sizes:
            train = for_training[:size]
            testable = may_test.copy()
            testable[train] = False
            if classes is not None:
                testable &= ~np.isin(classes, classes[train])
            test = order[testable[order]]
            if self.test is not None:
                # The last ones: the first are trained on at larger sizes, so sizes share most of their tests.
                test = test[max(0, len(test) - self.test) :]
            if len(test) < (self.test or 2):
                raise InvalidArgument(
                    f"train size {size} leaves {len(test)} architectures to test on in a pool of {n_pool}; "
                    f"expected at least {self.test or 2}"
                )
            splits[size] = Split(train=train, test=np.sort(test))
        return splits

    def reference_of(
        self, n_pool: int, *, rows: Int[np.ndarray, " n_pool"] | None = None, n_rows: int | None = None
    ) -> Int[np.ndarray, " reference"]:
        """Return the positions kept out of training and test in every trial, ascending; none by default."""
        may_train = self._halves(n_pool, rows, n_rows)[0]
        if self.draw == "prefix":
            by_row = _by_row(n_pool, rows)
            by_row = by_row[may_train[by_row]]
            return np.sort(by_row[max(0, len(by_row) - self.reference) :])
        candidates = np.flatnonzero(may_train)
        generator = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(2**32 - 1,)))
        return np.sort(generator.permutation(candidates)[: self.reference])

    def check(
        self, n_pool: int, *, rows: Int[np.ndarray, " n_pool"] | None = None, n_rows: int | None = None
    ) -> None:
        """Raise InvalidArgument if some training size does not fit a pool of `n_pool` architectures."""
        may_train, may_test = self._sides(n_pool, rows, n_rows)
        largest, room = max(self.sizes), int(may_train.sum())
        if self.test is not None and self.test > int(may_test.sum()):
            raise InvalidArgument(
                f"test={self.test} is too large: the pool holds {int(may_test.sum())} architectures"
            )
        if self.split == "random":
            room -= self.test or 2
        if self.split == "folds":
            room = n_pool - -(-n_pool // FOLDS) - self.reference
        if largest > room:
            kept = f" beside the {self.reference} of the reference" if self.reference else ""
            raise InvalidArgument(
                f"train size {largest} is too large: the pool holds {int(may_train.sum())} architectures to "
                f"train on{kept}, and at least {self.test or 2} must be left to test on; expected at most "
                f"{max(room, 0)}"
            )
        if int(may_test.sum()) < (self.test or 2):
            raise InvalidArgument(
                f"the pool holds {int(may_test.sum())} architectures to test on; expected {self.test or 2}"
            )

    def _sides(
        self, n_pool: int, rows: np.ndarray | None, n_rows: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Who may be trained on and who may be tested, as masks over the pool."""
        may_train, may_test = self._halves(n_pool, rows, n_rows)
        reference = self.reference_of(n_pool, rows=rows, n_rows=n_rows)
        may_train[reference] = may_test[reference] = False
        return may_train, may_test

    def _halves(
        self, n_pool: int, rows: np.ndarray | None, n_rows: int | None
    ) -> tuple[np.ndarray, np.ndarray]:
        if self.split != "halves":
            return np.ones(n_pool, dtype=bool), np.ones(n_pool, dtype=bool)
        numbers = np.arange(n_pool) if rows is None else np.asarray(rows)
        total = n_pool if n_rows is None else n_rows
        first = numbers < (total + 1) // 2
        return first, ~first


def _by_row(n_pool: int, rows: Int[np.ndarray, " n_pool"] | None) -> Int[np.ndarray, " n_pool"]:
    """Return the positions of a pool in the order of their row numbers."""
    return np.arange(n_pool) if rows is None else np.argsort(rows, kind="stable")


def preset(name: str, *, sizes: Sequence[int], seed: int = 0) -> Protocol:
    """Return a published protocol by name, on given training sizes.

    "flan": 3 trials, 7,813 random test architectures (arXiv 2403.02484; the average over the last four epochs
    is the predictor's affair). "ta_gates": 9 trials, training within the first half of the rows, tested on
    the last half (Ning et al., NeurIPS 2022; their 3 orders x 3 seeds are 9 paired trials here). "cole": 100
    trials, ten times ten stratified folds (arXiv 2605.15649, whose arms had training sets of their own).
    """
    if name == "flan":
        return Protocol(sizes=tuple(sizes), trials=3, seed=seed, test=7813)
    if name == "ta_gates":
        return Protocol(sizes=tuple(sizes), trials=9, seed=seed, split="halves")
    if name == "cole":
        return Protocol(sizes=tuple(sizes), trials=100, seed=seed, split="folds")
    raise InvalidArgument(f"protocol={name!r}: expected 'flan', 'ta_gates' or 'cole'")
