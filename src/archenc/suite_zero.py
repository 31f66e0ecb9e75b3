"""What the score files of NAS-Bench-Suite-Zero have in common, for the rooms that do not know each other.

Krishnakumar et al., NeurIPS 2022 Datasets and Benchmarks.
"""

from __future__ import annotations

PROXIES = (
    "epe_nas",
    "fisher",
    "flops",
    "grad_norm",
    "grasp",
    "jacov",
    "l2_norm",
    "nwot",
    "params",
    "plain",
    "snip",
    "synflow",
    "zen",
)
"""The 13 zero-cost proxies, in the order of the FLAN paper."""

SENTINEL = 1e7
"""The files write a failed score as a number of at least this size (-1e8)."""
