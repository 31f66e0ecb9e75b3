"""Evaluations as tasks of a Ray cluster."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, final

from archenc.errors import require
from archenc.search.running import Outcome, check_timeout, outcome
from archenc.typing import whole_number


@final
@dataclass(frozen=True)
class OnRay:
    """As Ray tasks: what raises, dies or is late costs its evaluation and nothing else.

    address: of a running cluster, "auto" for the one this machine is part of; None starts Ray here. jobs:
    tasks at once, by default as many as the cluster has room for. timeout: seconds from the time a task is
    handed over; it is then cancelled. cpus, gpus: that a task takes. The machines need archenc, and whatever
    the function imports. Needs the extra `ray`.
    """

    address: str | None = None
    jobs: int | None = None
    timeout: float | None = None
    cpus: float = 1
    gpus: float = 0

    def __post_init__(self) -> None:
        if self.jobs is not None:
            whole_number("jobs", self.jobs, least=1)
        check_timeout(self.timeout)

    def __call__(
        self, function: Callable[[Any], Any], arguments: Sequence[Any]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield positions and outcomes as they come. Raises MissingExtra."""
        ray: Any = require("ray", "ray")
        if not ray.is_initialized():
            ray.init(address=self.address)
        task = ray.remote(num_cpus=self.cpus, num_gpus=self.gpus, max_retries=0)(outcome)
        shared = ray.put(function)  # travels once a machine
        at_once = self.jobs or max(1, int(ray.cluster_resources().get("CPU", 1) // max(self.cpus, 1e-9)))
        left = list(enumerate(arguments))[::-1]
        busy: dict[Any, tuple[int, float]] = {}
        try:
            while left or busy:
                while left and len(busy) < at_once:
                    place, argument = left.pop()
                    busy[task.remote(shared, argument)] = place, time.monotonic()
                done, _ = ray.wait(list(busy), num_returns=1, timeout=self._patience(busy))
                for one in done:
                    place, begun = busy.pop(one)
                    yield place, _result(ray, one, time.monotonic() - begun)
                for one, (place, begun) in list(busy.items()):
                    gone = time.monotonic() - begun
                    if self.timeout is not None and gone >= self.timeout:
                        ray.cancel(one, force=True)
                        del busy[one]
                        yield place, Outcome(math.nan, gone, f"it took longer than {self.timeout:g} seconds")
        finally:
            for one in busy:
                ray.cancel(one, force=True)

    def _patience(self, busy: dict[Any, tuple[int, float]]) -> float | None:
        if self.timeout is None:
            return None
        return max(min(begun for _, begun in busy.values()) + self.timeout - time.monotonic(), 0.0)


def _result(ray: Any, one: Any, seconds: float) -> Outcome:
    try:
        return ray.get(one)
    except Exception as error:  # Ray's own: the worker died, or the task could not be sent
        return Outcome(math.nan, seconds, f"{type(error).__name__}: {error}".splitlines()[0])
