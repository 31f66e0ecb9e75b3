"""Where evaluations run: here, in processes that may hang or die without harm, or on a Ray cluster."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.reduction import ForkingPickler
from numbers import Real
from pickle import PicklingError
from typing import Any, Protocol, final, runtime_checkable

from archenc.deadlines import Workers
from archenc.errors import InvalidArgument, shown
from archenc.typing import whole_number


@final
@dataclass(frozen=True)
class Outcome:
    """What came of one evaluation: a number, or one an objective; NaN, and why, where it failed."""

    value: Any
    seconds: float
    reason: str = ""


@runtime_checkable
class Runner(Protocol):
    """Calls a function with each of some arguments."""

    def __call__(
        self, function: Callable[[Any], Any], arguments: Sequence[Any]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield the position of an argument and what came of it, in the order in which they end."""
        ...


def outcome(function: Callable[[Any], Any], argument: Any) -> Outcome:
    """Call a function; an exception, or what is no finite number (or several), is a failure."""
    begun = time.perf_counter()
    try:
        value, reason = _numbers(function(argument))
    except Exception as error:
        value, reason = math.nan, f"{type(error).__name__}: {error}"
    return Outcome(math.nan if reason else value, time.perf_counter() - begun, reason)


def _numbers(found: Any) -> tuple[Any, str]:
    """Return a number or a tuple of them, of arrays and tensors too; or what is wrong."""
    plain = found.tolist() if hasattr(found, "tolist") else found
    several = isinstance(plain, list | tuple)
    try:
        numbers = () if isinstance(plain, str | bytes) else tuple(map(float, plain if several else (plain,)))
    except (TypeError, ValueError):
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        return math.nan, f"it returned {shown(found)}; expected a finite number, or one an objective"
    return numbers if several else numbers[0], ""


@final
class Here:
    """One after the other, in this process: what hangs, hangs the search."""

    def __call__(
        self, function: Callable[[Any], Any], arguments: Sequence[Any]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield positions and outcomes."""
        for place, argument in enumerate(arguments):
            yield place, outcome(function, argument)


@final
@dataclass
class InProcesses:
    """In `jobs` processes, each for many calls: one that takes too long is killed, one that dies is replaced.

    timeout: seconds of a call, in which the start of a process is not counted; None: as long as it takes.
    threads: of a process. The function travels once a process; it and the arguments must pickle. The
    processes live until `close`, or as long as this one.
    """

    jobs: int = 1
    timeout: float | None = None
    threads: int = 1
    _function: Any = field(default=None, repr=False)
    _workers: Workers[Any, Outcome] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        whole_number("jobs", self.jobs, least=1)
        whole_number("threads", self.threads, least=1)
        check_timeout(self.timeout)

    def __call__(
        self, function: Callable[[Any], Any], arguments: Sequence[Any]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield positions and outcomes as they come. Raises InvalidArgument for what does not pickle."""
        if self._workers is None or function is not self._function:
            self.close()
            _travels(function)
            seconds = math.inf if self.timeout is None else self.timeout
            self._workers = Workers(_call, function, seconds, jobs=self.jobs, threads=self.threads)
            self._function = function
        for done in self._workers.outcomes(deque(enumerate(arguments))):
            yield done.item[0], done.result or Outcome(math.nan, done.seconds, done.failure)

    def close(self) -> None:
        """End the processes."""
        if self._workers is not None:
            self._workers.close()
        self._workers = None


def _call(function: Callable[[Any], Any], item: tuple[int, Any]) -> Outcome:
    return outcome(function, item[1])


def _travels(function: Callable[[Any], Any]) -> None:
    """Raise InvalidArgument for what no process could be given."""
    try:
        ForkingPickler.dumps(function)
    except (AttributeError, TypeError, ValueError, ImportError, PicklingError) as error:
        raise InvalidArgument(
            f"function={function!r:.80}: it cannot travel to a process ({error}); expected a function of "
            "a module, or an object that pickles"
        ) from error


def check_timeout(timeout: float | None) -> None:
    """Raise InvalidArgument for what is no time of seconds."""
    legal = isinstance(timeout, Real) and not isinstance(timeout, bool) and timeout > 0
    if timeout is not None and not legal:
        raise InvalidArgument(f"timeout={shown(timeout)}: expected seconds > 0, or None")
