"""How many labels buy the same: two learning curves read the other way round."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from archenc.errors import InvalidArgument


@dataclass(frozen=True, slots=True)
class Needed:
    """Labels that two curves need for one value.

    first, second: number of labels, between budgets in log n; NaN where a curve ends below the value. A curve
    that begins above it gives its smallest budget, and `begins` says of which curve that holds.
    """

    value: float
    first: float
    second: float
    begins: tuple[bool, bool] = (False, False)

    @property
    def ratio(self) -> float:
        """How many times as many labels the first needs; NaN where that is unknown."""
        return self.first / self.second if self.second else math.nan

    def line(self) -> str:
        """A line of a Markdown table."""
        first, second = (
            "not reached" if math.isnan(n) else f"{'at most ' * begins}{n:.0f}"
            for n, begins in zip((self.first, self.second), self.begins, strict=True)
        )
        known = not any(self.begins) and not math.isnan(self.ratio)
        return f"| {self.value:.3f} | {first} | {second} | {f'{self.ratio:.1f}' if known else ''} |"


def labels_for(curve: Mapping[int, float], value: float) -> tuple[float, bool]:
    """Return the fewest labels at which a curve {labels: value} reaches `value`, and whether it begins there.

    Between two budgets the curve is a line in log(n + 1). NaN if it ends below. Raises InvalidArgument for an
    empty curve.
    """
    if not curve:
        raise InvalidArgument("curve: there is nothing in it; expected a value a budget, such as {8: 0.4}")
    budgets = sorted(curve)
    if curve[budgets[0]] >= value:
        return float(budgets[0]), True
    for low, high in pairwise(budgets):
        if curve[high] >= value:
            share = (value - curve[low]) / (curve[high] - curve[low])
            return float(np.expm1(np.log1p(low) + share * (np.log1p(high) - np.log1p(low)))), False
    return math.nan, False


def needed(first: Mapping[int, float], second: Mapping[int, float]) -> list[Needed]:
    """Return what two curves need for every value that the second has at a budget, lowest first."""
    found = []
    for value in sorted(set(second.values())) if first else ():
        one, other = labels_for(first, value), labels_for(second, value)
        found.append(Needed(value, one[0], other[0], (one[1], other[1])))
    return found
