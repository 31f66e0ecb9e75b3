"""Recipes whose model is small networks on codes: BANANAS, WeakNAS, greedy, DNGO and CATE's search."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from archenc.errors import InvalidArgument
from archenc.search.acquisition import Acquisition
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.candidates import Candidates, Mutations, RandomDraws, Union
from archenc.search.choosing import FromTop
from archenc.search.perturbing import OneChange
from archenc.search.recipes.base import Start
from archenc.search.strategies import as_features, as_perturb, as_sample
from archenc.search.surrogates.dngo import DNGO
from archenc.search.surrogates.ensemble import RECIPES, Ensemble
from archenc.typing import truth, whole_number

_WEAK = {"absolute": 0.0, "squared": 1.0, "epochs": 100, "batch": 10**6, "lr": 1e-3}


def bananas(
    *,
    encoder: Any = None,
    preset: str = "naszilla",
    acquisition: Acquisition | str = "its",
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
    charged = cole if charge_duplicates is None else truth("charge_duplicates", charge_duplicates)
    changed = as_perturb(perturb, OneChange(3) if cole else OneChange())
    children: Candidates = Mutations(*((2, 16) if cole else (100, None)), changed, distinct=not charged)
    strategies: dict[str, Candidates] = {
        "mutations": children,
        "random": RandomDraws(),
        "both": Union((children, RandomDraws())),
    }
    if candidates not in strategies:
        raise InvalidArgument(f"candidates={candidates!r}; legal: {', '.join(strategies)}")
    n_members = (3 if cole else 5) if members is None else whole_number("members", members, least=1)
    if n_members == 1 and acquisition in ("ei", "pi", "ucb", "its", "cate_published"):
        raise InvalidArgument(
            f"members=1: acquisition={acquisition!r} needs the deviation of two or more; or take 'mean'"
        )
    surrogate = Ensemble(
        as_features(encoder, "path" if cole else "path:truncate=40"),
        members=n_members,
        recipe=preset,
        components=components,
    )
    return partial(
        ModelGuided,
        surrogate=surrogate,
        initial=(20 if cole else 10) if initial is None else initial,
        size=size,
        candidates=strategies[candidates],
        acquisition=acquisition,
        sample=as_sample(sample),
        charge_duplicates=charged,
    )


def weaknas(
    *, encoder: Any = None, initial: int = 10, size: int = 10, top: int = 100, width: int = 1000
) -> Start:
    """Progressive refinement as in WeakNAS: a weak perceptron, 10 drawn uniformly from its top 100.

    width: of its four hidden layers. Wu et al., NeurIPS 2021.
    """
    recipe = {"hidden": (whole_number("width", width, least=1),) * 4, **_WEAK}
    return partial(
        ModelGuided,
        surrogate=Ensemble(as_features(encoder, "adjacency"), members=1, recipe=recipe),
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
    widths = (whole_number("hidden", hidden, least=1),)
    shape = {"hidden": widths, "epochs": whole_number("epochs", epochs, least=1), "batch": 5, "lr": 1e-2}
    loss = {"absolute": 0.0, "squared": 1.0, "betas": (0.9, 0.999), "decay": 0.01, "start": "fan_in"}
    recipe = {**shape, **loss}
    return partial(
        ModelGuided,
        surrogate=Ensemble(as_features(encoder, "adjacency"), members=1, recipe=recipe),
        initial=initial,
        size=size,
        acquisition="mean",
    )


def dngo(
    *,
    encoder: Any = None,
    acquisition: Acquisition | str = "ei",
    initial: int = 16,
    size: int = 5,
    epochs: int = 30,
) -> Start:
    """Bayesian optimisation with DNGO on an encoding, for learned ones above all."""
    return partial(
        ModelGuided,
        surrogate=DNGO(as_features(encoder, "adjacency"), epochs=whole_number("epochs", epochs, least=1)),
        initial=initial,
        size=size,
        acquisition=acquisition,
    )


def cate_local(
    *,
    encoder: Any = None,
    acquisition: Acquisition | str = "ei",
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
        surrogate=DNGO(as_features(encoder, "adjacency"), epochs=whole_number("epochs", epochs, least=1)),
        initial=initial,
        size=size,
        acquisition=acquisition,
        nearest=nearest,
        patience=patience,
    )
