"""Studies as data: what `archenc search --study NAME` runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from archenc.evaluation.definitions import named, read_definitions
from archenc.search.domain import Identity
from archenc.search.simulation import Method
from archenc.search.strategies import DRAWN_BY_SPACE


@dataclass(frozen=True, slots=True)
class Study:
    """One table, one metric, methods with paired seeds."""

    name: str
    title: str
    table: str
    metric: str
    budget: int
    seeds: int
    methods: tuple[Method, ...]
    identity: Identity = "key"
    scores: str | None = None


def studies() -> dict[str, Study]:
    """Return every packaged study by name."""
    return dict(_studies())


def study(name: str) -> Study:
    """Return the study called `name`. Raises UnknownName, which lists them."""
    return named("studies", name, _studies())


@cache
def _studies() -> dict[str, Study]:
    return read_definitions("studies.toml", _study, room="archenc.search")


def _study(name: str, fields: dict[str, Any]) -> Study:
    rest = dict(fields)
    methods = [Method(**one) for one in rest.pop("methods", ())]
    if "encodings" in rest:
        methods += subroutines(rest.pop("encodings"), rest.pop("subroutines", SUBROUTINES))
    return Study(**{**rest, "name": name, "methods": tuple(methods)})


SUBROUTINES = ("sample", "perturb", "encoder")


def subroutines(encodings: Sequence[str], kept: Sequence[str] = SUBROUTINES) -> list[Method]:
    """Return the methods of a study of encodings (White et al., NeurIPS 2020): one subroutine at a time.

    An encoding serves sampling in random search, perturbation in evolution and in local search, and the
    predictor of Bayesian optimisation ("encoder"); what it does not serve is uniform draws, one change, and
    one-hot codes. kept: those subroutines alone.
    """
    parts = [
        ("sampling: random search", "random", "sample"),
        ("perturbation: evolution", "evolution", "perturb"),
        ("perturbation: local search", "local", "perturb"),
        ("predictor: Gaussian process", "gaussian_process:candidates=mutations", "encoder"),
    ]
    return [
        Method(algorithm, label=label, **{part: encoding})
        for label, algorithm, part in parts
        if part in kept
        for encoding in encodings
        if part == "sample" or encoding not in DRAWN_BY_SPACE
    ]
