"""Recipes that learn no model: random search, evolution, local search."""

from __future__ import annotations

from functools import partial
from typing import Any

from archenc.search.algorithms.evolution import RegularisedEvolution
from archenc.search.algorithms.local import LocalSearch, Move, Stuck
from archenc.search.algorithms.random import RandomSearch
from archenc.search.perturbing import OneChange
from archenc.search.recipes.base import Start
from archenc.search.strategies import as_perturb, as_sample


def random(*, sample: Any = None, charge_duplicates: bool = False) -> Start:
    """Random search. sample: an encoding to draw in, see `strategies.as_sample`."""
    return partial(RandomSearch, sample=as_sample(sample), charge_duplicates=charge_duplicates)


def evolution(
    *,
    initial: int = 10,
    population: int = 30,
    tournament: int = 10,
    replacement: bool = False,
    changes: int = 1,
    sample: Any = None,
    perturb: Any = None,
    charge_duplicates: bool = False,
) -> Start:
    """Regularised evolution: see `RegularisedEvolution`. perturb: an encoding in which children are near."""
    return partial(
        RegularisedEvolution,
        initial=initial,
        population=population,
        tournament=tournament,
        replacement=replacement,
        sample=as_sample(sample),
        perturb=as_perturb(perturb, OneChange(changes)),
        charge_duplicates=charge_duplicates,
    )


def local(
    *,
    initial: int = 10,
    move: Move = "first",
    stuck: Stuck = "restart",
    restart: int = 10,
    sample: Any = None,
    perturb: Any = None,
) -> Start:
    """Local search: see `LocalSearch`. perturb: an encoding in which neighbours are near."""
    return partial(
        LocalSearch,
        initial=initial,
        move=move,
        stuck=stuck,
        restart=restart,
        sample=as_sample(sample),
        perturb=as_perturb(perturb, OneChange()),
    )
