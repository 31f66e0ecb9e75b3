"""Recipes whose model is any predictor: rounds of what it ranks first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from archenc.search.acquisition import Acquisition
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.choosing import Best, Halving
from archenc.search.recipes.base import Start
from archenc.search.strategies import as_estimator

FLAN_SIZES = (4, 4, 4, 8, 4, 4, 16, 16, 32, 32)


def predictor_guided(
    *,
    predictor: Any = "recommended",
    encoder: Any = None,
    initial: int = 16,
    size: int | None = 8,
    explore: float = 0.25,
    acquisition: Acquisition | str = "mean",
) -> Start:
    """Rounds of what a predictor ranks first, a share by chance; explore=0: greedy. Wen et al., ECCV 2020."""
    return partial(
        ModelGuided,
        surrogate=as_estimator(predictor, encoder),
        initial=initial,
        size=size,
        acquisition=acquisition,
        choose=Best(explore),
    )


def flan_rounds(
    *, predictor: Any = "flan", encoder: Any = None, initial: int = 4, sizes: Sequence[int] = FLAN_SIZES
) -> Start:
    """FLAN's search: 4 at random, then rounds of 4 to 32, half the best and half from a shrinking top.

    Akhauri & Abdelfattah, ICML 2024: 8, 12, 16, 24, 28, 32, 48, 64, 96, 128 evaluations in all.
    """
    return partial(
        ModelGuided,
        surrogate=as_estimator(predictor, encoder),
        initial=initial,
        size=sizes,
        acquisition="mean",
        choose=Halving(),
    )
