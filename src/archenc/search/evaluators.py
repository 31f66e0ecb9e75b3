"""What evaluates architectures in a search: a table, or a function of one's own; failures are values too."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

from archenc.errors import InvalidArgument, MissingScore
from archenc.graph import Architecture
from archenc.search.domain import spelled
from archenc.search.running import call_in_process
from archenc.tables import BenchmarkTable


@final
@dataclass
class Cost:
    """What a search has cost so far.

    evaluations: paid for, failures included. seconds: of training, simulated if the values come from a table;
    NaN where the table does not say. score_seconds: of zero-cost scores the algorithm reads, for all
    architectures it may ask for. failures: why evaluations failed, oldest first.
    """

    evaluations: int = 0
    seconds: float = 0.0
    score_seconds: float = 0.0
    failures: list[str] = field(default_factory=list)


@runtime_checkable
class Evaluator(Protocol):
    """Evaluates architectures: higher is better, NaN for a failure."""

    cost: Cost

    def __call__(self, archs: Sequence[Architecture]) -> Sequence[Any]:
        """Return a value for each architecture."""
        ...


@final
class FromTable:
    """Looks values up in a table, in the direction of the metric turned to "higher is better".

    metric: of the table, or several for several objectives. seconds: metric of the training time of an
    architecture, which the cost adds up. scores: metrics of zero-cost scores that the algorithm reads; their
    `{metric}_seconds`, for all rows, are their cost. direction: "max" or "min" for a metric of which the
    table does not say. An architecture without a value fails. Raises UnknownName, InvalidArgument.
    """

    def __init__(
        self,
        table: BenchmarkTable,
        metric: str | Sequence[str],
        *,
        seconds: str | None = None,
        scores: Sequence[str] = (),
        direction: str | None = None,
    ) -> None:
        names = [metric] if isinstance(metric, str) else list(metric)
        self.table, self.metrics = table, [table.resolve(name).name for name in names]
        self._values = np.stack([signed(table, name, direction) for name in self.metrics], axis=1)
        self._seconds = None if seconds is None else table.values(seconds)
        self.cost = Cost(score_seconds=_cost_of_scores(table, scores))
        if self._seconds is None:
            self.cost.seconds = math.nan

    def __call__(self, archs: Sequence[Architecture]) -> list[Any]:
        """Return the values of architectures: a number each, or a tuple with several metrics."""
        found: list[Any] = []
        for arch in archs:
            self.cost.evaluations += 1
            try:
                row = int(self.table.rows([arch])[0])
            except MissingScore as error:
                value = np.full(len(self.metrics), np.nan)
                self.cost.failures.append(str(error))
            else:
                value = self._values[row]
                self.cost.seconds += math.nan if self._seconds is None else float(self._seconds[row])
            found.append(float(value[0]) if len(value) == 1 else tuple(value.tolist()))
        return found


@final
class FromFunction:
    """Calls a function for each architecture: what it returns is the value, higher is better.

    timeout: seconds after which a call is stopped and has failed; it is then made in a process of its own, so
    that the function and what it returns must pickle, and cannot hang or break the search. Without, it is
    called here. An exception, NaN, or what is no finite number is a failure: it costs its evaluation, and
    `cost.failures` says why.
    """

    def __init__(self, function: Callable[[Architecture], Any], *, timeout: float | None = None) -> None:
        if not callable(function):
            raise InvalidArgument(
                f"function={function!r:.80}: expected something to call with an architecture"
            )
        if timeout is not None and not timeout > 0:
            raise InvalidArgument(f"timeout={timeout!r}: expected seconds > 0, or None")
        self.function, self.timeout = function, timeout
        self.cost = Cost()

    def __call__(self, archs: Sequence[Architecture]) -> list[float]:
        """Return the values of architectures."""
        return [self._one(arch) for arch in archs]

    def _one(self, arch: Architecture) -> float:
        begun = time.perf_counter()
        self.cost.evaluations += 1
        try:
            if self.timeout is None:
                value = float(self.function(arch))
            else:
                value = float(call_in_process(self.function, arch, self.timeout))
            reason = "" if math.isfinite(value) else f"it returned {value}"
        except Exception as error:
            value, reason = math.nan, f"{type(error).__name__}: {error}"
        self.cost.seconds += time.perf_counter() - begun
        if reason:
            self.cost.failures.append(f"{spelled(arch)}: {reason}")
        return math.nan if reason else value


def signed(table: BenchmarkTable, metric: str, direction: str | None = None) -> np.ndarray:
    """Return the values of a metric, higher is better. Raises InvalidArgument where no direction is known."""
    known = direction or table.resolve(metric).direction
    if known not in ("max", "min"):
        raise InvalidArgument(
            f"metric={metric!r}: the table does not say which way is better; give direction"
        )
    return table.values(metric) * (1.0 if known == "max" else -1.0)


def _cost_of_scores(table: BenchmarkTable, scores: Sequence[str]) -> float:
    """Return the seconds that scores of all rows take; NaN where the table does not say."""
    metrics: Mapping[str, Any] = table.metrics
    return float(
        sum(
            np.nansum(table.values(f"{name}_seconds")) if f"{name}_seconds" in metrics else math.nan
            for name in scores
        )
    )
