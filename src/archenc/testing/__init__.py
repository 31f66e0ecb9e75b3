"""For whoever adds a member: conformance kits to inherit, and strategies for hypothesis. Needs pytest."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archenc.testing.encoder_kit import EncoderKit as EncoderKit
    from archenc.testing.predictor_kit import PredictorKit as PredictorKit
    from archenc.testing.predictor_kit import TabularPredictorKit as TabularPredictorKit

_HOMES = {
    "EncoderKit": "encoder_kit",
    "PredictorKit": "predictor_kit",
    "TabularPredictorKit": "predictor_kit",
}

__all__ = ["EncoderKit", "PredictorKit", "TabularPredictorKit"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"archenc.testing.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
