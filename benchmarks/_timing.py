"""How benchmarks take the time of several ways to do the same."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def in_turn(works: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median seconds of each, measured in turn so that a busy machine slows all alike."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for number in range(repeats + 1):
        for name, work in works.items():
            start = time.process_time()
            work()
            if number:  # the first round warms up
                times[name].append(time.process_time() - start)
    return {name: statistics.median(measured) for name, measured in times.items()}
