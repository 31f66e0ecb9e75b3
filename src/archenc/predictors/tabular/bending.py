"""Labels bent by an exponential, whose bend the evidence of a Gaussian process chooses.

What a network is worth in the unit in which it is measured is seldom what adds up over its parts: latencies
multiply, accuracies crowd together below a ceiling. The exponential transformation (Manly, The Statistician,
1976) has one number for that, and no label is out of its domain; chosen by the evidence of the process, with
the density that the change of unit takes along, this is a warped Gaussian process (Snelson et al., NeurIPS
2003).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64

from archenc.predictors.tabular.kernels import Evidence, Vector

BEND_PRIOR, BEND_BOUNDS = (0.0, 0.5), (-1.5, 1.5)
"""Mean and deviation of what is believed of the bend of robust z-scores, and how far it may go."""
_FURTHEST = 6.0
_STRAIGHT = 1e-6


def robust(y: Float64[np.ndarray, " n"]) -> Float64[np.ndarray, " n"]:
    """Return (y - median) / (1.4826 median absolute deviation), clipped at 6.

    One failed network would make the others equal in plain z-scores. Where more than half of the labels are
    equal, but for rounding, the deviation is that of the others.
    """
    centred = y - np.median(y)
    off = np.abs(centred)
    off[off <= 8 * np.finfo(np.float64).eps * np.abs(y).max()] = 0
    scale = float(np.median(off)) or float(np.median(off[off > 0])) if off.any() else 0.0
    if scale == 0:
        return centred / y.std()
    return np.clip(centred / (1.4826 * scale), -_FURTHEST, _FURTHEST)


def bent(u: Float64[np.ndarray, " n"], bend: float) -> Float64[np.ndarray, " n"]:
    """Return (exp(bend u) - 1) / bend, standardised; u itself where bend is 0. Order stays."""
    return _bent(u, bend)[0]


class BentEvidence:
    """Evidence of labels before they are bent, as a function of the scales' logarithms and the bend."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.u = evidence.y

    def __call__(self, theta: Vector, noise: float | None = None) -> tuple[float, Vector]:
        """Return the value and its gradient; the bend is the last of theta."""
        labels, slope, spread, spread_slope = _bent(self.u, float(theta[-1]))
        value, slopes, pull = self.evidence.of(labels, theta[:-1], noise)
        density = float(theta[-1] * self.u.sum() - len(self.u) * np.log(spread))
        by_bend = float(pull @ slope + self.u.sum() - len(self.u) * spread_slope / spread)
        return value + density, np.append(slopes, by_bend)


def _bent(u: Vector, bend: float) -> tuple[Vector, Vector, float, float]:
    """Return bent labels, their derivative by the bend, their spread before they are divided by it, its."""
    if abs(bend) < _STRAIGHT:  # two terms of the series, which the difference below would lose
        raw, slope = u + bend * u**2 / 2, u**2 / 2 + bend * u**3 / 3
    else:
        raw = np.expm1(bend * u) / bend
        slope = (u * np.exp(bend * u) - raw) / bend
    centred, slope = raw - raw.mean(), slope - slope.mean()
    spread = float(np.sqrt(np.mean(centred**2)))
    spread_slope = float(np.mean(centred * slope)) / spread
    labels = centred / spread
    return labels, (slope - labels * spread_slope) / spread, spread, spread_slope
