"""Bars while files are fetched: bytes, speed, time to come. Without a terminal only what is worth a line."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self, final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

if TYPE_CHECKING:
    from archenc.tables.sources import KnownFile

_NARROW = 100


@final
class PullProgress:
    """A bar for the file that is coming, on standard error; `archenc.tables.pull` calls `update`."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False)
        columns = [TextColumn("{task.description}"), BarColumn(bar_width=None), DownloadColumn()]
        if console.width >= _NARROW:
            columns.append(TransferSpeedColumn())
        self._bars = Progress(
            *columns,
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def update(self, file: KnownFile, size: int, word: str) -> None:
        """Show how much of a file is there, and say what happened."""
        name = PurePosixPath(file.name).name
        if file.name not in self._tasks:
            for earlier in self._tasks.values():
                self._bars.update(earlier, visible=False)
            self._tasks[file.name] = self._bars.add_task(escape(name), total=file.bytes)
        task = self._tasks[file.name]
        if self._bars.tasks[task].completed:
            self._bars.update(task, completed=size)
        else:  # what was there before does not count for the speed
            self._bars.reset(task, completed=size)
        if word:
            self._bars.console.print(f"{escape(name)}: {escape(word)}")
