"""A predictor and an encoder by name, put together into one unfitted estimator over architectures."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.pipeline import FeatureUnion, Pipeline

from archenc.errors import InvalidArgument
from archenc.pipelines.encoded import EncodedTrials
from archenc.proxies import operation_scores
from archenc.registry import Registry

RECOMMENDED = "recommended"
_COLON = re.compile(r':(?=(?:[^"]*"[^"]*")*[^"]*$)')  # an even number of quotes behind it: outside of any


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

    predictor: a name of the registry, or "recommended"; options may follow, "flan:timesteps=1:mask=neg_inf".
    encoder: a name, options likewise ("path:truncate=30"), or several joined by "+". Of a predictor that
    reads graphs (one with a parameter `supplement`) it becomes the supplement; any other predictor reads its
    rows in a Pipeline. scores, names, reference, missing: for every encoder, and every predictor on graphs,
    that has such a parameter and uses it. A text for `saliencies` ("ta_gates:saliencies=NAME") is where
    `proxies.operation_scores` finds them.
    params: further parameters of the predictor. Raises UnknownName for a name that is not registered,
    InvalidArgument for a combination that cannot work.
    """
    inputs = {"scores": scores, "names": names, "reference": reference, "missing": missing}
    name, options = parse(predictor)
    params = {**options, **params}
    if name == RECOMMENDED:
        return _recommended(encoder, inputs, seed, params)
    kind = Registry("predictors").get(name)
    legal = _checked(f"predictor {name}", kind, params)
    if isinstance(params.get("saliencies"), str):
        params["saliencies"] = operation_scores(params["saliencies"])
    if "seed" in legal:
        params = {"seed": seed, **params}
    encoding = None if encoder is None else _encoder(encoder, inputs, seed)
    if isinstance(params.get("supplement"), str):
        raise InvalidArgument(
            f"supplement={params['supplement']!r}: expected an encoder; its name goes with the encoders"
        )
    if reads_graphs(name):
        if encoding is not None and "supplement" not in legal:
            raise InvalidArgument(
                f"encoder={encoder!r}: predictor={name!r} reads graphs alone; give none, or take "
                "flan, which has a supplement"
            )
        used = [key for key in inputs if key in legal and uses(key, {**_defaults(kind), **params})]
        given = {key: inputs[key] for key in used if inputs[key] is not None}
        return kind(**{**({} if encoding is None else {"supplement": encoding}), **given, **params})
    if encoding is None:
        raise InvalidArgument(
            f"predictor={name!r} reads rows of numbers and needs an encoder, one of "
            f"{', '.join(Registry('encoders').names())}, or several joined by '+'"
        )
    pipeline = EncodedTrials if hasattr(kind, "fit_trials") else Pipeline
    return pipeline([("encoder", encoding), ("predictor", kind(**params))])


def encoders(
    encoder: str, *, scores: Mapping[str, Any] | None = None, missing: str = "raise", seed: int = 0
) -> list[Any]:
    """Return unfitted encoders: one for each name joined by "+", with its options. Raises as `assemble`."""
    inputs = {"scores": scores, "names": None, "reference": None, "missing": missing}
    return [_one_encoder(part.strip(), inputs, seed) for part in encoder.split("+")]


def uses(name: str, params: Mapping[str, Any]) -> bool:
    """Say whether a predictor with these parameters looks at its `scores`, `names` or `reference`.

    What takes in information without labels may have it switched off (`op_features`, `aux_targets`).
    """
    needed = {
        "scores": ["aux_targets"],
        "names": ["aux_targets"],
        "reference": ["op_features", "aux_targets"],
    }
    switches = [params[switch] for switch in needed.get(name, ()) if switch in params]
    return not switches or any(switches)


def reads_graphs(predictor: str) -> bool:
    """Say whether a predictor takes architectures as they are and needs no encoder. Raises UnknownName."""
    name, _ = parse(predictor)
    return name == RECOMMENDED or bool(getattr(Registry("predictors").get(name), "reads_graphs", False))


def takes_scores(encoder: str) -> bool:
    """Say whether an encoder (or one of several joined by "+") needs scores. Raises UnknownName."""
    names = [parse(part)[0] for part in encoder.split("+")]
    return any("scores" in _parameters(Registry("encoders").get(name)) for name in names)


def parse(spec: str) -> tuple[str, dict[str, Any]]:
    """Split "name:option=value:option=value"; a value is JSON (3, 0.5, true, null, "layer:3"), else text.

    A colon within double quotes is part of the value. Raises InvalidArgument for an option without a value.
    """
    name, *options = (part.strip() for part in _COLON.split(spec))
    values: dict[str, Any] = {}
    for option in options:
        key, equals, text = option.partition("=")
        if not (key and equals and text):
            raise InvalidArgument(
                f"{spec!r}: {option!r} is no option=value; a legal form is path:truncate=30"
            )
        try:
            values[key] = json.loads(text)
        except json.JSONDecodeError:
            values[key] = text
    return name, values


def _encoder(spec: str, inputs: Mapping[str, Any], seed: int) -> Any:
    parts = [part.strip() for part in spec.split("+")]
    if len(set(parts)) < len(parts):
        raise InvalidArgument(f"encoder={spec!r} names an encoder twice; expected different ones")
    built = [(part, _one_encoder(part, inputs, seed)) for part in parts]
    return built[0][1] if len(built) == 1 else FeatureUnion(built)


def _one_encoder(spec: str, inputs: Mapping[str, Any], seed: int) -> Any:
    name, options = parse(spec)
    kind = Registry("encoders").get(name)
    legal = _checked(f"encoder {name}", kind, options)
    if "scores" in legal and inputs["scores"] is None:
        raise InvalidArgument(f"encoder={name!r} needs scores: a vector for each spelling of an architecture")
    given = {key: value for key, value in inputs.items() if key in legal and value is not None}
    if "seed" in legal:
        given["seed"] = seed
    return kind(**{**given, **options})


def _recommended(encoder: str | None, inputs: Mapping[str, Any], seed: int, params: Mapping[str, Any]) -> Any:
    if encoder is not None:
        raise InvalidArgument(
            f"encoder={encoder!r}: predictor='recommended' brings its own encodings; give none"
        )
    from archenc.pipelines.recommendation import recommended

    legal = _checked("recommended", recommended, params)
    given = {
        key: value for key, value in {**inputs, "seed": seed}.items() if key in legal and value is not None
    }
    return recommended(**{**given, **params})


def _checked(what: str, kind: Any, params: Mapping[str, Any]) -> list[str]:
    legal = _parameters(kind)
    unknown = sorted(set(params) - set(legal))
    if unknown:
        raise InvalidArgument(f"{what} has no parameter {', '.join(unknown)}; it has {', '.join(legal)}")
    return legal


def _defaults(kind: Any) -> dict[str, Any]:
    return {name: one.default for name, one in inspect.signature(kind).parameters.items()}


def _parameters(kind: Any) -> list[str]:
    return list(inspect.signature(kind).parameters)
