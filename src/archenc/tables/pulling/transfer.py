"""One file from one address into the cache: continued, tried again, verified."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archenc.errors import DataError
from archenc.store import file_sha256
from archenc.tables.pulling.http import Http, Passing
from archenc.tables.pulling.partial import Partial, partial
from archenc.tables.sources import KnownFile

Tell = Callable[[int, str], None]
"""Called with the bytes that are there, and with what is worth saying ("" most of the time)."""

_LONGEST_PAUSE = 30.0


class Unreachable(DataError):
    """The server did not answer at all: it need not be asked for other files."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. retries: further attempts. backoff: seconds before the first, doubled each time."""

    retries: int = 5
    backoff: float = 0.5

    def pause(self, attempt: int, asked: float) -> float:
        """Return the seconds to wait after an attempt: up to half of them random, so that clients spread."""
        longest = min(self.backoff * 2**attempt, _LONGEST_PAUSE)
        return max(asked, longest * (1 - secrets.randbelow(1000) / 2000))


def transfer(file: KnownFile, url: str, target: Path, http: Http, patience: Patience, tell: Tell) -> int:
    """Fetch a file to `target`; return how many bytes came over the network.

    What an earlier attempt or a killed process left in `target`.part is continued, and dropped where it turns
    out not to fit. Under its final name the file is there whole and verified, or not at all.
    Raises Unreachable, DataError: refused, altered, of another length, disk full.
    """
    with partial(target, lambda: tell(0, "another process is fetching it; waiting")) as part:
        if target.exists() and file_sha256(target) == file.sha256:
            return 0  # the other process has fetched it
        found = ""
        for attempt in range(patience.retries + 1):
            try:
                in_one_piece = _continue(file, url, part, http, tell)
            except Passing as error:
                if attempt == patience.retries:
                    raise _given_up(file, url, part, attempt + 1, error) from error
                pause = patience.pause(attempt, error.after)
                tell(part.size, f"{error}; again in {pause:.1f} s")
                time.sleep(pause)
                continue
            found = file_sha256(part.path)
            if found == file.sha256:
                part.publish()
                return part.received
            part.restart()
            if in_one_piece:
                break
            tell(0, "what was there does not fit; again from the beginning")
        raise DataError(
            f"{url}: altered: expected SHA-256 {file.sha256}, found {found}; nothing of it is kept. "
            f"Another source may have the right one: --from ADDRESS"
        )


def _continue(file: KnownFile, url: str, part: Partial, http: Http, tell: Tell) -> bool:
    """Bring the part to its full length; return whether all of it came in this one answer."""
    if file.bytes is not None and part.size > file.bytes:
        part.restart()
    if part.size and part.size == file.bytes:
        return False
    if file.bytes is not None:
        part.make_room(file.bytes - part.size)
    tell(part.size, "")
    with http.get(url, part.size) as body:
        if body.start != part.size:
            part.restart()
            if body.start:
                raise Passing(f"the server sends the bytes from {body.start:,} on, which nobody asked for")
            tell(0, "the server cannot continue; again from the beginning")
        length = file.bytes if file.bytes is not None else body.total
        if body.total not in (None, length):
            raise DataError(f"{url}: altered: expected {length:,} bytes, the server has {body.total:,}")
        if file.bytes is None and length is not None:
            part.make_room(length - part.size)
        for chunk in body.chunks:
            part.append(chunk)
            if length is not None and part.size > length:
                part.restart()
                raise DataError(f"{url}: altered: expected {length:,} bytes, the server sends more")
            tell(part.size, "")
        if length is not None and part.size < length:
            raise Passing("the answer ends too early")
        return body.start == 0


def _given_up(file: KnownFile, url: str, part: Partial, attempts: int, error: Passing) -> DataError:
    kind = DataError if error.answered else Unreachable
    tried = f"{attempts} attempts" if attempts > 1 else "1 attempt"
    size = f" of {file.bytes:,}" if file.bytes is not None else ""
    kept = f"; {part.size:,}{size} bytes are kept, and the same command continues there" if part.size else ""
    return kind(f"{url}: {error} ({tried}){kept}")
