"""Fetch public files into archenc's home."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from archenc.errors import DataError, InvalidArgument
from archenc.tables.pulling.arguments import check_patience, checked_names
from archenc.tables.pulling.names import select
from archenc.tables.sources import KnownFile, files_folder

Progress = Callable[[KnownFile, int, str], None]
"""Called with a file, how many of its bytes are there, and what is worth saying ("" most of the time)."""

MIRROR = "ARCHENC_MIRROR"


@dataclass(frozen=True, slots=True)
class Pulled:
    """A file in the cache. path: where it is. received: bytes that came over the network, 0 for none."""

    file: KnownFile
    path: Path
    received: int


def pull(
    names: str | Sequence[str],
    *,
    home: str | Path | None = None,
    mirror: str | None = None,
    offline: bool = False,
    retries: int = 5,
    timeout: float = 30.0,
    backoff: float = 0.5,
    progress: Progress | None = None,
) -> list[Pulled]:
    """Fetch public files from their pinned addresses into `files` in archenc's home, verified by checksum.

    names: benchmarks ("nb201") or files ("nb201/nats_bench.csv", "nats_bench.csv"). home: default
    $ARCHENC_HOME or the XDG data folder. mirror: an address that has the files by their catalogue names
    (MIRROR/nb201/nats_bench.csv) instead of their own addresses; default $ARCHENC_MIRROR. offline: use no
    network, and fail where a file is not there. retries: further attempts where a failure may pass, with a
    pause of `backoff` seconds, doubled each time. timeout: seconds to wait for a connection, and for each
    piece of an answer.

    A file that is there and has its checksum is not asked for. A file is under its name whole and verified,
    or not at all; what came of it is beside it as NAME.part, and the same call continues there, also after a
    kill. Several processes may pull at once. Proxies are those of the environment (HTTPS_PROXY, NO_PROXY).
    A file that cannot be had does not stop the others; a server that does not answer is not asked for more.
    Raises UnknownName, InvalidArgument, DataError: what is missing, altered or refused, file by file.
    """
    check_patience(retries, timeout, backoff)
    files = select(checked_names(names)).files
    if mirror is not None and not isinstance(mirror, str):
        raise InvalidArgument(f"mirror={mirror!r}: expected an address, https://...")
    folder = files_folder(home)
    there = {file.name: folder / file.name for file in files if _is_there(file, folder / file.name)}
    missing = [file for file in files if file.name not in there]
    if offline and missing:
        listed = "\n".join(f"  {file.name}" for file in missing)
        raise DataError(f"offline, and {folder} lacks {len(missing)} of {len(files)} files:\n{listed}")
    received = {}
    if missing:
        base = mirror or os.environ.get(MIRROR) or None
        received = _fetch(missing, folder, base, retries, timeout, backoff, progress or _silent)
    return [Pulled(file, folder / file.name, received.get(file.name, 0)) for file in files]


def _fetch(
    files: Sequence[KnownFile],
    folder: Path,
    mirror: str | None,
    retries: int,
    timeout: float,
    backoff: float,
    progress: Progress,
) -> dict[str, int]:
    """Fetch files one by one; return the bytes received for each. Raises DataError that names what failed."""
    from archenc.tables.pulling.http import Http, check_address
    from archenc.tables.pulling.transfer import Patience, Unreachable, transfer

    if mirror:
        check_address(mirror)
    received: dict[str, int] = {}
    failed: list[str] = []
    silent: set[str] = set()  # servers that do not answer
    with Http(timeout) as http:
        for file in files:
            url = f"{mirror.rstrip('/')}/{file.name}" if mirror else str(file.url)
            if urlsplit(url).netloc in silent:
                continue
            altered = (folder / file.name).exists()
            progress(file, 0, "what is there is altered; fetching it again" if altered else "")
            try:
                received[file.name] = transfer(
                    file,
                    url,
                    folder / file.name,
                    http,
                    Patience(retries, backoff),
                    lambda size, word, file=file: progress(file, size, word),
                )
            except Unreachable as error:
                failed.append(str(error))
                silent.add(urlsplit(url).netloc)
            except DataError as error:
                failed.append(str(error))
    if failed:
        rest = len(files) - len(received)
        head = f"{rest} of {len(files)} files could not be fetched:\n  " if len(files) > 1 else ""
        raise DataError(head + "\n  ".join(failed))
    return received


def _is_there(file: KnownFile, path: Path) -> bool:
    """Return whether the cache has a file; an altered one is not it, and is fetched again."""
    try:
        return path.is_file() and file.verify(path)
    except DataError:
        return False


def _silent(_file: KnownFile, _size: int, _word: str) -> None:
    """Tell nobody."""
