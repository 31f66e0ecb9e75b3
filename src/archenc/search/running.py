"""Where evaluations run: here, in processes that may hang or die without harm, or on a Ray cluster."""

from __future__ import annotations

import math
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol, final, runtime_checkable

from archenc.errors import InvalidArgument
from archenc.processes import become_worker, deaf_children
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
    """Call a function; an exception, or a value that is not finite, is a failure."""
    begun = time.perf_counter()
    try:
        found = function(argument)
        value = tuple(map(float, found)) if isinstance(found, Sequence) else float(found)
        numbers = value if isinstance(value, tuple) else (value,)
        reason = "" if all(map(math.isfinite, numbers)) else f"it returned {found}"
    except Exception as error:
        value, reason = math.nan, f"{type(error).__name__}: {error}"
    return Outcome(math.nan if reason else value, time.perf_counter() - begun, reason)


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
    _idle: list[_Worker] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        whole_number("jobs", self.jobs, least=1)
        whole_number("threads", self.threads, least=1)
        check_timeout(self.timeout)

    def __call__(
        self, function: Callable[[Any], Any], arguments: Sequence[Any]
    ) -> Iterator[tuple[int, Outcome]]:
        """Yield positions and outcomes as they come. Raises InvalidArgument for what does not pickle."""
        if function is not self._function:
            self.close()
            self._function = function
        left = list(enumerate(arguments))[::-1]
        busy: list[_Worker] = []
        try:
            while left or busy:
                while left and len(busy) < self.jobs:
                    worker = self._idle.pop() if self._idle else _Worker(function, self.threads)
                    busy.append(worker)
                    worker.begin(*left.pop())
                _wait(busy, self.timeout)
                for worker in list(busy):
                    found = worker.finish(self.timeout)
                    if found is None:
                        continue
                    busy.remove(worker)
                    if worker.alive:
                        self._idle.append(worker)
                    yield worker.place, found
        finally:  # an error, an interrupt, or nobody wants the rest
            for worker in busy:
                worker.kill()

    def close(self) -> None:
        """End the processes."""
        while self._idle:
            self._idle.pop().kill()


@final
class _Worker:
    """A process and the call it is at."""

    def __init__(self, function: Callable[[Any], Any], threads: int) -> None:
        context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, function, threads), daemon=True)
        try:
            with deaf_children():
                self._process.start()
        except (AttributeError, TypeError, ValueError, ImportError) as error:
            raise InvalidArgument(
                f"function={function!r:.80}: it cannot travel to a process ({error}); expected a function of "
                "a module, or an object that pickles"
            ) from error
        theirs.close()
        self.alive, self._ready = True, False
        self.place, self._begun = -1, 0.0

    @property
    def begun(self) -> float:
        """When the call began, in seconds of the monotonic clock; infinity while the process starts."""
        return self._begun if self._ready else math.inf

    def begin(self, place: int, argument: Any) -> None:
        """Hand an argument over."""
        self.place, self._begun = place, time.monotonic()
        try:
            self.pipe.send(argument)
        except OSError:
            self.alive = False  # it died meanwhile: `finish` says so

    def finish(self, timeout: float | None) -> Outcome | None:
        """Return what came of the call; None if it goes on. A worker that is late or dead ends here."""
        try:
            while self.alive and self.pipe.poll():
                found = self.pipe.recv()
                if found is not None:
                    return found
                self._ready, self._begun = True, time.monotonic()
        except (EOFError, OSError):
            self.alive = False
        gone = time.monotonic() - self.begun
        if not self.alive:
            self._process.join(5)
            return self._failed(f"its process died with exit code {self._process.exitcode}")
        if timeout is not None and gone >= timeout:
            return self._failed(f"no answer within {timeout:g} s")
        return None

    def kill(self) -> None:
        """End the process."""
        self.alive = False
        self._process.kill()
        self._process.join()
        self.pipe.close()

    def _failed(self, why: str) -> Outcome:
        self.kill()
        return Outcome(math.nan, max(time.monotonic() - self._begun, 0.0), why)


def _wait(busy: Sequence[_Worker], timeout: float | None) -> None:
    """Wait until a worker has something to say, or one is late."""
    if any(not worker.alive for worker in busy):
        return
    ends = [worker.begun for worker in busy if math.isfinite(worker.begun)]
    late = None if timeout is None or not ends else max(min(ends) + timeout - time.monotonic(), 0)
    wait([worker.pipe for worker in busy], late)


def _serve(pipe: Connection, function: Callable[[Any], Any], threads: int) -> None:
    become_worker(threads)
    pipe.send(None)  # it has started
    while True:
        try:
            argument = pipe.recv()
        except EOFError:
            return
        pipe.send(outcome(function, argument))


def check_timeout(timeout: float | None) -> None:
    """Raise InvalidArgument for what is no time of seconds."""
    if timeout is not None and not timeout > 0:
        raise InvalidArgument(f"timeout={timeout!r}: expected seconds > 0, or None")
