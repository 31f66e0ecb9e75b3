"""Scales for columns of scores: fitted on some rows, applied to any; a missing value (NaN) stays missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from archenc.errors import InvalidArgument
from archenc.suite_zero import PROXIES, SENTINEL

"""The 13 proxies of NAS-Bench-Suite-Zero, in the order in which predictors take them."""

Warp = Literal["identity", "log1p", "signed_log1p", "log10"]
Rule = Literal["rank", "minmax", "zscore"]
ColumnRule = tuple[Rule, Warp, float]
"""How a column is fitted: rule, what is applied before it, and where the result is clipped."""

_WARPS: dict[Warp, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda v: v,
    "log1p": np.log1p,
    "signed_log1p": lambda v: np.sign(v) * np.log1p(np.abs(v)),
    "log10": lambda v: np.log10(np.where(v == 0, 0.01, v)),
}
_SIGNED_LOG = frozenset({"fisher", "grad_norm", "snip", "grasp", "plain", "flops", "params"})
_LOG1P = frozenset({"fisher", "flops", "grad_norm", "params", "snip", "synflow"})
_CLIP = 5.0


def without_sentinels(values: Float[np.ndarray, "n d"], names: Sequence[str]) -> Float[np.ndarray, "n d"]:
    """Return the values with NaN for what is no score: NaN, infinite, or of at least sentinel size.

    Counts (a column whose name ends in params or flops) may be as large as that: networks of NAS-Bench-101
    have up to 50 million parameters.
    """
    counted = np.array([name.endswith(("params", "flops")) for name in names], dtype=bool)
    real = np.isfinite(values) & (counted | (np.abs(values) < SENTINEL)) & ~(counted & (values < 0))
    return np.where(real, values, np.nan)


@dataclass(frozen=True, slots=True)
class Scale:
    """A fitted map of one column: warp, then interpolation between knots (rank) or a line, then clipping."""

    warp: Warp
    knots: tuple[Float[np.ndarray, " k"], Float[np.ndarray, " k"]] | None
    offset: float = 0.0
    factor: float = 1.0
    clip: float = np.inf

    def __call__(self, values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
        """Scale a column; NaN stays NaN."""
        warped = _WARPS[self.warp](values)
        if self.knots is not None:
            return np.where(np.isnan(warped), np.nan, np.interp(warped, *self.knots))
        return np.clip((warped - self.offset) * self.factor, -self.clip, self.clip)


def fit_scale(
    values: Float[np.ndarray, " n"], rule: Rule, warp: Warp = "identity", clip: float = np.inf
) -> Scale:
    """Fit one column; its missing values take no part, and a constant column scales to 0.

    rule: "rank" maps the empirical quantiles to [0, 1], linear in between, clipped outside, ties at their
    mean rank; "minmax" maps the extremes to 0 and 1; "zscore" gives mean 0 and standard deviation 1.
    """
    known = _WARPS[warp](values)
    known = known[~np.isnan(known)]
    if rule == "rank":
        knots, times = np.unique(known, return_counts=True)
        if len(knots) < 2:
            return Scale(warp, None, factor=0.0)
        mean_rank = np.cumsum(times) - (times + 1) / 2
        return Scale(warp, (knots, mean_rank / (len(known) - 1)))
    low, spread = (known.min(), np.ptp(known)) if rule == "minmax" else (known.mean(), known.std())
    return Scale(warp, None, float(low), 1 / float(spread) if spread > 0 else 0.0, clip)


def proxy_of(name: str) -> str | None:
    """Return the proxy that a column name ends in: "cifar10_zc64_grad_norm" is "grad_norm"."""
    return next((proxy for proxy in PROXIES if name == proxy or name.endswith(f"_{proxy}")), None)


def standard_rule(name: str) -> ColumnRule:
    """Return the rule of scaling="standard": signed logarithm for scores of wide range, z-score, clipped."""
    return "zscore", "signed_log1p" if proxy_of(name) in _SIGNED_LOG else "identity", _CLIP


def paper_rule(space: str, name: str) -> ColumnRule:
    """Return the rule by which FLAN scaled this column in this space.

    Raises InvalidArgument where nothing is published.
    """
    proxy, recipe = proxy_of(name), _PAPER.get(space)
    if recipe is None:
        raise InvalidArgument(
            f"scaling='paper': nothing is published for {space!r}; legal spaces: {', '.join(_PAPER)}"
        )
    if proxy is None:
        raise InvalidArgument(
            f"scaling='paper': column {name!r} does not end in the name of a proxy with a published scale: "
            f"{', '.join(PROXIES)}"
        )
    return (*recipe(proxy), np.inf)


def _cell_benchmarks(proxy: str) -> tuple[Rule, Warp]:
    if proxy == "grasp":
        return "zscore", "identity"
    return "minmax", "log1p" if proxy in _LOG1P else "identity"


def _transnas(proxy: str) -> tuple[Rule, Warp]:
    return "minmax", "log10" if proxy == "synflow" else "identity"


_PAPER: dict[str, Callable[[str], tuple[Rule, Warp]]] = {
    "nasbench101": _cell_benchmarks,
    "nasbench201": _cell_benchmarks,
    "transnasbench101": _transnas,
}
