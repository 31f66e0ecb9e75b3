"""Values as JSON and arrays, and back: numbers, text, lists, arrays, and the value classes of archenc.

What JSON has no form for becomes `{"__archenc__": sort, ...}`. Classes are looked up inside archenc only, and
only those take part that are rebuilt through their own constructor: enums, dataclasses, and what offers
`to_json` and `from_json`, or `__getnewargs__`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from archenc.errors import IncompatibleModel, InvalidArchitecture, InvalidArgument, UnknownName
from archenc.graph import Architecture
from archenc.predictors.persistence import State, nest, unnest
from archenc.spaces import space

_TAG = "__archenc__"
Tensors = dict[str, np.ndarray]


def encode(value: Any, path: str, tensors: Tensors, pack: Callable[[Any], State]) -> Any:
    """Return the JSON form of a value; its arrays go to `tensors` under names that begin with `path`.

    pack: what turns an estimator into its state. Raises InvalidArgument for a value without such a form.
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, np.generic):
        return encode(value.item(), path, tensors, pack)
    if isinstance(value, float):
        return value if math.isfinite(value) else {_TAG: "float", "value": str(value)}
    if isinstance(value, list):
        spelled = _spell(value) if value and all(isinstance(item, Architecture) for item in value) else None
        if spelled is not None:
            return spelled
        return [encode(item, f"{path}/{i}", tensors, pack) for i, item in enumerate(value)]
    if isinstance(value, tuple):
        return {_TAG: "tuple", "items": encode(list(value), path, tensors, pack)}
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        tensors[path] = value
        return {_TAG: "array", "tensor": path}
    if isinstance(value, np.random.Generator) and isinstance(value.bit_generator, np.random.PCG64):
        return {_TAG: "generator", "state": value.bit_generator.state}
    if isinstance(value, BaseEstimator):
        config, inner = pack(value)
        tensors |= nest(path, inner)
        return {_TAG: "estimator", "path": path, "config": config}
    if type(value).__module__.startswith("archenc."):
        described = _describe(value, path, tensors, pack)
        if described is not None:
            return described
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value) and _TAG not in value:
        return _encode_mapping(value, path, tensors, pack)
    raise InvalidArgument(
        f"{path}={value!r}: a {type(value).__name__} cannot be saved; expected numbers, text, lists, "
        "mappings, arrays, a PCG64 generator or a registered estimator"
    )


def decode(value: Any, tensors: Tensors, unpack: Callable[..., Any]) -> Any:
    """Undo `encode`. Raises IncompatibleModel for a sort or class that this archenc does not know."""
    if isinstance(value, list):
        return [decode(item, tensors, unpack) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get(_TAG):
        case None:
            return {key: decode(item, tensors, unpack) for key, item in value.items()}
        case "float":
            return float(value["value"])
        case "tuple":
            return tuple(decode(value["items"], tensors, unpack))
        case "array":
            return tensors[value["tensor"]]
        case "rows":
            return dict(zip(value["keys"], tensors[value["tensor"]], strict=True))
        case "spellings":
            return [space(value["space"]).parse(text) for text in value["texts"]]
        case "generator":
            bits = np.random.PCG64()
            bits.state = value["state"]
            return np.random.Generator(bits)
        case "estimator":
            return unpack(value["config"], unnest(value["path"], tensors))
        case "json":
            return _class_at(value["class"]).from_json(value["text"])
        case "fields":
            return _class_at(value["class"])(**decode(value["fields"], tensors, unpack))
        case "arguments":
            return _class_at(value["class"])(*decode(value["arguments"], tensors, unpack))
        case sort:
            raise IncompatibleModel(f"the saved model holds a value of the unknown sort {sort!r}")


def _spell(archs: list[Architecture]) -> dict[str, Any] | None:
    """Write a pool of one space in that space's own spelling, a tenth of its JSON, if nothing is lost."""
    try:
        home = space(archs[0].space)
        texts = [home.format(arch) for arch in archs]
        same = all(home.parse(text) == arch for text, arch in zip(texts, archs, strict=True))
    except (UnknownName, InvalidArchitecture):  # a user's own space, or something more than its spelling says
        return None
    return {_TAG: "spellings", "space": home.name, "texts": texts} if same else None


def _describe(value: Any, path: str, tensors: Tensors, pack: Callable[[Any], State]) -> dict[str, Any] | None:
    cls = f"{type(value).__module__}:{type(value).__qualname__}"
    if isinstance(value, Enum):
        return {_TAG: "arguments", "class": cls, "arguments": [value.value]}
    if hasattr(value, "from_json"):
        return {_TAG: "json", "class": cls, "text": value.to_json()}
    if is_dataclass(value):
        given = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        return {_TAG: "fields", "class": cls, "fields": encode(given, path, tensors, pack)}
    if hasattr(value, "__getnewargs__"):
        arguments = list(value.__getnewargs__())
        return {_TAG: "arguments", "class": cls, "arguments": encode(arguments, path, tensors, pack)}
    return None


def _encode_mapping(
    value: Mapping[str, Any], path: str, tensors: Tensors, pack: Callable[[Any], State]
) -> dict[str, Any]:
    rows = list(value.values())
    forms = {(row.shape, row.dtype) if isinstance(row, np.ndarray) else None for row in rows}
    if len(forms) == 1 and None not in forms:  # vectors of one length (scores) are one tensor, not thousands
        tensors[path] = np.stack(rows)
        return {_TAG: "rows", "keys": list(value), "tensor": path}
    return {key: encode(item, f"{path}/{key}", tensors, pack) for key, item in value.items()}


def _class_at(where: str) -> Any:
    module, _, name = where.partition(":")
    try:
        if not module.startswith("archenc."):
            raise ImportError("outside archenc")
        cls = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise IncompatibleModel(
            f"the saved model needs {where}, which this archenc lacks ({error})"
        ) from error
    if not isinstance(cls, type):
        raise IncompatibleModel(f"the saved model needs {where}, which is no class")
    return cls
