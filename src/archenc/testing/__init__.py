"""For whoever adds a member: conformance kits to inherit, and strategies for hypothesis. Needs pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.testing.encoder_kit import EncoderKit as EncoderKit
    from archenc.testing.predictor_kit import PredictorKit as PredictorKit
    from archenc.testing.predictor_kit import TabularPredictorKit as TabularPredictorKit
    from archenc.testing.space_kit import SpaceKit as SpaceKit
    from archenc.testing.text_kit import TextKit as TextKit

_HOMES = {
    "EncoderKit": "encoder_kit",
    "PredictorKit": "predictor_kit",
    "SpaceKit": "space_kit",
    "TabularPredictorKit": "predictor_kit",
    "TextKit": "text_kit",
}

__all__ = ["EncoderKit", "PredictorKit", "SpaceKit", "TabularPredictorKit", "TextKit"]

__getattr__, __dir__ = lazy(__name__, _HOMES)
