"""The bar of a long run, on standard error, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class Watch:
    """Counts trials; shows them where a bar is given."""

    def __init__(self, bar: Progress | None, task: TaskID | None) -> None:
        self._bar, self._task = bar, task

    def begin(self, label: str, n_train: int) -> None:
        """Say what is being trained now."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=f"{label}, {n_train} to train on")

    def advance(self, label: str, n_train: int) -> None:
        """Say that one trial more is done."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, advance=1, description=f"{label}, {n_train} to train on")


@contextmanager
def watch(shown: bool, *, total: int, done: int = 0) -> Iterator[Watch]:
    """Yield a Watch over `total` trials of which `done` are known already; silent unless `shown`."""
    if not shown:
        yield Watch(None, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield Watch(bar, bar.add_task("starting", total=total, completed=done))
