"""Recipes whose model is a Gaussian process: Bayesian optimisation, and what we recommend."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from archenc.errors import InvalidArgument
from archenc.pipelines.by_name import encoders
from archenc.search.acquisition import Acquisition
from archenc.search.algorithms.model_guided import ModelGuided
from archenc.search.candidates import Everything, Mutations
from archenc.search.perturbing import OneChange
from archenc.search.recipes.base import Start
from archenc.search.strategies import as_features, as_perturb, as_sample
from archenc.search.structure_prior import Experience
from archenc.search.surrogates.botorch_process import BotorchProcess
from archenc.search.surrogates.process import Process, Target
from archenc.search.surrogates.scored import ScorePrior


def gaussian_process(
    *,
    encoder: Any = None,
    acquisition: Acquisition | str = "ei",
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
        acquisition=acquisition,
    )


def botorch_process(
    *, encoder: Any = None, acquisition: Acquisition | str = "ei", initial: int = 10, size: int = 1
) -> Start:
    """Bayesian optimisation with BoTorch's Gaussian process; needs the extra `botorch`."""
    return partial(
        ModelGuided,
        surrogate=BotorchProcess(as_features(encoder, "adjacency")),
        initial=initial,
        size=size,
        acquisition=acquisition,
    )


def score_prior(
    *,
    encoder: Any = None,
    features: Any = None,
    weight: float = 0.5,
    initial: int = 1,
    size: int = 1,
    acquisition: Acquisition | str = "ei",
) -> Start:
    """A Gaussian process that learns what zero-cost scores leave unexplained: see `ScorePrior`.

    encoder: of the scores, "zero_cost"; their cost stands beside the results. features: what the process
    reads, one-hot codes and graph features by default. Raises InvalidArgument without scores.
    """
    if encoder is None:
        raise InvalidArgument("encoder: score_prior needs the encoder of the scores, such as zero_cost")
    process = Process(as_features(features, "adjacency+graph_features"), target="raw")
    return partial(
        ModelGuided,
        surrogate=ScorePrior(process, encoders(encoder) if isinstance(encoder, str) else encoder, weight),
        initial=initial,
        size=size,
        acquisition=acquisition,
    )


def recommended(
    *,
    encoder: Any = None,
    initial: int = 1,
    prior: float = 1.0,
    experience: Experience = "tables",
    without: str = "",
    doubt: float | None = None,
    target: Target = "half",
    draws: int = 500,
) -> Start:
    """What we recommend: a Gaussian process on one-hot codes and graph features, refitted after every query.

    One random architecture, then what counts of a cell were worth on digits201 and TransNAS. without: some of
    these, to search on them ("transnasbench101/jigsaw"). doubt: of `StructurePrior`, so that a search notices
    when that misleads. experience="weights": more weights are better.
    """
    features = as_features(encoder, "adjacency+graph_features")
    surrogate = Process(
        features, target=target, prior=prior, experience=experience, without=without, doubt=doubt
    )
    return partial(
        ModelGuided,
        surrogate=surrogate,
        initial=initial,
        size=1,
        candidates=Everything(draws),
        acquisition="ei",
    )
