"""What a language model of cells learns, and how large it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

from archenc.encoders.learned.cate.costs import QUANTITIES, Quantity
from archenc.errors import InvalidArgument, shown
from archenc.typing import whole_number

Objective = Literal["masked", "contrast"]
OBJECTIVES = ("masked", "contrast")
SPACES = ("nasbench201", "transnasbench101", "nasbench101", "nasbench301")


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model that begins from nothing, a BERT. positions: the longest text, in tokens."""

    width: int = 128
    layers: int = 2
    heads: int = 4
    inner: int = 256
    positions: int = 256
    vocabulary: int = 1024

    def __post_init__(self) -> None:
        """Check the sizes. Raises InvalidArgument."""
        for field in fields(self):
            whole_number(field.name, getattr(self, field.name), 1)
        if self.width % self.heads:
            raise InvalidArgument(f"width={self.width}: expected a multiple of heads={self.heads}")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned. objective: "masked", hidden tokens are to be said; "contrast", see `ContrastTask`.

    hidden: share of tokens that are hidden, of "masked". temperature, share, near: of "contrast". cost: by
    which networks are near, "params" or "flops". spaces: names; cells: architectures drawn from one that has
    more.
    """

    objective: Objective = "masked"
    spaces: Sequence[str] = SPACES
    cells: int = 16_384
    hidden: float = 0.3
    temperature: float = 0.1
    share: float = 0.3
    near: float = 0.25
    cost: Quantity = "params"
    epochs: int = 4
    batch_size: int = 64
    lr: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings. Raises InvalidArgument."""
        if self.objective not in OBJECTIVES:
            raise InvalidArgument(f"objective={shown(self.objective)}; legal: {', '.join(OBJECTIVES)}")
        if self.cost not in QUANTITIES:
            raise InvalidArgument(f"cost={shown(self.cost)}; legal: {', '.join(QUANTITIES)}")
        if isinstance(self.spaces, str) or not self.spaces or len(set(self.spaces)) < len(self.spaces):
            raise InvalidArgument(f"spaces={shown(self.spaces)}: expected one or several different ones")
        for name in ("hidden", "share"):
            _number(name, getattr(self, name), 0 if name == "share" else 1e-9, 1)
        for name in ("temperature", "near", "lr"):
            _number(name, getattr(self, name), 1e-9)
        for name, least in (("cells", 2), ("epochs", 1), ("batch_size", 2), ("seed", 0)):
            whole_number(name, getattr(self, name), least)


def _number(name: str, value: object, least: float, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        legal = "a number > 0" if most == math.inf else f"a share, {least:.0f} to {most:.0f}"
        raise InvalidArgument(f"{name}={shown(value)}: expected {legal}")
