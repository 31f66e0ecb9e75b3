"""Estimators as data: parameters and learned state as JSON and arrays, and back, for `persistence` to write.

A registered estimator takes part. Where it offers `_state() -> (config, tensors)` and `_set_state(config,
tensors)` these say what it learned; else that is every attribute whose name ends in `_`, as scikit-learn has
it. Estimators nest: one that is a parameter of another, also inside a FeatureUnion or Pipeline of
scikit-learn, is packed with it, and its tensors carry the path to it (`params/supplement/state/minimum`). No
other class is ever built from a file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted

from archenc.errors import IncompatibleModel, InvalidArgument, UnknownName
from archenc.predictors.persistence import State, nest, unnest
from archenc.predictors.values import decode, encode
from archenc.registry import Registry

_KINDS = ("predictors", "encoders", "pipelines")
# scikit-learn's composites keep what they learn inside their parameters, so those are enough
_COMPOSITES: dict[str, type[BaseEstimator]] = {"FeatureUnion": FeatureUnion, "Pipeline": Pipeline}


def pack(estimator: Any) -> State:
    """Return the estimator, fitted or not, as a JSON-able config and arrays by name.

    Raises InvalidArgument if its class is not registered, or something it holds has no such form.
    """
    kind, name = _name_of(type(estimator))
    tensors: dict[str, np.ndarray] = {}
    given = estimator.get_params(deep=False)
    params = {key: encode(value, f"params/{key}", tensors, pack) for key, value in given.items()}
    config: dict[str, Any] = {"kind": kind, "name": name, "params": params}
    if kind != "sklearn" and _is_fitted(estimator):
        state, learned = (
            estimator._state() if hasattr(estimator, "_state") else (learned_attributes(estimator), {})
        )
        config["version"] = _layout(estimator)
        config["state"] = encode(state, "state", tensors, pack)
        tensors |= nest("tensors", learned)
    return config, tensors


def unpack(config: dict[str, Any], tensors: dict[str, np.ndarray]) -> Any:
    """Return the estimator that `pack` described. Raises IncompatibleModel for an unknown class or layout."""
    cls = _class_of(config["kind"], config["name"])
    try:
        estimator = cls(**{key: decode(value, tensors, unpack) for key, value in config["params"].items()})
    except TypeError as error:
        raise IncompatibleModel(f"{config['name']}: the saved parameters do not fit ({error})") from error
    if "state" not in config:
        return estimator
    if config["version"] != _layout(estimator):
        raise IncompatibleModel(
            f"{config['name']}: the saved state has layout {config['version']}, this archenc reads "
            f"{_layout(estimator)}: load it with the archenc that wrote it, or fit again"
        )
    state = decode(config["state"], tensors, unpack)
    if hasattr(estimator, "_set_state"):
        estimator._set_state(state, unnest("tensors", tensors))
    else:
        vars(estimator).update(state)
    return estimator


def learned_attributes(estimator: Any) -> dict[str, Any]:
    """Return what `fit` set: the attributes whose names end in `_`."""
    return {
        name: value
        for name, value in vars(estimator).items()
        if name.endswith("_") and not name.startswith("_")
    }


def _layout(estimator: Any) -> int:
    return getattr(estimator, "state_version", 1)


def _is_fitted(estimator: Any) -> bool:
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        return False
    return True


def _name_of(cls: type) -> tuple[str, str]:
    for name, composite in _COMPOSITES.items():
        if cls is composite:
            return "sklearn", name
    for kind in _KINDS:
        name = Registry(kind).name_of(cls)
        if name is not None:
            return kind, name
    raise InvalidArgument(
        f"{cls.__module__}.{cls.__qualname__} cannot be saved: it has no entry point under "
        f"{', '.join(f'archenc.{kind}' for kind in _KINDS)}, by which to find it again"
    )


def _class_of(kind: str, name: str) -> Any:
    if kind == "sklearn" and name in _COMPOSITES:
        return _COMPOSITES[name]
    if kind not in _KINDS:
        raise IncompatibleModel(f"the saved model is of the unknown kind {kind!r}")
    try:
        return Registry(kind).get(name)
    except UnknownName as error:
        raise IncompatibleModel(f"the saved model is of a class that is not installed: {error}") from error
