"""What is predicted: a pool of architectures and their labels, turned so that higher is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float64, Int
from numpy.typing import ArrayLike

from archenc.errors import InvalidArgument, MissingScore
from archenc.evaluation.fingerprint import fingerprint
from archenc.graph import class_labels
from archenc.store import content_key
from archenc.tables import BenchmarkTable

Direction = Literal["max", "min"]


@dataclass(frozen=True, eq=False)
class Task:
    """A pool of n architectures with one label each; nothing in it is missing.

    space, name: what is printed, the name being that of the metric. X: n architectures, or encoded rows [n,
    d]. y: labels [n], higher is better (a metric of direction "min" is negated). direction, unit: of the
    metric itself. keys: spelling of each, for the report. rows, n_rows: their row numbers in a table of
    n_rows architectures.
    """

    space: str
    name: str
    X: Any
    y: Float64[np.ndarray, " n"]
    direction: Direction = "max"
    unit: str = ""
    keys: tuple[str, ...] = ()
    rows: Int[np.ndarray, " n"] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    n_rows: int = 0

    @classmethod
    def from_arrays(
        cls,
        X: Any,
        y: ArrayLike,
        *,
        space: str = "",
        name: str = "y",
        direction: Direction = "max",
        unit: str = "",
    ) -> Task:
        """Make a task of architectures (or encoded rows [n, d]) and values [n] in the metric's direction.

        Raises InvalidArgument for NaN, infinite or constant values, or lengths that differ.
        """
        values = _checked_labels(y, n=len(X), name=name)
        if direction not in ("max", "min"):
            raise InvalidArgument(f"direction={direction!r}: expected 'max' or 'min'")
        rows = np.arange(len(values))
        return cls(
            space, name, X, values if direction == "max" else -values, direction, unit, (), rows, len(values)
        )

    @classmethod
    def from_table(
        cls,
        table: BenchmarkTable,
        metric: str,
        *,
        needs: Sequence[str] = (),
        direction: Direction | None = None,
    ) -> Task:
        """Make a task of the rows of a table that have the metric, and every score named in `needs`.

        direction: for a metric of which the table does not say whether more is better. Raises UnknownName for
        a metric that the table lacks, InvalidArgument for one without a direction or constant, MissingScore
        where no row has all that is needed.
        """
        resolved = table.resolve(metric)
        if direction not in ("max", "min", None):
            raise InvalidArgument(f"direction={direction!r}: expected 'max' or 'min'")
        if direction and resolved.direction and direction != resolved.direction:
            raise InvalidArgument(
                f"direction={direction!r}: the table says {resolved.direction!r} of {resolved.name}; leave "
                f"it out, as it is for metrics of which the table does not say"
            )
        direction = direction or resolved.direction
        if direction is None:
            raise InvalidArgument(
                f"metric={metric!r}: the table does not say whether more of it is better; give "
                f"direction='max' or direction='min'"
            )
        values = np.asarray(table.values(resolved.name), dtype=np.float64)
        whole = np.isfinite(values)
        for name in needs:
            whole &= np.isfinite(np.asarray(table.values(name), dtype=np.float64))
        rows = np.flatnonzero(whole)
        if len(rows) == 0:
            raise MissingScore(
                f"metric={metric!r}: none of {len(table)} architectures has a value of it"
                + (f" together with {', '.join(needs)}" if needs else "")
            )
        labels = _checked_labels(values[rows], n=len(rows), name=f"metric={metric!r}")
        return cls(
            space=table.space,
            name=resolved.name,
            X=table.architectures(rows),
            y=labels if direction == "max" else -labels,
            direction=direction,
            unit=resolved.unit,
            keys=tuple(table.spellings(rows)),
            rows=rows,
            n_rows=len(table),
        )

    def sample(self, n: int, seed: int) -> Task:
        """Return the task of n random architectures of the pool, in its order.

        A smaller sample of one seed lies within a larger one. Raises InvalidArgument unless 2 <= n <= pool.
        """
        if not 2 <= n <= len(self):
            raise InvalidArgument(f"sample={n!r}: expected 2 to {len(self)}, the architectures of the pool")
        positions = np.sort(np.random.default_rng(seed).permutation(len(self))[:n])
        return replace(
            self,
            X=self.take(positions),
            y=_checked_labels(self.y[positions], n=n, name=self.name),
            keys=tuple(self.keys[position] for position in positions) if self.keys else (),
            rows=self.rows[positions],
        )

    def __len__(self) -> int:
        return len(self.y)

    def take(self, positions: Int[np.ndarray, " k"]) -> Any:
        """Return the architectures at these positions of the pool, in the form in which X came."""
        if isinstance(self.X, (list, tuple)):
            return [self.X[position] for position in positions]
        return self.X[positions]

    def classes(self, group: str | None) -> Int[np.ndarray, " n"] | None:
        """Return the class of each architecture in the canonical form `group`; None without one."""
        return None if group is None else class_labels(self.X, group)

    def key(self) -> str:
        """Return a digest of labels and architectures: the same pool, the same key, on every machine."""
        identity = fingerprint(self.keys or self.X)
        return content_key(self.space, self.name, self.direction, self.n_rows, self.rows, self.y, identity)


def _checked_labels(y: ArrayLike, *, n: int, name: str) -> Float64[np.ndarray, " n"]:
    values = np.asarray(y, dtype=np.float64)
    if values.shape != (n,):
        raise InvalidArgument(
            f"{name} has shape {values.shape} for {n} architectures: expected one value each, ({n},)"
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InvalidArgument(
            f"{name}: {bad.size} of {n} values are NaN or infinite, the first at position {bad[0]}; expected "
            f"finite values (leave such architectures out)"
        )
    if n < 2 or (values == values[0]).all():
        have = f"all {n} values are equal ({values[0]:g})" if n else "there are no values"
        raise InvalidArgument(f"{name}: {have}; expected two distinct ones at least: else there is no order")
    return values
