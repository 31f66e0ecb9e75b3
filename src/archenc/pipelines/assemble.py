"""A predictor and an encoder by name, put together into one unfitted estimator over architectures."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from sklearn.pipeline import FeatureUnion, Pipeline

from archenc.errors import InvalidArgument, UnknownName
from archenc.registry import Registry

RECOMMENDED = "recommended"


def assemble(
    predictor: str,
    encoder: str | None = None,
    *,
    scores: Mapping[str, Any] | None = None,
    names: Sequence[str] | None = None,
    reference: Any = None,
    missing: str = "raise",
    seed: int = 0,
    **params: Any,
) -> Any:
    """Return an unfitted estimator: `fit(architectures, y)`, `predict(architectures)`.

    predictor: a name of the registry, or "recommended". encoder: a name, or several joined by "+"; of a
    predictor that reads graphs (one with a parameter `supplement`) it becomes the supplement, any other
    predictor reads its rows in a Pipeline. scores, names, reference, missing: given to every encoder that has
    such a parameter. params: of the predictor; `encoder__NAME` sets a parameter of the encoder. Raises
    UnknownName for a name that is not registered, InvalidArgument for a combination that cannot work.
    """
    inputs = {"scores": scores, "names": names, "reference": reference, "missing": missing}
    if predictor == RECOMMENDED:
        return _recommended(encoder, inputs, seed, params)
    kind = Registry("predictors").get(predictor)
    for_encoder = {
        name.removeprefix("encoder__"): params.pop(name)
        for name in list(params)
        if name.startswith("encoder__")
    }
    legal = _parameters(kind)
    unknown = sorted(set(params) - set(legal))
    if unknown:
        raise InvalidArgument(f"{predictor} has no parameter {', '.join(unknown)}; it has {', '.join(legal)}")
    if "seed" in legal:
        params = {"seed": seed, **params}
    encoding = None if encoder is None else _encoder(encoder, inputs, seed, for_encoder)
    if "supplement" in legal:
        return kind(**({} if encoding is None else {"supplement": encoding}), **params)
    if encoding is None:
        raise InvalidArgument(
            f"predictor={predictor!r} reads rows of numbers and needs an encoder, one of "
            f"{', '.join(Registry('encoders').names())}, or several joined by '+'"
        )
    return Pipeline([("encoder", encoding), ("predictor", kind(**params))])


def _encoder(names: str, inputs: Mapping[str, Any], seed: int, params: Mapping[str, Any]) -> Any:
    parts = [name.strip() for name in names.split("+")]
    built = [(name, _one_encoder(name, inputs, seed, params)) for name in parts]
    return built[0][1] if len(built) == 1 else FeatureUnion(built)


def _one_encoder(name: str, inputs: Mapping[str, Any], seed: int, params: Mapping[str, Any]) -> Any:
    kind = Registry("encoders").get(name)
    legal = _parameters(kind)
    if "scores" in legal and inputs["scores"] is None:
        raise InvalidArgument(
            f"encoder={name!r} needs scores: a mapping from an architecture's spelling to its vector"
        )
    given = {key: value for key, value in inputs.items() if key in legal and value is not None}
    if "seed" in legal:
        given["seed"] = seed
    unknown = sorted(set(params) - set(legal))
    if unknown:
        raise InvalidArgument(
            f"encoder {name} has no parameter {', '.join(unknown)}; it has {', '.join(legal)}"
        )
    return kind(**given, **params)


def _recommended(encoder: str | None, inputs: Mapping[str, Any], seed: int, params: Mapping[str, Any]) -> Any:
    if encoder is not None:
        raise InvalidArgument(
            f"encoder={encoder!r}: predictor='recommended' brings its own encodings; give none"
        )
    try:
        recommended = import_module("archenc.pipelines").recommended
    except AttributeError as error:
        raise UnknownName("predictors: archenc.pipelines has no 'recommended' yet") from error
    legal = _parameters(recommended)
    given = {
        key: value for key, value in {**inputs, "seed": seed}.items() if key in legal and value is not None
    }
    return recommended(**{**given, **params})


def _parameters(kind: Any) -> list[str]:
    """The names that a class or function takes, or for a class the estimator's own account of them."""
    return [name for name in inspect.signature(kind).parameters if name != "self"]
