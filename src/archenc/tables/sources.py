"""The files that archenc knows: name, size, checksum, licence and origin of each, and where they lie."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path, PurePosixPath

from archenc.errors import DataError, UnknownName
from archenc.store import file_sha256


@dataclass(frozen=True, slots=True)
class KnownFile:
    """One public file: facts about it, none of its content.

    name: `folder/file`. bytes, sha256: of the version that archenc has been tested with. licence: of the
    origin repository ("none stated": it grants no right to redistribute). repository, commit, path: where it
    comes from. derived: whether it was computed from that origin; `url` is then None.
    """

    name: str
    bytes: int
    sha256: str
    licence: str
    repository: str
    commit: str
    path: str
    url: str | None
    derived: bool

    def verify(self, path: Path) -> None:
        """Compare a file on disk with the facts. Raises DataError when truncated or altered."""
        try:
            size = path.stat().st_size
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error})") from error
        found = file_sha256(path) if size == self.bytes else None
        if found != self.sha256:
            what = f"SHA-256 {found}" if found else f"{size:,} bytes"
            raise DataError(
                f"{path}: truncated or altered: expected {self.bytes:,} bytes with SHA-256 {self.sha256}, "
                f"found {what}. Fetch it again from {self.repository} (commit {self.commit[:12]}); to import "
                f"another version of the file knowingly, give verify=False (--no-verify)"
            )


def known_files(catalogue: str) -> dict[str, KnownFile]:
    """Return the files of one packaged catalogue ("nasbench201") by name. Raises UnknownName."""
    resource = files("archenc.tables") / "catalogue" / f"{catalogue}.json"
    if not resource.is_file():
        raise UnknownName(f"catalogue={catalogue!r}: archenc knows no files of that benchmark")
    return {entry["name"]: KnownFile(**entry) for entry in json.loads(resource.read_text())}


def locate(names: Iterable[str], folder: str | Path) -> dict[str, Path]:
    """Find files by catalogue name (`nb201/x.csv`) in a folder; return those that are there.

    The folder may hold the sub-folders of the catalogue, be one of them (its sisters are then searched too),
    or hold all files flat. Raises DataError when the folder does not exist.
    """
    base = Path(folder).expanduser()
    if not base.is_dir():
        raise DataError(f"{base}: no such folder")
    found: dict[str, Path] = {}
    names = list(names)
    folders = {PurePosixPath(name).parent.name for name in names}
    roots = [base, base.resolve().parent] if base.resolve().name in folders else [base]
    for name in names:
        candidates = [*(root / name for root in roots), base / PurePosixPath(name).name]
        if path := next((path for path in candidates if path.is_file()), None):
            found[name] = path
    return found
