"""The choices in which one architecture can be written as source code."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import final

from archenc.errors import InvalidArgument, shown

CODE = ("exclude_helper", "inline", "helper")
STRINGS = ("routing", "derivation", "derivation_long", "onnx", "onnx_legacy")
FORMS = CODE + STRINGS
CONTEXTS = ("none", "network", "comment")
DETAILS = ("simple", "faithful")

_TAKEN = {
    "Cell",
    "DecoderLayer",
    "FactorizedReduction",
    "Network",
    "NormalCell",
    "PositionalEncoding",
    "ReductionCell",
    "ResidualReduction",
    "ResidualStage",
    "nn",
    "super",
    "torch",
    "zeros",
}


@final
@dataclass(frozen=True, slots=True)
class Style:
    """How the source code is written; what each choice means is said at `render`.

    Raises InvalidArgument for a choice that there is not.
    """

    form: str = "exclude_helper"
    context: str = "none"
    canonical: bool = False
    unit_name: str = "ConvUnit"
    dataset: str | None = None
    nb101_detail: str = "simple"

    def __post_init__(self) -> None:
        for name, legal in (("form", FORMS), ("context", CONTEXTS), ("nb101_detail", DETAILS)):
            value = getattr(self, name)
            if not isinstance(value, str) or value not in legal:
                raise InvalidArgument(f"{name}={shown(value)}; legal: {', '.join(legal)}")
        if self.form in STRINGS and self.context != "none":
            raise InvalidArgument(
                f"context={self.context!r}: form={self.form!r} is no source code; legal with it: 'none'"
            )
        if not isinstance(self.canonical, bool):
            raise InvalidArgument(f"canonical={shown(self.canonical)}: expected True or False")
        unit = self.unit_name
        if not isinstance(unit, str) or not unit.isidentifier() or keyword.iskeyword(unit) or unit in _TAKEN:
            raise InvalidArgument(
                f"unit_name={shown(unit)}: expected a name that a Python class can have, other than those "
                f"that the texts use themselves: {', '.join(sorted(_TAKEN))}"
            )
        if self.dataset is not None and not isinstance(self.dataset, str):
            raise InvalidArgument(f"dataset={shown(self.dataset)}: expected the name of a data set or task")

    @property
    def inline(self) -> bool:
        """Whether every convolution is spelled out."""
        return self.form == "inline"
