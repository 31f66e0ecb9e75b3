"""One call in a process of its own, which may hang or die without harm to the one that waits."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from archenc.errors import ArchencError


class CallFailed(ArchencError):
    """A call in another process raised, died, or took too long."""


def call_in_process(function: Callable[[Any], Any], argument: Any, timeout: float) -> Any:
    """Return function(argument), from a fresh process. Raises CallFailed, which says what went wrong.

    timeout: seconds from the start of the call; the process is then killed. Starting it is not counted.
    """
    context = multiprocessing.get_context("spawn")  # forking a process that runs threads can deadlock
    mine, theirs = context.Pipe()
    process = context.Process(target=_call, args=(theirs, function, argument), daemon=True)
    process.start()
    theirs.close()
    try:
        mine.recv()  # it has started
        if not mine.poll(timeout):
            raise CallFailed(f"no answer within {timeout:g} s")
        succeeded, found = mine.recv()
    except EOFError:
        process.join()
        raise CallFailed(f"its process died with exit code {process.exitcode}") from None
    finally:
        process.kill()
        process.join()
        mine.close()
    if not succeeded:
        raise CallFailed(found)
    return found


def _call(answer: Connection, function: Callable[[Any], Any], argument: Any) -> None:
    answer.send(None)
    try:
        found = (True, function(argument))
    except Exception as error:
        found = (False, f"{type(error).__name__}: {error}")
    answer.send(found)
