"""What evaluates architectures in a search: a table, or a function of one's own; failures are values too."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, final, runtime_checkable

import numpy as np

from archenc.errors import InvalidArgument, MissingScore, shown
from archenc.graph import Architecture
from archenc.search.domain import spelled
from archenc.search.running import Here, InProcesses, Outcome, Runner
from archenc.store import Journal
from archenc.tables import BenchmarkTable
from archenc.typing import whole_number


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
    table does not say. An architecture without a value fails, and `cost.failures` says so. Raises
    UnknownName, InvalidArgument.
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
        if not names:
            raise InvalidArgument("metric=[]: expected one at least")
        self.table, self.metrics = table, [table.resolve(name).name for name in names]
        self._values = np.stack([signed(table, name, direction) for name in self.metrics], axis=1)
        self._seconds = None if seconds is None else table.values(seconds)
        self.cost = Cost(score_seconds=cost_of_scores(table, scores))
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
                lacking = [name for name, one in zip(self.metrics, value, strict=True) if np.isnan(one)]
                if lacking:
                    self.cost.failures.append(f"{spelled(arch)}: no value of {', '.join(lacking)}")
                self.cost.seconds += math.nan if self._seconds is None else float(self._seconds[row])
            found.append(float(value[0]) if len(value) == 1 else tuple(value.tolist()))
        return found


@final
class FromFunction:
    """Calls a function for each architecture: what it returns is the value, higher is better.

    jobs, timeout: of the processes in which it is called, and seconds after which a call is stopped and has
    failed; with the defaults it is called here, where nothing can stop it. In processes the function must
    pickle, and cannot hang or break the search; `ask` for as many architectures at once as there are jobs.
    runner: where calls run instead, such as `ray_cluster.OnRay()`. objectives: numbers that it returns.
    keep: a file in which every call is kept as soon as it ends: what a killed search had finished, or another
    search of the same function, is read there and neither called nor charged again. key: what tells functions
    apart in it, by default the function's attribute `key`, or its name.

    An exception, NaN, or what is no finite number is a failure: it costs its evaluation, and `cost.failures`
    says why. Raises InvalidArgument.
    """

    def __init__(
        self,
        function: Callable[[Architecture], Any],
        *,
        timeout: float | None = None,
        jobs: int = 1,
        runner: Runner | None = None,
        objectives: int = 1,
        keep: str | Path | None = None,
        key: str | None = None,
    ) -> None:
        if not callable(function):
            raise InvalidArgument(
                f"function={function!r:.80}: expected something to call with an architecture"
            )
        if runner is not None and (timeout is not None or jobs != 1):
            raise InvalidArgument("runner: has jobs and timeout of its own; give none")
        self.function, self.objectives = function, whole_number("objectives", objectives, least=1)
        whole_number("jobs", jobs, least=1)
        plain = timeout is None and jobs == 1
        self.runner: Runner = runner or (Here() if plain else InProcesses(jobs, timeout))
        self.key = key or str(getattr(function, "key", getattr(function, "__qualname__", "a function")))
        self._journal = None if keep is None else Journal(keep)
        self._known = {
            record["architecture"]: record for record in self._journal or () if record["function"] == self.key
        }
        self.cost = Cost()

    def __call__(self, archs: Sequence[Architecture]) -> list[Any]:
        """Return the values of architectures; those of one call are evaluated side by side."""
        names = [spelled(arch) for arch in archs]
        new = {name: arch for name, arch in zip(names, archs, strict=True) if name not in self._known}
        waiting = list(new)  # each once, also where a search charges duplicates
        for place, result in self.runner(self.function, list(new.values())):
            self._take(waiting[place], result)
        values = [self._known[name]["value"] for name in names]
        return [tuple(value) if isinstance(value, list) else value for value in values]

    def why(self, arch: Architecture) -> str:
        """Return why an architecture failed, also in an earlier run that was kept; empty if it did not."""
        return self._known.get(spelled(arch), {}).get("reason", "")

    def _take(self, name: str, result: Outcome) -> None:
        self.cost.evaluations += 1
        self.cost.seconds += result.seconds
        value, reason = result.value, result.reason
        numbers = len(value) if isinstance(value, tuple) else 1
        if not reason and numbers != self.objectives:
            reason = f"it returned {value}; expected {self.objectives} objectives"
        if reason:
            value = math.nan if self.objectives == 1 else (math.nan,) * self.objectives
            self.cost.failures.append(f"{name}: {reason}")
        record = {
            "function": self.key,
            "architecture": name,
            "value": value,
            "seconds": round(result.seconds, 3),
            "reason": reason,
        }
        self._known[name] = record
        if self._journal is not None:
            self._journal.append(record)


def signed(table: BenchmarkTable, metric: str, direction: str | None = None) -> np.ndarray:
    """Return the values of a metric, higher is better. Raises InvalidArgument where no direction is known."""
    if direction not in (None, "max", "min"):
        raise InvalidArgument(f"direction={shown(direction)}; legal: max, min")
    known = direction or table.resolve(metric).direction
    if known not in ("max", "min"):
        raise InvalidArgument(
            f"metric={metric!r}: the table does not say which way is better; give direction, max or min"
        )
    return table.values(metric) * (1.0 if known == "max" else -1.0)


def cost_of_scores(table: BenchmarkTable, scores: Sequence[str]) -> float:
    """Return the seconds that scores of all rows take, NaN where it does not say. Raises UnknownName."""
    metrics: Mapping[str, Any] = table.metrics
    timed = [f"{table.resolve(name).name}_seconds" for name in scores]
    return float(sum(np.nansum(table.values(name)) if name in metrics else math.nan for name in timed))
