"""What is known of a network before it is trained: its graph, zero-cost scores, and its code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
from torch import nn

from archenc.encoders.module_features import NAMES, ModuleFeatures
from archenc.errors import ArchencError
from archenc.networks import trace
from archenc.pipelines.candidates import first_steps as steps
from archenc.pipelines.candidates.loading import NoCandidate
from archenc.pipelines.candidates.outputs import answering, fill_lazy
from archenc.proxies import Inputs, score
from archenc.proxies.base import Undefined
from archenc.text import exported_source, module_source

SCORES = ("grad_norm", "jacov", "l2_norm", "nwot", "plain", "snip", "synflow", "zen", steps.NAME)
"""The scores that are computed unless others are asked for: zero-cost proxies, and `first_steps`."""


@final
@dataclass(frozen=True)
class Description:
    """One network. features: numbers by name, NaN where there is none; reasons: why. text: its code."""

    features: dict[str, float]
    text: str
    reasons: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"features": self.features, "text": self.text, "reasons": self.reasons}


def feature_names(scores: Sequence[str] = SCORES) -> list[str]:
    """Return the names of the features, those of the graph first."""
    return [*NAMES, *(f"score_{name}" for name in scores)]


def describe(
    module: nn.Module, inputs: Inputs, scores: Sequence[str] = SCORES, *, seed: int = 0
) -> Description:
    """Describe an untrained network. inputs: the batch that the scores are computed on.

    Scores enter as sign(s) log10(1 + |s|); of several outputs they see one, as `answering`. Layers that wait
    for an example get one. Raises NoCandidate for a module that cannot be traced.
    """
    try:
        fill_lazy(module, inputs.x, seed)
        arch = trace(
            module, inputs.x[:1], max_nodes=None
        ).architecture()  # drawn together, layers would be lost
        graph = ModuleFeatures().fit([arch]).transform([arch])[0]
        scored, reasons = _scores(answering(module, inputs.x), inputs, scores, seed)
    except ArchencError as error:
        raise NoCandidate(str(error)) from error
    features = dict(zip(NAMES, graph.astype(float).tolist(), strict=True))
    for name in scores:
        value = scored[name]
        features[f"score_{name}"] = float(np.sign(value) * np.log10(1 + abs(value)))
    return Description(features, _code(module, inputs), reasons)


def _scores(
    module: nn.Module, inputs: Inputs, names: Sequence[str], seed: int
) -> tuple[dict[str, float], dict[str, str]]:
    """Return the scores, NaN where there is none, and why."""
    proxies = tuple(name for name in names if name != steps.NAME)
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    if proxies:
        found = score(module, inputs, proxies, seed=seed)
        values, reasons = dict(found), dict(found.reasons)
    if steps.NAME in names:
        try:
            values[steps.NAME] = steps.first_steps(module, inputs, seed=seed)
        except Undefined as reason:
            values[steps.NAME], reasons[steps.NAME] = math.nan, str(reason)
    return values, reasons


def _code(module: nn.Module, inputs: Inputs) -> str:
    """Return what the module computes, as code; its classes where it cannot be traced; else nothing."""
    for way in (
        lambda: exported_source(module),
        lambda: exported_source(module, inputs.x[:1], how="export"),
        lambda: module_source(module),
    ):
        try:
            return way()
        except ArchencError:
            continue
    return ""
