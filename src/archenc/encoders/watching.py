"""Progress of what `fit` and `transform` do, for which scikit-learn's calls have no place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[int, int], None]

_PROGRESS: ContextVar[Progress | None] = ContextVar("progress of an encoder", default=None)


@contextmanager
def showing(progress: Progress) -> Iterator[None]:
    """Have progress(done, total) called within the block, by encoders that are slow and say how far they are.

    A language model counts the texts that are not in its cache.
    """
    token = _PROGRESS.set(progress)
    try:
        yield
    finally:
        _PROGRESS.reset(token)


def watcher() -> Progress | None:
    """Return what to call, if anybody watches."""
    return _PROGRESS.get()
