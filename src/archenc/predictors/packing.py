"""Estimators as data: parameters and learned state as JSON and arrays, and back, for `persistence` to write.

An estimator takes part by offering `_state() -> (config, tensors)`, `_set_state(config, tensors)` and
`state_version`, and by having a name in a registry; no other class is ever built from a file. Estimators
nest: one that is a parameter of another, also inside a FeatureUnion or Pipeline of scikit-learn, is packed
with it, and its tensors carry the path to it (`params/supplement/state/minimum`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.validation import check_is_fitted

from archenc.errors import IncompatibleModel, InvalidArgument, UnknownName
from archenc.predictors.persistence import State, nest, unnest
from archenc.registry import Registry

_KINDS = ("predictors", "encoders", "pipelines")
# scikit-learn's composites keep what they learn inside their parameters, so those are enough
_COMPOSITES: dict[str, type[BaseEstimator]] = {"FeatureUnion": FeatureUnion, "Pipeline": Pipeline}
_TAG = "__archenc__"


def pack(estimator: Any) -> State:
    """Return the estimator, fitted or not, as a JSON-able config and arrays by name.

    Raises InvalidArgument if its class is not registered, or a parameter has no such form.
    """
    kind, name = _name_of(type(estimator))
    tensors: dict[str, np.ndarray] = {}
    given = estimator.get_params(deep=False)
    params = {key: _encode(value, f"params/{key}", tensors) for key, value in given.items()}
    config: dict[str, Any] = {"kind": kind, "name": name, "params": params}
    if kind != "sklearn" and _is_fitted(estimator):
        state, learned = estimator._state()
        config["version"] = estimator.state_version
        config["state"] = _encode(state, "config", tensors)
        tensors |= nest("state", learned)
    return config, tensors


def unpack(config: dict[str, Any], tensors: dict[str, np.ndarray]) -> Any:
    """Return the estimator that `pack` described. Raises IncompatibleModel for an unknown class or layout."""
    cls = _class_of(config["kind"], config["name"])
    try:
        estimator = cls(**{key: _decode(value, tensors) for key, value in config["params"].items()})
    except TypeError as error:
        raise IncompatibleModel(f"{config['name']}: the saved parameters do not fit ({error})") from error
    if "state" in config:
        if config["version"] != estimator.state_version:
            raise IncompatibleModel(
                f"{config['name']}: the saved state has layout {config['version']}, this archenc reads "
                f"{estimator.state_version}: load it with the archenc that wrote it, or fit again"
            )
        estimator._set_state(_decode(config["state"], tensors), unnest("state", tensors))
    return estimator


def _encode(value: Any, path: str, tensors: dict[str, np.ndarray]) -> Any:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list):
        return [_encode(item, f"{path}/{i}", tensors) for i, item in enumerate(value)]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "items": _encode(list(value), path, tensors)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        tensors[path] = value
        return {_TAG: "array", "tensor": path}
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) and _TAG not in value:
        return _encode_mapping(value, path, tensors)
    if isinstance(value, np.random.Generator) and isinstance(value.bit_generator, np.random.PCG64):
        return {_TAG: "generator", "state": value.bit_generator.state}
    if isinstance(value, BaseEstimator):
        config, inner = pack(value)
        tensors |= nest(path, inner)
        return {_TAG: "estimator", "path": path, "config": config}
    raise InvalidArgument(
        f"{path}={value!r}: a {type(value).__name__} cannot be saved; expected numbers, text, lists, "
        "mappings, arrays, a PCG64 generator or a registered estimator"
    )


def _encode_mapping(value: Mapping[str, Any], path: str, tensors: dict[str, np.ndarray]) -> Any:
    rows = list(value.values())
    forms = {(row.shape, row.dtype) if isinstance(row, np.ndarray) else None for row in rows}
    if len(forms) == 1 and None not in forms:  # vectors of one length (scores) are one tensor, not thousands
        tensors[path] = np.stack(rows)
        return {_TAG: "rows", "keys": list(value), "tensor": path}
    return {key: _encode(item, f"{path}/{key}", tensors) for key, item in value.items()}


def _decode(value: Any, tensors: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_decode(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get(_TAG):
        case None:
            return {key: _decode(item, tensors) for key, item in value.items()}
        case "tuple":
            return tuple(_decode(value["items"], tensors))
        case "array":
            return tensors[value["tensor"]]
        case "rows":
            return dict(zip(value["keys"], tensors[value["tensor"]], strict=True))
        case "generator":
            bits = np.random.PCG64()
            bits.state = value["state"]
            return np.random.Generator(bits)
        case "estimator":
            return unpack(value["config"], unnest(value["path"], tensors))
        case tag:
            raise IncompatibleModel(f"the saved model holds a value of the unknown sort {tag!r}")


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
