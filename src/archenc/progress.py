"""The bar of a long run, on standard error, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_LOOKS_BACK = 3600.0
"""Seconds that the estimate of the time left rests on: work may come in lumps, minutes apart."""


class Bar:
    """Shows how much of a run is done, where there is something to show it on."""

    def __init__(self, shown: Any = None, task: Any = None) -> None:
        self._shown, self._task = shown, task

    def __call__(self, done: int, total: int | None = None, note: str = "") -> None:
        """Say how much is done, of how much, and what is being done now."""
        if self._shown is not None:
            known = {} if total is None else {"total": total}
            self._shown.update(self._task, completed=done, note=note, **known)

    def note(self, text: str) -> None:
        """Say what is being done now."""
        if self._shown is not None:
            self._shown.update(self._task, note=text)

    def advance(self, note: str | None = None) -> None:
        """Say that one more is done."""
        if self._shown is not None:
            self._shown.update(self._task, advance=1, **({} if note is None else {"note": note}))


@contextmanager
def bar(what: str, shown: bool, *, total: int | None = None, done: int = 0) -> Iterator[Bar]:
    """Yield a Bar: what is counted, done of total, the times gone and left, a note; silent unless `shown`."""
    if not shown:
        yield Bar()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True), speed_estimate_period=_LOOKS_BACK) as progress:
        yield Bar(progress, progress.add_task(what, total=total, completed=done, note=""))
