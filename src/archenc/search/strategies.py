"""The parts of an algorithm by name, or as they are."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from archenc.errors import InvalidArgument
from archenc.pipelines.by_name import assemble, encoders
from archenc.search.base import Sample
from archenc.search.encoded import ChangedInCode, DrawnBySpace, DrawnInCode
from archenc.search.surrogates.estimator import Estimator
from archenc.search.surrogates.features import Features

DRAWN_BY_SPACE: dict[str, Sample | None] = {"uniform": None, "spec": DrawnBySpace(by="spec")}
"""Ways to draw that are no encoding."""


def as_features(encoder: Any, default: str) -> Features:
    """Return features from features, a name ("path", "adjacency+graph_features"), an encoder or several.

    Those of one name are one object, so that all searches in a domain share its codes.
    """
    if isinstance(encoder, Features):
        return encoder
    if encoder is None or isinstance(encoder, str):
        return _named(encoder or default)
    return Features(encoder)


@lru_cache(maxsize=64)
def _named(encoder: str) -> Features:
    return Features(encoders(encoder))


def as_estimator(predictor: Any, encoder: Any) -> Estimator:
    """Return the surrogate of a predictor, by name (with an encoder by name) or as an unfitted estimator."""
    if isinstance(predictor, str):
        return Estimator(assemble(predictor, encoder))
    if encoder is not None:
        raise InvalidArgument("encoder: an unfitted predictor brings its own; give none")
    return Estimator(predictor)


def as_sample(given: Any) -> Sample | None:
    """Return what draws architectures.

    None or "uniform": as the domain draws. "spec": as NAS-Bench-101 does. An encoder, by name or unfitted: in
    its codes (`DrawnInCode`). Any other `Sample` as it is. Raises InvalidArgument, UnknownName.
    """
    if given is None:
        return None
    if isinstance(given, str) and given in DRAWN_BY_SPACE:
        return DRAWN_BY_SPACE[given]
    if isinstance(given, str) or hasattr(given, "transform"):
        return DrawnInCode(_encoder(given))
    if not callable(given):
        raise InvalidArgument(f"sample={given!r:.80}: expected the name of an encoder, or something to call")
    return cast("Sample", given)


def as_perturb(given: Any, default: Any) -> Any:
    """Return what makes children.

    None: the default. An encoder, by name or unfitted: in its codes (`ChangedInCode`). Any other `Perturb` as
    it is. Raises InvalidArgument, UnknownName.
    """
    if given is None:
        return default
    if isinstance(given, str) or hasattr(given, "transform"):
        return ChangedInCode(_encoder(given))
    if not callable(given):
        raise InvalidArgument(f"perturb={given!r:.80}: expected the name of an encoder, or something to call")
    return given


def _encoder(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    found = encoders(given)
    if len(found) > 1:
        raise InvalidArgument(f"{given!r}: sampling and perturbation are in one encoding; name one")
    return found[0]
