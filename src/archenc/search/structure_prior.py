"""What is expected of an architecture before anything is trained, and how far expectations differ by task."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, final
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float64, Int64

from archenc.errors import InvalidArgument
from archenc.graph import Architecture, Cell, Kind, Op
from archenc.search.domain import Domain
from archenc.search.weight_prior import live, weights
from archenc.typing import real_number

Experience = Literal["weights", "tables"]

FEATURES = (
    "connected",
    "parametrised",
    "spatial",
    "pools",
    "skips",
    "most_parametrised",
    "most_spatial",
    "fewest_parametrised",
    "fewest_spatial",
    "log_ways",
    "log_weights",
)
"""Of the live operations of all cells: how many have weights, a kernel beyond 1x1 too, pool, or only pass on;
most and fewest of the first two kinds on one way from input to output; ways, and weights in all."""

_POOLS = (Kind.AVG_POOL, Kind.MAX_POOL)
_DIGITS_SHARE = 0.5
_DOUBT = 0.2
_REFERENCE = 1000


def structure(arch: Architecture) -> Float64[np.ndarray, " f"]:
    """Return the features of an architecture: counted from the cells alone."""
    cells = np.sum([_of_cell(cell) for cell in arch.cells], axis=0)
    return np.append(cells, np.log1p(weights(arch)))


@final
class StructurePrior:
    """Expectation as a linear function of `FEATURES`, with coefficients that differ from task to task.

    coefficients: of the features, standardised within a domain, a row a known task, in standard deviations of
    its values. shares: of each task in the mean; they add up to 1. A new task is expected to have the mean of
    the rows, and to differ from it as they do among themselves. doubt > 0 adds a stranger to them, a task of
    which nothing is known but that each coefficient deviates by so much from 0: it counts as one, they as
    many as they are, so that what few tasks taught is believed less, and may turn out to be wrong.
    """

    def __init__(
        self,
        coefficients: Float64[np.ndarray, "t f"],
        shares: Float64[np.ndarray, " t"],
        scale: float = 1.0,
        doubt: float = 0.0,
    ) -> None:
        strangers = 1 if real_number("doubt", doubt, least=0) else 0
        known = 1 / np.square(shares).sum()  # so many tasks of equal shares
        believed = known / (known + strangers)
        mean = shares @ coefficients
        among = (coefficients - mean) * np.sqrt(believed * shares)[:, None]
        beyond = doubt * np.sqrt(1 - believed) * np.eye(len(mean))[: len(mean) * strangers]
        self._mean = scale * believed * mean
        self._basis = np.concatenate([among, beyond]).T
        self._known: WeakKeyDictionary[Domain, _Standardised] = WeakKeyDictionary()

    def __call__(
        self, domain: Domain, numbers: Int64[np.ndarray, " n"]
    ) -> tuple[Float64[np.ndarray, " n"], Float64[np.ndarray, "n t"]]:
        """Return the expectation, and the basis B of its covariance B Bᵀ."""
        if domain not in self._known:
            self._known[domain] = _Standardised(domain)
        rows = self._known[domain](numbers)
        return rows @ self._mean, rows @ self._basis


def structure_prior(
    experience: str, scale: float, without: str = "", doubt: float | None = None
) -> StructurePrior:
    """Return the prior of an experience: "weights", more are better; "tables", digits201 and TransNAS tasks.

    scale: standard deviations of the target that one of the logarithm of the weights is worth; for "tables"
    the factor of the expectation. without: tables or tasks whose names begin so are left out, for a search
    on them. doubt: of `StructurePrior`; by default 0.2 for "tables", 0 for "weights". Raises InvalidArgument.
    """
    if experience == "weights":
        return StructurePrior(np.eye(len(FEATURES))[-1:], np.ones(1), scale, 0.0 if doubt is None else doubt)
    if experience != "tables":
        raise InvalidArgument(f"experience={experience!r}; legal: weights, tables")
    kept = {
        task: row for task, row in learned().items() if not (without and f"{task}/".startswith(f"{without}/"))
    }
    if without and len(kept) == len(learned()):
        raise InvalidArgument(f"without={without!r}: begins none of {', '.join(learned())}")
    digits = np.array([task.startswith("digits201") for task in kept])
    shares = np.where(digits, _DIGITS_SHARE, (1 - _DIGITS_SHARE) / max(1, (~digits).sum()))
    doubt = _DOUBT if doubt is None else doubt
    return StructurePrior(np.array(list(kept.values())), shares / shares.sum(), scale, doubt)


@cache
def learned() -> dict[str, tuple[float, ...]]:
    """Return the coefficients by table and task, as `tools/fit_search_prior.py` finds them."""
    text = files("archenc.search").joinpath("data", "structure_prior.csv").read_text(encoding="utf-8")
    return {
        row["task"]: tuple(float(row[name]) for name in FEATURES) for row in csv.DictReader(text.split("\n"))
    }


class _Standardised:
    """Features of the architectures of a domain, counted once."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        rng = np.random.default_rng(0)
        seen = (
            range(len(domain)) if domain.listed else sorted({domain.sample(rng) for _ in range(_REFERENCE)})
        )
        self._rows = {
            number: structure(arch) for number, arch in zip(seen, domain.archs(list(seen)), strict=True)
        }
        found = np.stack(list(self._rows.values()))
        self._mean, std = found.mean(axis=0), found.std(axis=0)
        self._std = np.where(std > 1e-12, std, 1.0)
        self._all: Any = (found - self._mean) / self._std if domain.listed else None

    def __call__(self, numbers: Int64[np.ndarray, " n"]) -> Float64[np.ndarray, "n f"]:
        if self._all is not None:
            return self._all[numbers]
        for number in numbers.tolist():
            if number not in self._rows:
                self._rows[number] = structure(self._domain.arch(number))
        return (np.array([self._rows[number] for number in numbers.tolist()]) - self._mean) / self._std


@dataclass
class _Ways:
    """Ways from an input to a node: how many, and the most and fewest operations on one of them."""

    count: int
    most: Float64[np.ndarray, " 2"]
    fewest: Float64[np.ndarray, " 2"]


def _of_cell(cell: Cell) -> Float64[np.ndarray, " f"]:
    operations = live(cell)
    ways = _ways(cell)
    own = np.sum([_kinds(operation) for operation in operations], axis=0) if operations else np.zeros(2)
    pools = sum(operation.kind in _POOLS for operation in operations)
    skips = sum(operation.kind is Kind.IDENTITY for operation in operations)
    return np.array(
        [ways.count > 0, *own, pools, skips, *ways.most, *ways.fewest, np.log1p(ways.count)], dtype=np.float64
    )


def _ways(cell: Cell) -> _Ways:
    reached = {node: _Ways(1, np.zeros(2), np.zeros(2)) for node in range(cell.n_inputs)}
    for edge in sorted(cell.edges, key=lambda edge: (edge.target, edge.source)):
        if edge.op.kind is Kind.NONE or edge.source not in reached:
            continue
        before, step = reached[edge.source], _kinds(edge.op) + _kinds(cell.nodes[edge.target])
        most, fewest, count = before.most + step, before.fewest + step, before.count
        if edge.target in reached:
            here = reached[edge.target]
            most, fewest = np.maximum(most, here.most), np.minimum(fewest, here.fewest)
            count += here.count
        reached[edge.target] = _Ways(count, most, fewest)
    return reached.get(cell.n_nodes - 1, _Ways(0, np.zeros(2), np.zeros(2)))


def _kinds(operation: Op) -> Float64[np.ndarray, " 2"]:
    """Return whether an operation has weights, and whether it also looks beyond one pixel."""
    return np.array(
        [operation.parametrised, operation.parametrised and max(operation.kernel) > 1], dtype=np.float64
    )
