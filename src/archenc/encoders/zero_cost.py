"""Zero-cost encoding: scores of the untrained network, on one scale for all spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from archenc.encoders.base import Encoder, Population, check_choice, space_of
from archenc.encoders.scaling import ColumnRule, fit_scale, paper_rule, standard_rule, without_sentinels
from archenc.encoders.scores import ScoreLookup, Scores
from archenc.encoders.spellings import keys_of, native_spellings
from archenc.errors import InvalidArgument, MissingScore

Scaling = Literal["rank", "standard", "paper"]


class ZeroCost(Encoder):
    """The scores of each architecture, looked up by the key of its space and scaled column by column.

    scores: anything that gives a vector of d numbers, `scores[space.key(arch)]`, or raises KeyError: a dict,
    or a `Scores` (which clones share). The key is the native spelling, or the hash in NAS-Bench-101. names:
    the d column names; of a `Scores`, some of its columns, else all.
    scaling:

    * "rank": empirical quantile in [0, 1] of the rows that `fit` saw, linear in between, clipped outside;
    * "standard": `sign(v) log(1 + |v|)` for fisher, grad_norm, snip, grasp, plain, flops and params, then
      mean 0 and standard deviation 1, clipped at 5;
    * "paper": FLAN's published recipe of the space, fitted on every architecture of `scores`, test rows and
      all (`transductive_` is True), unless `reference` is given. For comparison only.

    reference: a pool of architectures without labels, to exclude the test set, on which the scales are fitted
    instead of the rows given to `fit`: seven rows give only seven ranks. Its missing scores are left out.
    missing: a score counts as missing if it is NaN, infinite or (unless a count: params, flops) of size 1e7
    and more, or if the key is unknown. "raise" raises MissingScore, which names the architecture and the
    column; "middle" writes the middle of the scale (0.5; 0 for z-scores); "indicator" does so, too, and adds
    one 0/1 column a score, always, so that the width does not hang on which rows `fit` happens to see.

    A constant column is 0. A proxy is recognised by the end of its column name ("cifar10_zc64_snip").
    Raises InvalidArgument. Recipe: Akhauri & Abdelfattah 2024; Krishnakumar et al. 2022.
    """

    def __init__(
        self,
        scores: ScoreLookup,
        names: Sequence[str] | None = None,
        scaling: Scaling = "rank",
        reference: Population | None = None,
        missing: Literal["raise", "middle", "indicator"] = "raise",
    ) -> None:
        self.scores = scores
        self.names = names
        self.scaling = scaling
        self.reference = reference
        self.missing = missing

    @property
    def injective(self) -> bool:
        """False: two architectures may score alike."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """False: scores are measured, and differ between twins."""
        return False

    def _learn(self, X: Population) -> None:
        check_choice("scaling", self.scaling, ("rank", "standard", "paper"))
        check_choice("missing", self.missing, ("raise", "middle", "indicator"))
        self.names_ = self._column_names()
        self.transductive_ = self.scaling == "paper" and self.reference is None
        rules = [self._rule(name) for name in self.names_]
        seen = self._rows(X)
        pool = seen if self.reference is None and not self.transductive_ else self._pool()
        self._check_complete(X, seen)
        empty = np.isnan(pool).all(axis=0)
        if empty.any():
            name = self.names_[int(empty.argmax())]
            raise MissingScore(
                f"column {name!r}: none of the {len(pool)} architectures to fit it on has a score"
            )
        self.scales_ = [fit_scale(column, *rule) for column, rule in zip(pool.T, rules, strict=True)]
        self.neutral_ = np.array([0.0 if rule == "zscore" else 0.5 for rule, _, _ in rules])

    def _encode(self, X: Population) -> np.ndarray:
        values = self._rows(X)
        gaps = self._check_complete(X, values)
        columns = [scale(column) for scale, column in zip(self.scales_, values.T, strict=True)]
        code = np.where(gaps, self.neutral_, np.stack(columns, axis=1))
        return np.concatenate([code, gaps], axis=1) if self.missing == "indicator" else code

    def _feature_names(self) -> list[str]:
        flags = [f"{name}_missing" for name in self.names_] if self.missing == "indicator" else []
        return [*self.names_, *flags]

    def _rule(self, name: str) -> ColumnRule:
        if self.scaling == "rank":
            return "rank", "identity", np.inf
        return standard_rule(name) if self.scaling == "standard" else paper_rule(self.space_, name)

    def _column_names(self) -> tuple[str, ...]:
        names = self.names
        if names is None and isinstance(self.scores, Scores):
            names = self.scores.names
        if not names or isinstance(names, str):
            raise InvalidArgument(
                f"names={names!r}: expected the column names, one for each number of a score vector"
            )
        return tuple(names)

    def _pool(self) -> np.ndarray:
        if self.reference is not None:
            found = space_of(self.reference)
            if found != self.space_:
                raise InvalidArgument(f"reference is of space {found!r}, X of {self.space_!r}")
            return self._rows(self.reference)
        if not isinstance(self.scores, Mapping):
            raise InvalidArgument(
                "scaling='paper' fits on all scores, so scores must be a Mapping; or give reference="
            )
        return self._look_up(list(self.scores))

    def _rows(self, X: Population) -> np.ndarray:
        return self._look_up(keys_of(X, self.space_))

    def _look_up(self, keys: Sequence[str]) -> np.ndarray:
        """Return `[n, d]`, NaN where a score is missing."""
        if isinstance(self.scores, Scores):
            table = self.scores if self.names is None else self.scores.select(self.names_)
            return without_sentinels(table.rows(keys), self.names_)
        absent = np.full(len(self.names_), np.nan)
        rows = []
        for key in keys:
            try:
                row = self.scores[key]
            except KeyError:
                row = absent
            if len(row) != len(self.names_):
                raise InvalidArgument(
                    f"scores[{key!r}] has {len(row)} numbers, but names has {len(self.names_)}: {self.names_}"
                )
            rows.append(row)
        return without_sentinels(np.array(rows, dtype=np.float64), self.names_)

    def _check_complete(self, X: Population, values: np.ndarray) -> np.ndarray:
        """Return which values are missing; raise for the first one unless they are to be marked."""
        gaps = np.isnan(values)
        if self.missing == "raise" and gaps.any():
            row, column = np.argwhere(gaps)[0]
            lacking = int(gaps.any(axis=1).sum())
            spelling = native_spellings(X[int(row) : int(row) + 1], self.space_)[0]
            raise MissingScore(
                f"no {self.names_[column]!r} score for {spelling}, row {row} of X (a score is missing in "
                f"{lacking} of {len(gaps)} rows); leave them out, or pass missing='indicator' or 'middle'"
            )
        return gaps
