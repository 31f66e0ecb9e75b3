"""The beginning of a file beside its final name: locked, grown, and renamed when whole."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import final

from archenc.errors import DataError

try:
    import fcntl
except ImportError:  # Windows has no flock: one pull at a time is then the user's business
    fcntl = None


@final
class Partial:
    """`NAME.part` beside NAME. A kill leaves it as it is, and the next process continues it.

    size: bytes that are there. received: bytes added by this process. `partial` makes it and holds the lock.
    """

    def __init__(self, path: Path, target: Path, handle: int) -> None:
        self.path = path
        self._target = target
        self._handle = handle
        self.size = os.lseek(handle, 0, os.SEEK_END)
        self.received = 0

    def append(self, data: bytes) -> None:
        """Add bytes at the end. Raises DataError: disk full."""
        try:
            view = memoryview(data)
            while view:
                written = os.write(self._handle, view)
                self.size += written
                self.received += written
                view = view[written:]
        except OSError as error:
            raise self._cannot_write(error) from error

    def restart(self) -> None:
        """Drop what is there."""
        os.ftruncate(self._handle, 0)
        self.size = os.lseek(self._handle, 0, os.SEEK_SET)

    def make_room(self, more: int) -> None:
        """Raise DataError unless the disk can take so many bytes more."""
        free = shutil.disk_usage(self.path.parent).free
        if free < more:
            raise DataError(
                f"{self.path.parent}: {more:,} bytes are to come, and the disk has {free:,} free; make room, "
                f"or choose another place with --home or ARCHENC_HOME"
            )

    def publish(self) -> None:
        """Give it its final name, flushed to the disk first. Raises DataError."""
        try:
            os.fsync(self._handle)
            self.path.replace(self._target)
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> DataError:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return DataError(
                f"{self.path.parent}: the disk is full; {self.size:,} bytes of {self._target.name} are kept, "
                f"and the same command continues there when there is room"
            )
        return DataError(f"{self.path}: cannot write there ({error})")


@contextmanager
def partial(target: Path, waiting: Callable[[], None]) -> Iterator[Partial]:
    """Yield the beginning of a file, locked: one process at a time adds to it.

    waiting: called when another process holds the lock. An empty one is removed in the end.
    Raises DataError when the folder cannot be written.
    """
    path = target.with_name(f"{target.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = _lock(path, waiting)
    except OSError as error:
        raise DataError(f"{path}: cannot write there ({error})") from error
    try:
        member = Partial(path, target, handle)
        yield member
        if not member.size:
            path.unlink(missing_ok=True)
    except BaseException:
        if not os.fstat(handle).st_size:
            path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)  # and with it the lock, also by a kill


def _lock(path: Path, waiting: Callable[[], None]) -> int:
    """Open and lock a file; again, where its owner renamed or removed it meanwhile."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        if fcntl is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            try:
                fcntl.flock(handle, fcntl.LOCK_EX)
            except BaseException:
                os.close(handle)
                raise
        if path.exists() and os.path.samestat(os.fstat(handle), path.stat()):
            return handle
        os.close(handle)
