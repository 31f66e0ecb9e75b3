"""The algorithms by name: each recipe makes its strategies once, and a searcher for every domain and seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from archenc.errors import InvalidArgument
from archenc.search.acquisition import acquisition as acquisition_called
from archenc.search.algorithms.evolution import RegularisedEvolution
from archenc.search.algorithms.local import LocalSearch, Move, Stuck
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.algorithms.random import RandomSearch
from archenc.search.base import Searcher
from archenc.search.candidates import Candidates, Everything, Mutations, RandomDraws, Union
from archenc.search.choosing import Best, FromTop, Halving
from archenc.search.perturbing import OneChange
from archenc.search.strategies import as_estimator, as_features, as_perturb, as_sample
from archenc.search.structure_prior import Experience
from archenc.search.surrogates.dngo import DNGO
from archenc.search.surrogates.ensemble import RECIPES, Ensemble
from archenc.search.surrogates.process import Process, Target

Start = Callable[..., Searcher]
"""(domain, seed=..., objectives=...) -> a searcher."""

FLAN_SIZES = (4, 4, 4, 8, 4, 4, 16, 16, 32, 32)
_WEAK = {"hidden": (1000,) * 4, "absolute": 0.0, "squared": 1.0, "epochs": 100, "batch": 10**6, "lr": 1e-3}


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


def bananas(
    *,
    encoder: Any = None,
    preset: str = "naszilla",
    acquisition: str = "its",
    candidates: Literal["mutations", "random", "both"] = "mutations",
    initial: int | None = None,
    size: int = 10,
    members: int | None = None,
    components: int | None = None,
    sample: Any = None,
    perturb: Any = None,
    charge_duplicates: bool | None = None,
) -> Start:
    """BANANAS: an ensemble on an encoding, mutations of the best, independent Thompson sampling.

    preset: "naszilla" (White et al., AAAI 2021: 5 networks of 10 layers of 20, 10 initial, 100 mutations of
    the best, codes of the first 40 paths) or "cole" (3 networks of 3 layers of 128, 20 initial, 16 parents
    with 2 children three changes away, duplicates neither dropped nor free, all paths). Other arguments
    replace what the preset says. components: of the codes, by principal components in each round. sample,
    perturb: encodings in which the first architectures are drawn, and children are near.
    """
    if preset not in RECIPES:
        raise InvalidArgument(f"preset={preset!r}; legal: {', '.join(RECIPES)}")
    cole = preset == "cole"
    charged = cole if charge_duplicates is None else charge_duplicates
    changed = as_perturb(perturb, OneChange(3) if cole else OneChange())
    children: Candidates = Mutations(*((2, 16) if cole else (100, None)), changed, distinct=not charged)
    strategies: dict[str, Candidates] = {
        "mutations": children,
        "random": RandomDraws(),
        "both": Union((children, RandomDraws())),
    }
    if candidates not in strategies:
        raise InvalidArgument(f"candidates={candidates!r}; legal: {', '.join(strategies)}")
    surrogate = Ensemble(
        as_features(encoder, "path" if cole else "path:truncate=40"),
        members=members or (3 if cole else 5),
        recipe=preset,
        components=components,
    )
    return partial(
        ModelGuided,
        surrogate=surrogate,
        initial=initial or (20 if cole else 10),
        size=size,
        candidates=strategies[candidates],
        acquisition=acquisition_called(acquisition),
        sample=as_sample(sample),
        charge_duplicates=charged,
    )


def gaussian_process(
    *,
    encoder: Any = None,
    acquisition: str = "ei",
    initial: int = 10,
    size: int = 1,
    target: Target = "raw",
    prior: float = 0.0,
    candidates: Literal["everything", "mutations"] = "everything",
    sample: Any = None,
    perturb: Any = None,
) -> Start:
    """Bayesian optimisation with a Gaussian process on any encoding, one-hot by default.

    candidates: everything there is, or 40 children of each of the five best, as in the study of encodings
    (White et al., NeurIPS 2020). sample, perturb: as of `bananas`.
    """
    if candidates not in ("everything", "mutations"):
        raise InvalidArgument(f"candidates={candidates!r}; legal: everything, mutations")
    surrogate = Process(as_features(encoder, "adjacency"), target=target, prior=prior)
    everything = candidates == "everything"
    return partial(
        ModelGuided,
        surrogate=surrogate,
        initial=initial,
        size=size,
        candidates=Everything() if everything else Mutations(40, 5, as_perturb(perturb, OneChange())),
        sample=as_sample(sample),
        acquisition=acquisition_called(acquisition),
    )


def predictor_guided(
    *,
    predictor: Any = "recommended",
    encoder: Any = None,
    initial: int = 16,
    size: int | None = 8,
    explore: float = 0.25,
    acquisition: str = "mean",
) -> Start:
    """Rounds of what a predictor ranks first, a share by chance; explore=0: greedy. Wen et al., ECCV 2020."""
    return partial(
        ModelGuided,
        surrogate=as_estimator(predictor, encoder),
        initial=initial,
        size=size,
        acquisition=acquisition_called(acquisition),
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


def weaknas(*, encoder: Any = None, initial: int = 10, size: int = 10, top: int = 100) -> Start:
    """Progressive refinement as in WeakNAS: a weak perceptron, 10 drawn uniformly from its top 100.

    Wu et al., NeurIPS 2021.
    """
    return partial(
        ModelGuided,
        surrogate=Ensemble(as_features(encoder, "adjacency"), members=1, recipe=_WEAK),
        initial=initial,
        size=size,
        acquisition="mean",
        choose=FromTop(top),
    )


def greedy(
    *, encoder: Any = None, initial: int = 16, size: int = 5, hidden: int = 128, epochs: int = 100
) -> Start:
    """The five that a perceptron of one hidden layer on an encoding ranks first, without exploration.

    CATE's experiment outside the search space has it (Yan et al., ICML 2021).
    """
    shape = {"hidden": (hidden,), "absolute": 0.0, "squared": 1.0, "epochs": epochs, "batch": 5}
    recipe = {**shape, "lr": 1e-2, "betas": (0.9, 0.999), "decay": 0.01, "start": "fan_in"}
    return partial(
        ModelGuided,
        surrogate=Ensemble(as_features(encoder, "adjacency"), members=1, recipe=recipe),
        initial=initial,
        size=size,
        acquisition="mean",
    )


def dngo(
    *, encoder: Any = None, acquisition: str = "ei", initial: int = 16, size: int = 5, epochs: int = 30
) -> Start:
    """Bayesian optimisation with DNGO on an encoding, for learned ones above all."""
    return partial(
        ModelGuided,
        surrogate=DNGO(as_features(encoder, "adjacency"), epochs=epochs),
        initial=initial,
        size=size,
        acquisition=acquisition_called(acquisition),
    )


def cate_local(
    *,
    encoder: Any = None,
    acquisition: str = "ei",
    initial: int = 16,
    size: int = 5,
    nearest: int = 5,
    patience: int = 20,
    epochs: int = 30,
) -> Start:
    """CATE-LS: DNGO, and after each round the nearest neighbours, in the encoding, of the five best.

    Yan et al., ICML 2021.
    """
    return partial(
        ModelGuided,
        surrogate=DNGO(as_features(encoder, "adjacency"), epochs=epochs),
        initial=initial,
        size=size,
        acquisition=acquisition_called(acquisition),
        nearest=nearest,
        patience=patience,
    )


def recommended(
    *,
    encoder: Any = None,
    initial: int = 1,
    prior: float = 0.8,
    experience: Experience = "tables",
    without: str = "",
    target: Target = "half",
    draws: int = 500,
) -> Start:
    """What we recommend: a Gaussian process on one-hot codes and graph features, refitted after every query.

    One random architecture, then what counts of a cell were worth on digits201 and TransNAS. without: some of
    these, to search on them ("transnasbench101/jigsaw"). experience="weights": more weights are better.
    """
    features = as_features(encoder, "adjacency+graph_features")
    surrogate = Process(features, target=target, prior=prior, experience=experience, without=without)
    return partial(
        ModelGuided,
        surrogate=surrogate,
        initial=initial,
        size=1,
        candidates=Everything(draws),
        acquisition="ei",
    )
